/** The public keys that clients have signed: RSA and DSA, in BrowserID's own form. */

import { z } from 'zod';

/** A 4096-bit number in decimal has 1,234 digits. */
const NUMBER_CHARACTERS_MAX = 1300;
const number = z
  .string()
  .min(1)
  .max(NUMBER_CHARACTERS_MAX)
  .regex(/^[\w-]+$/);

/** The members that a key of each algorithm needs, in the order in which a missing one is told. */
const KEY_MEMBERS = { RS: ['n', 'e'], DS: ['y', 'p', 'q', 'g'] } as const;

/** A client's key as it comes; numbers are decimal, hexadecimal or base64url text, and are not looked into. */
export const clientPublicKey = z.strictObject({
  algorithm: z.enum(['RS', 'DS']),
  n: number.optional(),
  e: number.optional(),
  y: number.optional(),
  p: number.optional(),
  q: number.optional(),
  g: number.optional(),
  version: z.string().max(32).optional(),
});
export type ClientPublicKey = z.infer<typeof clientPublicKey>;

/** The first member that the key's algorithm needs and that is not there. */
export function missingKeyMember(key: ClientPublicKey): string | undefined {
  return KEY_MEMBERS[key.algorithm].find((name) => key[name] === undefined);
}
