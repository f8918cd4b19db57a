/** What a token that a client holds stands for: the id and Hawk key by which it is known, and the key that wraps a bundle. */

import { hkdfSync } from 'node:crypto';
import { ONEPW_NAMESPACE } from './onepw-namespace.ts';

export const TOKEN_BYTES = 32;

/** The kinds of token. The name is part of the derivation: a token of one kind is no token of another. */
export const TOKEN_KINDS = [
  'sessionToken',
  'keyFetchToken',
  'passwordChangeToken',
  'passwordForgotToken',
  'accountResetToken',
] as const;
export type TokenKind = (typeof TOKEN_KINDS)[number];

export interface TokenKeys {
  /** 32 bytes; its hex is the Hawk id. Never stored: the store knows its SHA-256. */
  readonly tokenId: Buffer;
  /** 32 bytes; the Hawk key. */
  readonly hawkKey: Buffer;
  /** 32 bytes; wraps what the token fetches. Never stored. */
  readonly bundleKey: Buffer;
}

/**
 * Derives what a token stands for.
 * @param token 32 random bytes, given to the client once and never stored.
 * @returns three 32-byte buffers, cut in this order from 96 bytes of HKDF-SHA256 without salt.
 * @throws RangeError when `token` is not 32 bytes: our mistake, never a client's, so no client error fits it.
 * @see onepw protocol; RFC 5869
 */
export function deriveToken(kind: TokenKind, token: Uint8Array): TokenKeys {
  if (token.length !== TOKEN_BYTES) throw new RangeError(`${kind} must be ${TOKEN_BYTES} bytes, got ${token.length}`);
  const bytes = Buffer.from(hkdfSync('sha256', token, '', ONEPW_NAMESPACE + kind, 3 * TOKEN_BYTES));
  return { tokenId: bytes.subarray(0, 32), hawkKey: bytes.subarray(32, 64), bundleKey: bytes.subarray(64) };
}
