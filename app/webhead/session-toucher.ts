/** Writing down that a session is used: seldom, in the background, and never at a request's cost. */

import type { Log } from '../platform/log.ts';
import type { AccountWriter } from '../storage/commands/table.ts';
import type { HawkProof, RequestContext } from '../storage/commands/values.ts';
import type { AccountRecord, SessionRecord } from '../storage/records.ts';

const TOUCHES_MAX = 32;
const REMEMBERED_MAX = 10_000;

export interface SessionToucher {
  touch(used: { token: SessionRecord; account: AccountRecord; proof: HawkProof; context: RequestContext }): void;
}

/** @param afterMs how old what is written may be before it is written anew; an account without a locale gets one at once. */
export function createSessionToucher({
  writer,
  afterMs,
  now,
  log,
}: {
  writer: Pick<AccountWriter, 'touchSession'>;
  afterMs: number;
  now: () => number;
  log: Log;
}): SessionToucher {
  const touchedAt = new Map<string, number>();
  let touches = 0;
  return {
    touch: ({ token, account, proof, context }) => {
      const writtenAt = Math.max(token.lastAccessAt, touchedAt.get(token.storedId) ?? 0);
      const lacksLocale = account.locale === null && context.acceptLanguage !== null && !touchedAt.has(token.storedId);
      if ((now() - writtenAt < afterMs && !lacksLocale) || touches >= TOUCHES_MAX) return;
      touches += 1;
      touchedAt.delete(token.storedId);
      touchedAt.set(token.storedId, now());
      const [oldest] = touchedAt.keys();
      if (touchedAt.size > REMEMBERED_MAX && oldest !== undefined) touchedAt.delete(oldest);
      writer
        .touchSession({ proof, request: context })
        .catch((error: unknown) => log.warn({ err: error, uid: token.uid }, "a session's use was not written down"))
        .finally(() => {
          touches -= 1;
        });
    },
  };
}
