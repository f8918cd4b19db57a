/** The feed of account events in a SQL store: written with the step that they tell of, read on by cursor. */

import type { Transaction } from 'kysely';
import type { AccountEvent, StoredAccountEvent } from '../records.ts';
import type { Database, Tables } from './schema.ts';

const HOUR_MS = 3_600_000;
const MS_DIGITS = 15;
const COUNT_DIGITS = 6;

/** Appends events within the transaction of their step. Cursors grow even when the clock does not. */
export async function appendEvents(
  transaction: Transaction<Tables>,
  { region, events }: { region: string; events: readonly AccountEvent[] },
): Promise<void> {
  if (events.length === 0) return;
  const { last } = await transaction
    .selectFrom('events')
    .select(({ fn }) => fn.max('cursor').as('last'))
    .where('region', '=', region)
    .executeTakeFirstOrThrow();
  let cursor: string | null = last;
  for (const { kind, uid, at, details } of events) {
    cursor = nextCursor(cursor, at);
    const hour = Math.floor(at / HOUR_MS);
    await transaction
      .insertInto('events')
      .values({ cursor, region, hour, kind, uid, at, details: JSON.stringify(details) })
      .execute();
  }
}

/** The cursor after `last`: the event's time, or the last one's time and its count raised when that is not earlier. */
function nextCursor(last: string | null, at: number): string {
  const [lastMs = 0, lastCount = 0] = (last ?? '').split('-').map(Number);
  const [ms, count] = at > lastMs ? [at, 0] : [lastMs, lastCount + 1];
  return `${String(ms).padStart(MS_DIGITS, '0')}-${String(count).padStart(COUNT_DIGITS, '0')}`;
}

export async function readEvents(
  database: Database,
  { region, after, limit }: { region: string; after: string | undefined; limit: number },
): Promise<readonly StoredAccountEvent[]> {
  const rows = await database
    .selectFrom('events')
    .selectAll()
    .where('region', '=', region)
    .where('cursor', '>', after ?? '')
    .orderBy('cursor')
    .limit(limit)
    .execute();
  return rows.map(({ kind, uid, at, details, cursor }) => ({
    kind: kind as AccountEvent['kind'],
    uid,
    at,
    details: JSON.parse(details),
    cursor,
  }));
}
