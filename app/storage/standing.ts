/** Whether a token that the store found may still be used: one judgement for every service and every store. */

import { compareGeneration } from '../accounts/generation.ts';
import { isSessionIdle, isTokenExpired } from '../accounts/lifetimes.ts';
import type { AccountRecord, OneTimeTokenRecord, SessionRecord, TokenWithAccount } from './records.ts';

export interface LiveToken<Token> {
  readonly token: Token;
  readonly account: AccountRecord;
}

/** The session and its account, or undefined when it was destroyed, left idle too long, or its account is gone or has a newer generation. */
export function liveSession(
  found: TokenWithAccount<SessionRecord> | undefined,
  options: { now: number; idleMsMax: number },
): LiveToken<SessionRecord> | undefined {
  if (found === undefined || isSessionIdle(found.token, options)) return undefined;
  return liveToken(found);
}

/** The token and its account, or undefined when it was used, replaced, outlived its kind's time, or its account is gone or has a newer generation. */
export function liveOneTimeToken(
  found: TokenWithAccount<OneTimeTokenRecord> | undefined,
  { now }: { now: number },
): LiveToken<OneTimeTokenRecord> | undefined {
  if (found === undefined || isTokenExpired(found.token.kind, found.token, now)) return undefined;
  return liveToken(found);
}

function liveToken<Token extends { generation: number; deadAt: number | null }>(
  found: TokenWithAccount<Token>,
): LiveToken<Token> | undefined {
  const { token, account } = found;
  if (token.deadAt !== null || account === undefined) return undefined;
  return compareGeneration(token, account) === 'same' ? { token, account } : undefined;
}
