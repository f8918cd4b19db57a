/** From authPW to what a password is checked by: stretching, and the keys derived from the stretched password. */

import { hkdfSync, type ScryptOptions, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { xorBytes } from './key-bundle.ts';
import { ONEPW_NAMESPACE } from './onepw-namespace.ts';

const PASSWORD_BYTES = 32;

/**
 * How an account's password is stretched.
 * 0: authPW XOR authSalt instead of scrypt, for test suites only. 1: scrypt, its lower-case hex text goes into HKDF, as the original server
 * shipped. 2: scrypt, its bytes go into HKDF, as the protocol is published.
 */
export type VerifierVersion = 0 | 1 | 2;

/** 64 MiB and about 0.2 s a password. `maxmem` must exceed 128 * N * r: Node's default refuses this cost. */
const SCRYPT_COST: ScryptOptions = { N: 65_536, r: 8, p: 1, maxmem: 128 * 65_536 * 8 + 1_048_576 };

export interface VerifierKeys {
  /** 32 bytes; equal for two passwords only when the passwords are. */
  readonly verifyHash: Buffer;
  /** 32 bytes; XOR with wrapWrapKb gives wrapKb. */
  readonly wrapwrapKey: Buffer;
}

const scryptAsync = promisify<Uint8Array, Uint8Array, number, ScryptOptions, Buffer>(scrypt);

/**
 * Stretches a client's authPW with its account's salt.
 * @param authPW 32 bytes, as the client sent it.
 * @param authSalt 32 bytes, renewed at every password set.
 * @returns the keys that check the password and unwrap kB.
 * @throws RangeError when a value is not 32 bytes.
 * @see onepw protocol, bigStretchedPW
 */
export async function stretchPassword(password: {
  readonly authPW: Uint8Array;
  readonly authSalt: Uint8Array;
  readonly verifierVersion: VerifierVersion;
}): Promise<VerifierKeys> {
  const { authPW, authSalt, verifierVersion } = password;
  for (const [name, value] of Object.entries({ authPW, authSalt })) {
    if (value.length !== PASSWORD_BYTES)
      throw new RangeError(`${name} must be ${PASSWORD_BYTES} bytes, got ${value.length}`);
  }
  const stretched =
    verifierVersion === 0
      ? xorBytes(authPW, authSalt)
      : await scryptAsync(authPW, authSalt, PASSWORD_BYTES, SCRYPT_COST);
  return verifierKeys(stretched, verifierVersion);
}

function verifierKeys(stretched: Buffer, verifierVersion: VerifierVersion): VerifierKeys {
  const keyMaterial = verifierVersion === 2 ? stretched : Buffer.from(stretched.toString('hex'), 'latin1');
  const derive = (name: string) =>
    Buffer.from(hkdfSync('sha256', keyMaterial, '', ONEPW_NAMESPACE + name, PASSWORD_BYTES));
  return { verifyHash: derive('verifyHash'), wrapwrapKey: derive('wrapwrapKey') };
}
