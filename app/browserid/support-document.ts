/** The document by which relying services learn an identity provider's keys. Pure. */

import { createPublicKey, type KeyObject } from 'node:crypto';

/** A public key as it is published: numbers in base64url, as RFC 7518 has them. */
export interface PublishedKey {
  readonly kid: string;
  readonly n: string;
  readonly e: string;
}

/** The published form of an RSA public key. @throws RangeError when the key is of another kind. */
export function publishedKey(kid: string, key: KeyObject): PublishedKey {
  const { n, e, kty } = createPublicKey(key.export({ type: 'spki', format: 'pem' })).export({ format: 'jwk' });
  if (kty !== 'RSA' || n === undefined || e === undefined) throw new RangeError(`key ${kid} must be RSA, got ${kty}`);
  return { kid, n, e };
}

/**
 * The support document of `/.well-known/browserid`.
 * @param keys the one that signs first, then those that were and will be used: verifiers of the old form read only
 * the first.
 * @returns that first key in BrowserID's own form, with numbers in decimal, and all keys as JWKs: a verifier that
 * reads the list takes a number in decimal for one in base64url, and refuses the whole document.
 */
export function supportDocument(keys: readonly [PublishedKey, ...PublishedKey[]]): Readonly<Record<string, unknown>> {
  const [{ n, e }] = keys;
  return {
    'public-key': { algorithm: 'RS', n: decimal(n), e: decimal(e) },
    authentication: '/.well-known/browserid/sign_in.html',
    provisioning: '/.well-known/browserid/provision.html',
    keys: keys.map((key) => ({ kid: key.kid, kty: 'RSA', algorithm: 'RS', use: 'sig', n: key.n, e: key.e })),
  };
}

function decimal(base64url: string): string {
  return BigInt(`0x${Buffer.from(base64url, 'base64url').toString('hex')}`).toString();
}
