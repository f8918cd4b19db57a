/** The keyring that seals what only dbwriters may open, as its secret holds it. */

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { SealingKeyring } from '../accounts/sealing.ts';
import { readJsonSecret } from '../platform/secrets.ts';

const KEY = z.string().regex(/^[0-9a-f]{64}$/);
const KEY_BYTES = 32;
const KEY_ID = z.string().regex(/^[a-z0-9-]{1,16}$/);

const keyringSecret = z
  .strictObject({
    currentKeyId: KEY_ID,
    /** Every key that may still be needed to open something, by id. */
    keys: z.record(KEY_ID, KEY),
    /** Hashes the keys of the abuse limits' counters. */
    limitsKey: KEY,
  })
  .refine(({ currentKeyId, keys }) => keys[currentKeyId] !== undefined, { path: ['currentKeyId'] });

export interface DbwriterKeys {
  readonly keyring: SealingKeyring;
  readonly limitsKey: Buffer;
}

/** Makes the first keyring, as its secret holds it. */
export function createKeyring(): z.infer<typeof keyringSecret> {
  return { currentKeyId: '1', keys: { '1': newKey() }, limitsKey: newKey() };
}

/** Reads the keyring. @throws SecretUnavailable that names the member at fault. */
export async function readKeyring(reference: string): Promise<DbwriterKeys> {
  const { currentKeyId, keys, limitsKey } = await readJsonSecret(reference, keyringSecret);
  const bytes = Object.entries(keys).map(([id, key]): [string, Buffer] => [id, Buffer.from(key, 'hex')]);
  return { keyring: { currentKeyId, keys: new Map(bytes) }, limitsKey: Buffer.from(limitsKey, 'hex') };
}

function newKey(): string {
  return randomBytes(KEY_BYTES).toString('hex');
}
