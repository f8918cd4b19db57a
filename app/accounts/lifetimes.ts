/** How long tokens live. Session and key fetch tokens have no age limit of their own. */

import type { TokenKind } from './tokens.ts';

const MINUTE_MS = 60_000;

/** Ages in ms beyond which a token is refused as if it did not exist. */
export const TOKEN_LIFETIME_MS = {
  accountResetToken: 15 * MINUTE_MS,
  passwordChangeToken: 15 * MINUTE_MS,
  passwordForgotToken: 60 * MINUTE_MS,
  keyFetchToken: Number.POSITIVE_INFINITY,
  sessionToken: Number.POSITIVE_INFINITY,
} as const satisfies Record<TokenKind, number>;

/** Wrong codes that a password forgot token survives, this many less one; the last one kills it. */
export const FORGOT_CODE_TRIES = 3;

/**
 * What remains of a token's life, in whole seconds, never below 0.
 * @param token `createdAt` in ms since the epoch.
 */
export function ttlSeconds(kind: TokenKind, token: { createdAt: number }, now: number): number {
  return Math.max(0, Math.ceil((TOKEN_LIFETIME_MS[kind] - (now - token.createdAt)) / 1000));
}

/** Whether a token has outlived its kind's lifetime. */
export function isTokenExpired(kind: TokenKind, token: { createdAt: number }, now: number): boolean {
  return now - token.createdAt >= TOKEN_LIFETIME_MS[kind];
}

/**
 * Whether a session ended by itself: one that no device holds ends after a time without use.
 * @param session `lastAccessAt` in ms since the epoch.
 */
export function isSessionIdle(
  session: { lastAccessAt: number; deviceId: string | null },
  { now, idleMsMax }: { now: number; idleMsMax: number },
): boolean {
  return session.deviceId === null && now - session.lastAccessAt > idleMsMax;
}
