/** The abuse limits as a webhead sees them: asked of the dbwriter, remembering only blocks, and letting through when nobody answers. */

import { normalizeEmail } from '../accounts/email-address.ts';
import { serviceError } from '../accounts/service-errors.ts';
import type { Log } from '../platform/log.ts';
import type { LimitedAction } from '../storage/commands/limit-commands.ts';
import type { AccountWriter } from '../storage/commands/table.ts';
import { StoreUnavailable } from '../storage/errors.ts';

const BLOCKS_MAX = 10_000;
/** A store that is gone would else fill the log. */
const LOG_EVERY_MS = 10_000;

export interface LimitedRequest {
  readonly action: LimitedAction;
  readonly clientAddress: string;
  readonly email?: string;
}

export interface Limiter {
  /** Resolves when the request may go on. @throws a service error 114 with retryAfter */
  check(request: LimitedRequest): Promise<void>;
}

export function createLimiter({
  writer,
  enabled,
  now,
  log,
}: {
  writer: Pick<AccountWriter, 'checkLimit'>;
  enabled: boolean;
  now: () => number;
  log: Log;
}): Limiter {
  const blockedUntil = new Map<string, number>();
  let loggedAt = Number.NEGATIVE_INFINITY;

  const ask = async (request: LimitedRequest) => {
    try {
      return await writer.checkLimit({ ...request });
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      if (now() - loggedAt > LOG_EVERY_MS) {
        loggedAt = now();
        log.error({ err: error, action: request.action }, 'limits cannot be asked: requests are let through');
      }
      return { outcome: 'allowed' } as const;
    }
  };

  return {
    check: async (request) => {
      if (!enabled) return;
      const key = `${request.action} ${request.clientAddress} ${request.email === undefined ? '' : normalizeEmail(request.email)}`;
      const until = blockedUntil.get(key) ?? 0;
      if (until > now()) throw tooMany(Math.ceil((until - now()) / 1000));
      const asked = await ask(request);
      if (asked.outcome === 'allowed') return;
      remember(blockedUntil, key, now() + 1000 * asked.retryAfterSeconds);
      throw tooMany(asked.retryAfterSeconds);
    },
  };
}

function remember(blocks: Map<string, number>, key: string, until: number): void {
  blocks.delete(key);
  blocks.set(key, until);
  const [oldest] = blocks.keys();
  if (blocks.size > BLOCKS_MAX && oldest !== undefined) blocks.delete(oldest);
}

function tooMany(retryAfter: number) {
  return serviceError('TOO_MANY_REQUESTS', { extras: { retryAfter } });
}
