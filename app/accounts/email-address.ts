/** What counts as an e-mail address, and when two of them are one account's. Pure: browsers use it too. */

const EMAIL_CHARACTERS_MAX = 255;
const LOCAL_PART = /^[a-zA-Z0-9.!#$%&'*+\-/=?^_`{|}~]+$/;
/** Labels of letters, digits and inner hyphens, at least two; no empty label, none that begins or ends with a hyphen. */
const DOMAIN = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)+$/;

/** The form in which an address is unique: the lower case of the whole of it. */
export function normalizeEmail(email: string): string {
  return email.toLowerCase();
}

/**
 * Whether a text is an address that an account can have: at most 255 characters, a local part and a dotted domain,
 * both of which may be international and are then judged by their ASCII form. The address itself is stored as it was typed.
 * @param toAscii the punycode form of a text (the caller's platform has one), or undefined when it has none.
 */
export function isEmailAddress(email: string, toAscii: (text: string) => string | undefined): boolean {
  if (email.length > EMAIL_CHARACTERS_MAX) return false;
  const at = email.indexOf('@');
  if (at < 1) return false;
  const local = toAscii(email.slice(0, at));
  const domain = toAscii(email.slice(at + 1));
  return local !== undefined && domain !== undefined && LOCAL_PART.test(local) && DOMAIN.test(domain);
}
