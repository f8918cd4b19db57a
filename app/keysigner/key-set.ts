/** The identity provider's keys over time: the next one is published before it signs, the last one stays so after. */

import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';

const HOUR_MS = 3_600_000;
/** Caches of support documents, and of whatever relying services keep, are older than this nowhere. */
export const PUBLISHED_BEFORE_SIGNING_MS = 24 * HOUR_MS;
/** The longest certificate lives 24 hours; caches as long again. */
export const PUBLISHED_AFTER_SIGNING_MS = 48 * HOUR_MS;
export const MODULUS_BITS = 2048;
const KID_BYTES = 4;

const pem = z.string().max(8192).startsWith('-----BEGIN ');
const keyOfSet = z.strictObject({
  kid: z.string().regex(/^[a-z0-9-]{1,64}$/),
  state: z.enum(['next', 'current', 'previous']),
  /** When the key came into its state. ms */
  since: z.int().nonnegative(),
  publicKeyPem: pem,
  /** A previous key needs none. */
  privateKeyPem: pem.optional(),
});

/** A key set as its secret holds it. */
export const keySetSchema = z
  .strictObject({ keys: z.array(keyOfSet).min(1).max(8) })
  .refine(({ keys }) => keys.filter(({ state }) => state === 'current').length === 1, {
    path: ['keys'],
    error: 'exactly one current key',
  })
  .refine(({ keys }) => keys.filter(({ state }) => state === 'next').length <= 1, {
    path: ['keys'],
    error: 'at most one next key',
  })
  .refine(({ keys }) => keys.every((key) => key.state === 'previous' || key.privateKeyPem !== undefined), {
    path: ['keys'],
    error: 'a private key for all but previous keys',
  })
  .refine(({ keys }) => new Set(keys.map(({ kid }) => kid)).size === keys.length, {
    path: ['keys'],
    error: 'a kid of its own for each key',
  });
export type KeySet = z.infer<typeof keySetSchema>;
export type KeyOfSet = KeySet['keys'][number];

/** A step of a rotation that must not be taken now. The message says why, and from when on it may. */
export class RotationRefused extends Error {
  override readonly name = 'RotationRefused';
}

/** Makes the first key set of an identity provider. */
export async function createKeySet(now: number): Promise<KeySet> {
  return { keys: [await createKey('current', now)] };
}

/** Adds a next key, which is published from now on. @throws RotationRefused when there is one already. */
export async function prepareNextKey({ keys }: KeySet, now: number): Promise<KeySet> {
  const next = keys.find(({ state }) => state === 'next');
  if (next !== undefined) throw new RotationRefused(`key ${next.kid} is prepared already`);
  return { keys: [...keys, await createKey('next', now)] };
}

/**
 * Makes the next key the one that signs; the one before stays published, and its private part is dropped.
 * @throws RotationRefused when it was not published for 24 hours.
 */
export function promoteNextKey({ keys }: KeySet, now: number): KeySet {
  const next = keys.find(({ state }) => state === 'next');
  if (next === undefined) throw new RotationRefused('no key is prepared');
  const allowedAt = next.since + PUBLISHED_BEFORE_SIGNING_MS;
  if (now < allowedAt)
    throw new RotationRefused(`key ${next.kid} may sign from ${new Date(allowedAt).toISOString()} on`);
  const promoted = keys.map((key): KeyOfSet => {
    if (key.state === 'next') return { ...key, state: 'current', since: now };
    if (key.state === 'previous') return key;
    const { privateKeyPem: _dropped, ...published } = key;
    return { ...published, state: 'previous', since: now };
  });
  return { keys: promoted };
}

/** Drops previous keys that nobody needs any more. @throws RotationRefused when there is none to drop yet. */
export function retirePreviousKeys({ keys }: KeySet, now: number): KeySet {
  const kept = keys.filter(({ state, since }) => state !== 'previous' || now < since + PUBLISHED_AFTER_SIGNING_MS);
  if (kept.length === keys.length) throw new RotationRefused('no previous key is old enough to be retired');
  return { keys: kept };
}

async function createKey(state: 'current' | 'next', now: number): Promise<KeyOfSet> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: MODULUS_BITS,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const kid = `${new Date(now).toISOString().slice(0, 10)}-${randomBytes(KID_BYTES).toString('hex')}`;
  return { kid, state, since: now, publicKeyPem: publicKey, privateKeyPem: privateKey };
}
