/** The keyring that seals what only dbwriters may open, as its secret holds it. */

import { z } from 'zod';
import type { SealingKeyring } from '../accounts/sealing.ts';
import { readJsonSecret } from '../platform/secrets.ts';

const KEY = z.string().regex(/^[0-9a-f]{64}$/);
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

/** Reads the keyring. @throws SecretUnavailable that names the member at fault. */
export async function readKeyring(reference: string): Promise<DbwriterKeys> {
  const { currentKeyId, keys, limitsKey } = await readJsonSecret(reference, keyringSecret);
  const bytes = Object.entries(keys).map(([id, key]): [string, Buffer] => [id, Buffer.from(key, 'hex')]);
  return { keyring: { currentKeyId, keys: new Map(bytes) }, limitsKey: Buffer.from(limitsKey, 'hex') };
}
