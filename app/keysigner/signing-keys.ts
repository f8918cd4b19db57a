/** The port behind which the identity provider's private key lies, and its back end in memory. */

import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { type PublishedKey, publishedKey } from '../browserid/support-document.ts';
import { readJsonSecret } from '../platform/secrets.ts';
import { type KeyOfSet, type KeySet, keySetSchema, MODULUS_BITS } from './key-set.ts';

/** The back end cannot sign now. */
export class SigningUnavailable extends Error {
  override readonly name = 'SigningUnavailable';
}

export interface SigningKeys {
  /** Id of the key that signs. @throws SigningUnavailable when it is not known yet. */
  kid(): string;
  /** RS256 over the text. @returns base64url. @throws SigningUnavailable */
  sign(input: string): Promise<string> | string;
  /** Every key that relying services should know, the one that signs first. @throws SigningUnavailable */
  published(): readonly [PublishedKey, ...PublishedKey[]];
}

/** Keys in memory. @throws SecretUnavailable */
export async function readSigningKeys(reference: string): Promise<SigningKeys> {
  return signingKeysInMemory(await readJsonSecret(reference, keySetSchema));
}

/** On libuv's threads one process signs on every core. On a single core, handing over costs a tenth and gains nothing. */
const SIGNS_ON_THREADS = availableParallelism() > 1;
const signAsync = promisify<string, Uint8Array, KeyObject, Buffer>(sign);

/**
 * Keys of a set, which has passed its schema.
 * @throws RangeError when a key is not RSA, is too short, or has a private part of another key: it would sign what
 * nobody can verify.
 */
export function signingKeysInMemory({ keys }: KeySet): SigningKeys {
  const current = keys.find(({ state }) => state === 'current');
  if (current?.privateKeyPem === undefined)
    throw new RangeError('a key set must have a current key with its private part');
  const privateKey = createPrivateKey(current.privateKeyPem);
  const published = (key: KeyOfSet) => publishedKey(key.kid, readPublicKey(key));
  const others = keys.filter((key) => key !== current).map(published);
  const all: readonly [PublishedKey, ...PublishedKey[]] = [published(current), ...others];
  return {
    kid: () => current.kid,
    sign: SIGNS_ON_THREADS
      ? async (input) => (await signAsync('sha256', Buffer.from(input), privateKey)).toString('base64url')
      : (input) => sign('sha256', Buffer.from(input), privateKey).toString('base64url'),
    published: () => all,
  };
}

function readPublicKey({ kid, publicKeyPem, privateKeyPem }: KeyOfSet): KeyObject {
  const key = createPublicKey(publicKeyPem);
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < MODULUS_BITS)
    throw new RangeError(`key ${kid} has ${bits} bits, allowed: RSA of ${MODULUS_BITS} and more`);
  if (privateKeyPem !== undefined && !createPublicKey(privateKeyPem).equals(key))
    throw new RangeError(`the two parts of key ${kid} are not of one key`);
  return key;
}
