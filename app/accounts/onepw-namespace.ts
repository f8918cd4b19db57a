/** The prefix of every HKDF `info` in the onepw protocol. Pure text: the browser's client uses it too. */

export const ONEPW_NAMESPACE = 'identity.mozilla.com/picl/v1/';
