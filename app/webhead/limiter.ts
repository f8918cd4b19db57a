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
      const keys = keysOf(request);
      const until = Math.max(...Object.values(keys).map((key) => blockedUntil.get(key) ?? 0));
      if (until > now()) throw tooMany(Math.ceil((until - now()) / 1000));
      const asked = await ask(request);
      if (asked.outcome === 'allowed') return;
      // A block of an address on an e-mail ends early when the owner resets the password, maybe through another process.
      if (asked.scope !== 'address-and-email')
        remember(blockedUntil, keys[asked.scope], now() + 1000 * asked.retryAfterSeconds);
      throw tooMany(asked.retryAfterSeconds);
    },
  };
}

/** What of a request may be blocked, by what the block is on. */
function keysOf({ action, clientAddress, email = '' }: LimitedRequest): Readonly<Record<'address' | 'email', string>> {
  return { address: `${action} address ${clientAddress}`, email: `${action} email ${normalizeEmail(email)}` };
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
