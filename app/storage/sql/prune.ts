/** Clearing away what has outlived its time, in steps so small that no write waits long for them. */

import { TOKEN_LIFETIME_MS } from '../../accounts/lifetimes.ts';
import type { PruneOptions } from '../ports.ts';
import type { OneTimeTokenKind } from '../records.ts';
import type { Database } from './schema.ts';

const HOUR_MS = 3_600_000;

interface Removal {
  readonly region: string;
  readonly options: PruneOptions;
  readonly rows: number;
}

/** @returns how many rows were removed or marked dead; fewer than `rowsMax` means that nothing is left to do. */
export async function pruneRows(database: Database, { region, options }: Omit<Removal, 'rows'>): Promise<number> {
  let left = options.rowsMax;
  for (const remove of REMOVALS) {
    if (left > 0) left -= await remove(database, { region, options, rows: left });
  }
  return options.rowsMax - left;
}

// Keys are found first, by an index that holds nothing but what is due, and removed by key: a delete with a limit is not in every
// dialect. What a removal asks again is what a client may have changed in between.
const REMOVALS: readonly ((database: Database, removal: Removal) => Promise<number>)[] = [
  endIdleSessions,
  removeDeadSessions,
  removeDeadTokens,
  removeOldTokens('passwordChangeToken'),
  removeOldTokens('passwordForgotToken'),
  removeOldTokens('accountResetToken'),
  removeOldTokens('keyFetchToken'),
  removeDeadAccounts,
  removeExpiredLimits,
  removeOldEvents,
];

async function endIdleSessions(database: Database, { options, rows }: Removal): Promise<number> {
  const { now, sessionIdleMs } = options;
  const found = await database
    .selectFrom('sessions')
    .select('storedId')
    .where('deadAt', 'is', null)
    .where('deviceId', 'is', null)
    .where('lastAccessAt', '<', now - sessionIdleMs)
    .limit(rows)
    .execute();
  const keys = found.map(({ storedId }) => storedId);
  if (keys.length === 0) return 0;
  await database
    .updateTable('sessions')
    .set({ deadAt: now })
    .where('storedId', 'in', keys)
    .where('deviceId', 'is', null)
    .where('lastAccessAt', '<', now - sessionIdleMs)
    .execute();
  return keys.length;
}

async function removeDeadSessions(database: Database, { options, rows }: Removal): Promise<number> {
  const found = await database
    .selectFrom('sessions')
    .select('storedId')
    .where('deadAt', '<', options.now - options.deadRowsKeptMs)
    .limit(rows)
    .execute();
  const keys = found.map(({ storedId }) => storedId);
  if (keys.length > 0) await database.deleteFrom('sessions').where('storedId', 'in', keys).execute();
  return keys.length;
}

async function removeDeadTokens(database: Database, { options, rows }: Removal): Promise<number> {
  const found = await database
    .selectFrom('oneTimeTokens')
    .select('storedId')
    .where('deadAt', '<', options.now - options.deadRowsKeptMs)
    .limit(rows)
    .execute();
  const keys = found.map(({ storedId }) => storedId);
  if (keys.length > 0) await database.deleteFrom('oneTimeTokens').where('storedId', 'in', keys).execute();
  return keys.length;
}

/** Unused ones. A key fetch token has no lifetime of its own: it goes when the session that it was made with would. */
function removeOldTokens(kind: OneTimeTokenKind) {
  return async (database: Database, { options, rows }: Removal): Promise<number> => {
    const lifeMs = kind === 'keyFetchToken' ? options.sessionIdleMs : TOKEN_LIFETIME_MS[kind];
    const found = await database
      .selectFrom('oneTimeTokens')
      .select('storedId')
      .where('kind', '=', kind)
      .where('createdAt', '<', options.now - lifeMs - options.deadRowsKeptMs)
      .limit(rows)
      .execute();
    const keys = found.map(({ storedId }) => storedId);
    if (keys.length > 0) await database.deleteFrom('oneTimeTokens').where('storedId', 'in', keys).execute();
    return keys.length;
  };
}

async function removeDeadAccounts(database: Database, { options, rows }: Removal): Promise<number> {
  const found = await database
    .selectFrom('accounts')
    .select('uid')
    .where('deadAt', '<', options.now - options.deadRowsKeptMs)
    .limit(rows)
    .execute();
  const keys = found.map(({ uid }) => uid);
  if (keys.length > 0) await database.deleteFrom('accounts').where('uid', 'in', keys).execute();
  return keys.length;
}

async function removeExpiredLimits(database: Database, { options, rows }: Removal): Promise<number> {
  const found = await database
    .selectFrom('limits')
    .select('limitKey')
    .where('expiresAt', '<', options.now)
    .limit(rows)
    .execute();
  const keys = found.map(({ limitKey }) => limitKey);
  if (keys.length === 0) return 0;
  await database.deleteFrom('limits').where('limitKey', 'in', keys).where('expiresAt', '<', options.now).execute();
  return keys.length;
}

async function removeOldEvents(database: Database, { region, options, rows }: Removal): Promise<number> {
  const found = await database
    .selectFrom('events')
    .select('cursor')
    .where('region', '=', region)
    .where('hour', '<', Math.floor((options.now - options.eventsKeptMs) / HOUR_MS))
    .limit(rows)
    .execute();
  const keys = found.map(({ cursor }) => cursor);
  if (keys.length > 0) {
    await database.deleteFrom('events').where('region', '=', region).where('cursor', 'in', keys).execute();
  }
  return keys.length;
}
