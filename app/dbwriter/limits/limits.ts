/** The abuse limits, counted in the store so that they hold over all processes. */

import { createHmac } from 'node:crypto';
import { normalizeEmail } from '../../accounts/email-address.ts';
import type { CommandInput, CommandOutcome } from '../../storage/commands/table.ts';
import type { AccountStore } from '../../storage/ports.ts';
import type { LimitRecord } from '../../storage/records.ts';
import {
  BAD_LOGIN_RULE,
  BAN_MS,
  blockedSeconds,
  countHit,
  type LimitRule,
  LOCKOUT_RULE,
  LOCKOUT_SILENCE_MS,
  MAIL_ACTIONS,
  MAIL_RULE,
  PASSWORD_ACTIONS,
  STATUS_RULE,
} from './rules.ts';

export interface Limits {
  /** Counts a request where its action is counted, and tells whether it may go on. */
  check(request: CommandInput<'checkLimit'>): Promise<CommandOutcome<'checkLimit'>>;
  /** Counts a wrong password. `lock` when there were too many on this e-mail. */
  recordFailure(failure: { clientAddress: string; email: string }): Promise<{ lock: boolean }>;
  /** Forgets the failures of an address on an e-mail: its owner has proved who they are. */
  clear(owner: { clientAddress: string; email: string }): Promise<void>;
  ban(target: CommandInput<'ban'>): Promise<void>;
}

type Scope = 'address' | 'email' | 'address-and-email';

export interface LimitsOptions {
  readonly store: Pick<AccountStore, 'changeLimit'>;
  readonly now: () => number;
  /** False: nothing is counted, all is allowed. */
  readonly enabled: boolean;
  /** Whether many failures lock an account. */
  readonly lockout: boolean;
  /** 32 bytes: a stolen store does not tell which addresses and e-mails were counted. */
  readonly hashKey: Uint8Array;
}

export function createLimits({ store, now, enabled, lockout, hashKey }: LimitsOptions): Limits {
  const keyOf = (kind: string, ...parts: readonly string[]) =>
    createHmac('sha256', hashKey)
      .update(JSON.stringify([kind, ...parts]))
      .digest('hex');
  const look = (key: string) => store.changeLimit(key, { now: now(), change: (record) => record });
  const hit = (key: string, rule: LimitRule) =>
    store.changeLimit(key, { now: now(), change: (record) => countHit(record, { rule, now: now() }) });

  const questions = ({ action, clientAddress, email }: CommandInput<'checkLimit'>) => {
    const asked: { scope: Scope; record: Promise<LimitRecord | undefined> }[] = [
      { scope: 'address', record: look(keyOf('ban-address', clientAddress)) },
    ];
    if (action === 'accountStatusCheck') {
      asked.push({ scope: 'address', record: hit(keyOf('status', clientAddress), STATUS_RULE) });
    }
    if (email !== undefined) {
      const normalized = normalizeEmail(email);
      asked.push({ scope: 'email', record: look(keyOf('ban-email', normalized)) });
      if (MAIL_ACTIONS.has(action)) asked.push({ scope: 'email', record: hit(keyOf('mail', normalized), MAIL_RULE) });
      if (PASSWORD_ACTIONS.has(action)) {
        asked.push({ scope: 'address-and-email', record: look(keyOf('bad-login', clientAddress, normalized)) });
      }
    }
    return asked;
  };

  return {
    check: async (request) => {
      if (!enabled) return { outcome: 'allowed' };
      let longest: { scope: Scope; retryAfterSeconds: number } | undefined;
      for (const { scope, record } of questions(request)) {
        const retryAfterSeconds = blockedSeconds(await record, now());
        if (retryAfterSeconds > (longest?.retryAfterSeconds ?? 0)) longest = { scope, retryAfterSeconds };
      }
      return longest === undefined ? { outcome: 'allowed' } : { outcome: 'blocked', ...longest };
    },

    recordFailure: async ({ clientAddress, email }) => {
      if (!enabled) return { lock: false };
      const normalized = normalizeEmail(email);
      await hit(keyOf('bad-login', clientAddress, normalized), BAD_LOGIN_RULE);
      const failures = await store.changeLimit(keyOf('failures', normalized), {
        now: now(),
        change: (record) => ({
          ...countHit(record, { rule: LOCKOUT_RULE, now: now() }),
          expiresAt: now() + LOCKOUT_SILENCE_MS,
        }),
      });
      return { lock: lockout && (failures?.hits ?? 0) > LOCKOUT_RULE.hitsMax };
    },

    clear: async ({ clientAddress, email }) => {
      const normalized = normalizeEmail(email);
      for (const key of [keyOf('bad-login', clientAddress, normalized), keyOf('failures', normalized)]) {
        await store.changeLimit(key, { now: now(), change: () => undefined });
      }
    },

    ban: async ({ clientAddress, email }) => {
      const blockedUntil = now() + BAN_MS;
      const banned = { hits: 0, windowStartedAt: now(), blockedUntil, expiresAt: blockedUntil };
      const keys = [
        ...(clientAddress === undefined ? [] : [keyOf('ban-address', clientAddress)]),
        ...(email === undefined ? [] : [keyOf('ban-email', normalizeEmail(email))]),
      ];
      for (const key of keys) await store.changeLimit(key, { now: now(), change: () => banned });
    },
  };
}
