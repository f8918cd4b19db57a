/** How kA and the wrapped kB travel to the client that holds a key fetch token: encrypted and authenticated by it. */

import { createHmac, hkdfSync } from 'node:crypto';
import { ONEPW_NAMESPACE } from './onepw-namespace.ts';

const KEY_BYTES = 32;

/**
 * XORs two equally long byte strings. Wrapping and unwrapping kB are both this.
 * @throws RangeError when the lengths differ.
 */
export function xorBytes(left: Uint8Array, right: Uint8Array): Buffer {
  if (left.length !== right.length) throw new RangeError(`cannot xor ${left.length} bytes with ${right.length}`);
  const result = Buffer.allocUnsafe(left.length);
  for (let index = 0; index < left.length; index += 1) result[index] = (left[index] ?? 0) ^ (right[index] ?? 0);
  return result;
}

/**
 * Makes the bundle that GET /account/keys answers.
 * @param bundleKey 32 bytes of the key fetch token's derivation.
 * @returns 96 bytes: (kA then wrapKb) XOR a derived pad, then the HMAC-SHA256 of that ciphertext.
 * @throws RangeError when a key is not 32 bytes.
 * @see onepw protocol, /account/keys
 */
export function makeKeyBundle({
  bundleKey,
  kA,
  wrapKb,
}: {
  bundleKey: Uint8Array;
  kA: Uint8Array;
  wrapKb: Uint8Array;
}): Buffer {
  for (const [name, key] of Object.entries({ bundleKey, kA, wrapKb })) {
    if (key.length !== KEY_BYTES) throw new RangeError(`${name} must be ${KEY_BYTES} bytes, got ${key.length}`);
  }
  const keys = Buffer.from(hkdfSync('sha256', bundleKey, '', `${ONEPW_NAMESPACE}account/keys`, 3 * KEY_BYTES));
  const ciphertext = xorBytes(Buffer.concat([kA, wrapKb]), keys.subarray(KEY_BYTES));
  return Buffer.concat([ciphertext, createHmac('sha256', keys.subarray(0, KEY_BYTES)).update(ciphertext).digest()]);
}
