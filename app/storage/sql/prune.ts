/** Clearing away what has outlived its time, in steps so small that no write waits long for them. */

import type { PruneOptions } from '../ports.ts';
import type { Database } from './schema.ts';

/** Longest life of a one-time token that has one. */
const TOKEN_LIFETIME_MS_MAX = 3_600_000;
const HOUR_MS = 3_600_000;

/** @returns how many rows were removed or marked dead; fewer than `rowsMax` means that nothing is left to do. */
export async function pruneRows(database: Database, options: PruneOptions): Promise<number> {
  const { now, sessionIdleMs, rowsMax } = options;
  let left = rowsMax;
  const spend = async (step: (rows: number) => Promise<number>) => {
    if (left > 0) left -= await step(left);
  };
  await spend(async (rows) => {
    const idle = await database
      .selectFrom('sessions')
      .select('storedId')
      .where('deviceId', 'is', null)
      .where('lastAccessAt', '<', now - sessionIdleMs)
      .where('deadAt', 'is', null)
      .limit(rows)
      .execute();
    if (idle.length > 0) {
      const ids = idle.map(({ storedId }) => storedId);
      await database.updateTable('sessions').set({ deadAt: now }).where('storedId', 'in', ids).execute();
    }
    return idle.length;
  });
  for (const remove of [
    removeDeadSessions,
    removeSpentTokens,
    removeDeadAccounts,
    removeExpiredLimits,
    removeOldEvents,
  ]) {
    await spend((rows) => remove(database, { ...options, rows }));
  }
  return rowsMax - left;
}

interface RemoveOptions extends PruneOptions {
  readonly rows: number;
}

// Keys are read first and removed by key: a delete with a limit is not in every dialect.

async function removeDeadSessions(database: Database, { now, deadRowsKeptMs, rows }: RemoveOptions): Promise<number> {
  const found = await database
    .selectFrom('sessions')
    .select('storedId')
    .where('deadAt', '<', now - deadRowsKeptMs)
    .limit(rows)
    .execute();
  const keys = found.map(({ storedId }) => storedId);
  if (keys.length > 0) await database.deleteFrom('sessions').where('storedId', 'in', keys).execute();
  return keys.length;
}

/** Used, replaced and expired ones. A key fetch token has no lifetime; unused, it goes when an idle session would. */
async function removeSpentTokens(database: Database, options: RemoveOptions): Promise<number> {
  const { now, deadRowsKeptMs, sessionIdleMs, rows } = options;
  const found = await database
    .selectFrom('oneTimeTokens')
    .select('storedId')
    .where(({ eb, or, and }) =>
      or([
        eb('deadAt', '<', now - deadRowsKeptMs),
        and([eb('createdAt', '<', now - TOKEN_LIFETIME_MS_MAX - deadRowsKeptMs), eb('kind', '!=', 'keyFetchToken')]),
        eb('createdAt', '<', now - sessionIdleMs - deadRowsKeptMs),
      ]),
    )
    .limit(rows)
    .execute();
  const keys = found.map(({ storedId }) => storedId);
  if (keys.length > 0) await database.deleteFrom('oneTimeTokens').where('storedId', 'in', keys).execute();
  return keys.length;
}

async function removeDeadAccounts(database: Database, { now, deadRowsKeptMs, rows }: RemoveOptions): Promise<number> {
  const found = await database
    .selectFrom('accounts')
    .select('uid')
    .where('deadAt', '<', now - deadRowsKeptMs)
    .limit(rows)
    .execute();
  const keys = found.map(({ uid }) => uid);
  if (keys.length > 0) await database.deleteFrom('accounts').where('uid', 'in', keys).execute();
  return keys.length;
}

async function removeExpiredLimits(database: Database, { now, rows }: RemoveOptions): Promise<number> {
  const found = await database
    .selectFrom('limits')
    .select('limitKey')
    .where('expiresAt', '<', now)
    .limit(rows)
    .execute();
  const keys = found.map(({ limitKey }) => limitKey);
  if (keys.length > 0) await database.deleteFrom('limits').where('limitKey', 'in', keys).execute();
  return keys.length;
}

async function removeOldEvents(database: Database, { now, eventsKeptMs, rows }: RemoveOptions): Promise<number> {
  const found = await database
    .selectFrom('events')
    .select('cursor')
    .where('hour', '<', Math.floor((now - eventsKeptMs) / HOUR_MS))
    .limit(rows)
    .execute();
  const keys = found.map(({ cursor }) => cursor);
  if (keys.length > 0) await database.deleteFrom('events').where('cursor', 'in', keys).execute();
  return keys.length;
}
