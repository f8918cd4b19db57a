/** The abuse limits as rules: what is counted, over which time, and what a block forbids. Pure. */

import type { LimitedAction } from '../../storage/commands/limit-commands.ts';
import type { LimitRecord } from '../../storage/records.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export interface LimitRule {
  /** Hits that are let through within the window; the next one is blocked. */
  readonly hitsMax: number;
  readonly windowMs: number;
  readonly blockMs: number;
}

export const MAIL_RULE: LimitRule = { hitsMax: 3, windowMs: 15 * MINUTE_MS, blockMs: 15 * MINUTE_MS };
export const STATUS_RULE: LimitRule = { hitsMax: 5, windowMs: 15 * MINUTE_MS, blockMs: 15 * MINUTE_MS };
/** Counted after the fact: the third failure blocks the next try. */
export const BAD_LOGIN_RULE: LimitRule = { hitsMax: 2, windowMs: 15 * MINUTE_MS, blockMs: 15 * MINUTE_MS };
/** Failures on one e-mail from anywhere; beyond them the account is locked until its owner unlocks it by mail. */
export const LOCKOUT_RULE: LimitRule = { hitsMax: 20, windowMs: 3 * HOUR_MS, blockMs: 0 };
/** A record of failures that lead to a lock is forgotten after so long a silence. */
export const LOCKOUT_SILENCE_MS = 15 * MINUTE_MS;
export const BAN_MS = 24 * HOUR_MS;

/** Actions that send mail to the address they name. */
export const MAIL_ACTIONS: ReadonlySet<LimitedAction> = new Set([
  'accountCreate',
  'recoveryEmailResendCode',
  'passwordForgotSendCode',
  'passwordForgotResendCode',
]);

/** Actions that try a password. */
export const PASSWORD_ACTIONS: ReadonlySet<LimitedAction> = new Set([
  'accountLogin',
  'accountDestroy',
  'passwordChange',
]);

/**
 * Counts one hit. A window begins with its first hit; hits while blocked are not counted.
 * @returns the record after the hit, blocked when the hit was one too many.
 */
export function countHit(
  record: LimitRecord | undefined,
  { rule, now }: { rule: LimitRule; now: number },
): LimitRecord {
  if (record !== undefined && record.blockedUntil > now) return record;
  const continues = record !== undefined && record.blockedUntil === 0 && now - record.windowStartedAt < rule.windowMs;
  const hits = continues ? record.hits + 1 : 1;
  const windowStartedAt = continues ? record.windowStartedAt : now;
  if (hits > rule.hitsMax) {
    const blockedUntil = now + rule.blockMs;
    return { hits, windowStartedAt, blockedUntil, expiresAt: blockedUntil };
  }
  return { hits, windowStartedAt, blockedUntil: 0, expiresAt: windowStartedAt + rule.windowMs };
}

/** What is left of a block, in whole seconds; 0 when there is none. */
export function blockedSeconds(record: LimitRecord | undefined, now: number): number {
  return record === undefined || record.blockedUntil <= now ? 0 : Math.ceil((record.blockedUntil - now) / 1000);
}
