/** Sealing at rest: what a store holds is useless to whoever steals it without a client's own request or a dbwriter's keys. */

import { createCipheriv, createDecipheriv, hash, timingSafeEqual } from 'node:crypto';
import type { Hex } from './hex.ts';
import { xorBytes } from './key-bundle.ts';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const HAWK_KEY_PAD_LABEL = 'picl-idp/seal/hawk-key-pad/1\n';
const HAWK_KEY_TAG_LABEL = 'picl-idp/seal/hawk-key-tag/1\n';

/** A source of random bytes; an argument everywhere, so that a test can hold it still. */
export type RandomBytes = (size: number) => Buffer;

/** A sealed value could not be opened: another key, another place, or changed bytes. The value itself is never named. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

/** The keys that only dbwriters hold. Values name the key that sealed them, so old keys stay until all is sealed anew. */
export interface SealingKeyring {
  /** Id of the key that seals: 1 to 16 characters of `a-z0-9-`. */
  readonly currentKeyId: string;
  /** Every key that may open, by id; 32 bytes each. */
  readonly keys: ReadonlyMap<string, Uint8Array>;
}

/**
 * The id under which a token stands in the store.
 * @param tokenId 64 hex characters, the Hawk id that a request brings.
 * @returns 64 hex characters: the SHA-256 of the id's bytes.
 */
export function storedTokenId(tokenId: Hex): Hex {
  return hash('sha256', Buffer.from(tokenId, 'hex'), 'hex');
}

/**
 * Seals a token's Hawk key so that only the token's own id opens it.
 * The id is 32 uniformly random bytes that serve one token alone, so what is hashed from it under a label is a pad that is used once; the tag
 * tells a wrong id or changed bytes. A cipher would do the same at several times the cost, for every signed request.
 * @param hawkKey 32 bytes
 * @returns hex of 32 sealed bytes and a tag of 16.
 */
export function sealHawkKey(hawkKey: Uint8Array, tokenId: Hex): Hex {
  if (hawkKey.length !== KEY_BYTES)
    throw new RangeError(`a Hawk key must be ${KEY_BYTES} bytes, got ${hawkKey.length}`);
  return xorBytes(hawkKey, hawkKeyPad(tokenId)).toString('hex') + hawkKeyTag(hawkKey, tokenId);
}

/**
 * Opens what {@link sealHawkKey} sealed.
 * @throws SealBroken when the id is not the token's or the value was changed.
 */
export function openHawkKey(sealed: Hex, tokenId: Hex): Buffer {
  const bytes = Buffer.from(sealed, 'hex');
  if (bytes.length !== KEY_BYTES + TAG_BYTES) throw new SealBroken('a sealed Hawk key has not the length of one');
  const hawkKey = xorBytes(bytes.subarray(0, KEY_BYTES), hawkKeyPad(tokenId));
  const tag = Buffer.from(hawkKeyTag(hawkKey, tokenId), 'hex');
  if (!timingSafeEqual(tag, bytes.subarray(KEY_BYTES))) throw new SealBroken('a sealed Hawk key does not open');
  return hawkKey;
}

function hawkKeyPad(tokenId: Hex): Buffer {
  return hash('sha256', Buffer.from(HAWK_KEY_PAD_LABEL + tokenId), 'buffer');
}

function hawkKeyTag(hawkKey: Uint8Array, tokenId: Hex): Hex {
  return hash('sha256', Buffer.concat([Buffer.from(HAWK_KEY_TAG_LABEL + tokenId), hawkKey]), 'hex').slice(
    0,
    2 * TAG_BYTES,
  );
}

/**
 * Seals a value with the current key of the ring.
 * @param context where the value belongs, for example `secrets:UID:GENERATION`; it opens nowhere else.
 * @returns `KEYID.HEX`.
 */
export function sealWithKeyring(
  plaintext: Uint8Array,
  options: { keyring: SealingKeyring; context: string; random: RandomBytes },
): string {
  const { keyring, context, random } = options;
  const key = keyring.keys.get(keyring.currentKeyId);
  if (key === undefined) throw new RangeError(`sealing keyring has no key ${keyring.currentKeyId}`);
  return `${keyring.currentKeyId}.${seal(plaintext, { key, context, random }).toString('hex')}`;
}

/**
 * Opens what {@link sealWithKeyring} sealed, by whichever key of the ring the value names.
 * @throws SealBroken when the ring lacks that key, the context differs, or the value was changed.
 */
export function openWithKeyring(
  sealed: string,
  { keyring, context }: { keyring: SealingKeyring; context: string },
): Buffer {
  const [keyId = '', hex = ''] = sealed.split('.', 2);
  const key = keyring.keys.get(keyId);
  if (key === undefined) throw new SealBroken('sealed with a key that this keyring does not hold');
  return open(Buffer.from(hex, 'hex'), { key, context });
}

/** Whether a value was sealed with another key than the ring's current one, and should be sealed anew when next written. */
export function isSealedWithOldKey(sealed: string, keyring: SealingKeyring): boolean {
  return !sealed.startsWith(`${keyring.currentKeyId}.`);
}

function seal(
  plaintext: Uint8Array,
  { key, context, random }: { key: Uint8Array; context: string; random: RandomBytes },
): Buffer {
  if (key.length !== KEY_BYTES) throw new RangeError(`a sealing key must be ${KEY_BYTES} bytes, got ${key.length}`);
  const nonce = random(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(context));
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

function open(sealed: Buffer, { key, context }: { key: Uint8Array; context: string }): Buffer {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new SealBroken('a sealed value is too short');
  const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(context))
    .setAuthTag(sealed.subarray(-TAG_BYTES));
  const plaintext = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
  try {
    return Buffer.concat([plaintext, decipher.final()]);
  } catch (cause) {
    throw new SealBroken('a sealed value does not open', { cause });
  }
}
