/** The document by which relying services learn an identity provider's keys. Pure. */

import { createPublicKey, type KeyObject } from 'node:crypto';

/** A public key as it is published: numbers in decimal, as BrowserID has them. */
export interface PublishedKey {
  readonly kid: string;
  readonly n: string;
  readonly e: string;
}

/** The published form of an RSA public key. @throws RangeError when the key is of another kind. */
export function publishedKey(kid: string, key: KeyObject): PublishedKey {
  const { n, e, kty } = createPublicKey(key.export({ type: 'spki', format: 'pem' })).export({ format: 'jwk' });
  if (kty !== 'RSA' || n === undefined || e === undefined) throw new RangeError(`key ${kid} must be RSA, got ${kty}`);
  const decimal = (base64url: string) => BigInt(`0x${Buffer.from(base64url, 'base64url').toString('hex')}`).toString();
  return { kid, n: decimal(n), e: decimal(e) };
}

/**
 * The support document of `/.well-known/browserid`.
 * @param keys the one that signs first, then those that were and will be used: verifiers of the old form read only the first.
 */
export function supportDocument(keys: readonly [PublishedKey, ...PublishedKey[]]): Readonly<Record<string, unknown>> {
  const [{ n, e }] = keys;
  return {
    'public-key': { algorithm: 'RS', n, e },
    authentication: '/.well-known/browserid/sign_in.html',
    provisioning: '/.well-known/browserid/provision.html',
    keys: keys.map((key) => ({ kid: key.kid, kty: 'RSA', algorithm: 'RS', use: 'sig', n: key.n, e: key.e })),
  };
}
