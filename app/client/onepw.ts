/** The client's side of onepw: from a password to what the server is told, and from the server's bundle to the keys. */

import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { pbkdf2Async } from '@noble/hashes/pbkdf2.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { ONEPW_NAMESPACE } from '../accounts/onepw-namespace.ts';

const QUICK_STRETCH_ROUNDS = 1000;
const KEY_BYTES = 32;

/** The bundle of keys was changed on its way, or is not for this token. */
export class KeyBundleBroken extends Error {
  override readonly name = 'KeyBundleBroken';
}

export interface ClientCredentials {
  /** The e-mail that salts them: another case of it makes other credentials. */
  readonly email: string;
  /** 64 hex characters; proves the password to the server. */
  readonly authPW: string;
  /** 32 bytes; never leaves the client. */
  readonly unwrapBkey: Uint8Array;
}

/** Derives a client's credentials. @see onepw protocol, quickStretchedPW */
export async function deriveCredentials(email: string, password: string): Promise<ClientCredentials> {
  const salt = utf8ToBytes(`${ONEPW_NAMESPACE}quickStretch:${email}`);
  const stretched = await pbkdf2Async(sha256, utf8ToBytes(password), salt, {
    c: QUICK_STRETCH_ROUNDS,
    dkLen: KEY_BYTES,
  });
  const authPW = bytesToHex(derive(stretched, 'authPW', KEY_BYTES));
  return { email, authPW, unwrapBkey: derive(stretched, 'unwrapBkey', KEY_BYTES) };
}

export interface ClientTokenKeys {
  /** 64 hex characters; the Hawk id. */
  readonly id: string;
  readonly hawkKey: Uint8Array;
  readonly bundleKey: Uint8Array;
}

export type ClientTokenKind =
  | 'sessionToken'
  | 'keyFetchToken'
  | 'passwordChangeToken'
  | 'passwordForgotToken'
  | 'accountResetToken';

/** What a token stands for. @param token 64 hex characters */
export function deriveTokenKeys(kind: ClientTokenKind, token: string): ClientTokenKeys {
  const bytes = derive(hexToBytes(token), kind, 3 * KEY_BYTES);
  return { id: bytesToHex(bytes.subarray(0, 32)), hawkKey: bytes.subarray(32, 64), bundleKey: bytes.subarray(64) };
}

export interface AccountKeys {
  /** 64 hex characters; lasts as long as the account. */
  readonly kA: string;
  /** 64 hex characters; lasts until the password is reset by mail. */
  readonly kB: string;
}

/**
 * Opens a key bundle.
 * @param bundle 192 hex characters, as GET /account/keys answers.
 * @returns kA and wrapKb, 32 bytes each.
 * @throws KeyBundleBroken when its MAC is not right.
 */
export function openKeyBundle(bundleKey: Uint8Array, bundle: string): { kA: Uint8Array; wrapKb: Uint8Array } {
  const keys = derive(bundleKey, 'account/keys', 3 * KEY_BYTES);
  const bytes = hexToBytes(bundle);
  const ciphertext = bytes.subarray(0, 2 * KEY_BYTES);
  const expected = hmac(sha256, keys.subarray(0, KEY_BYTES), ciphertext);
  if (bytes.length !== 3 * KEY_BYTES || !equalBytes(expected, bytes.subarray(2 * KEY_BYTES))) {
    throw new KeyBundleBroken('the key bundle does not open');
  }
  const plain = xor(ciphertext, keys.subarray(KEY_BYTES));
  return { kA: plain.subarray(0, KEY_BYTES), wrapKb: plain.subarray(KEY_BYTES) };
}

/** XORs two equally long byte strings: wraps and unwraps kB. */
export function xor(left: Uint8Array, right: Uint8Array): Uint8Array {
  return left.map((byte, index) => byte ^ (right[index] ?? 0));
}

function derive(secret: Uint8Array, name: string, length: number): Uint8Array {
  return hkdf(sha256, secret, undefined, utf8ToBytes(ONEPW_NAMESPACE + name), length);
}

function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (const [index, byte] of left.entries()) difference |= byte ^ (right[index] ?? 0);
  return difference === 0;
}
