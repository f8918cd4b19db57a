/** Reads of the SQL stores. */

import type { CompiledQuery } from 'kysely';
import { type AccountReader, DEVICES_MAX } from '../ports.ts';
import type { AccountRecord, OneTimeTokenRecord, SessionRecord, TokenWithAccount } from '../records.ts';
import type { SqlConnection } from './dialect/dialect.ts';
import type { AccountRow, Database } from './schema.ts';
import { storeStep } from './unavailable.ts';

const ACCOUNT_COLUMNS = [
  'uid',
  'normalizedEmail',
  'email',
  'verified',
  'generation',
  'keysChangedAt',
  'createdAt',
  'verifierVersion',
  'authSalt',
  'lockedAt',
  'locale',
] as const;

const SESSION_COLUMNS = [
  'storedId',
  'uid',
  'sealedHawkKey',
  'generation',
  'createdAt',
  'lastAccessAt',
  'userAgent',
  'deviceId',
  'deadAt',
] as const;

type ReadAccountRow = Pick<AccountRow, (typeof ACCOUNT_COLUMNS)[number]>;

/** An account's row as a record; undefined for a dead one. */
export function accountRecord(row: ReadAccountRow | undefined): AccountRecord | undefined {
  if (row === undefined || row.normalizedEmail === null) return undefined;
  return { ...row, normalizedEmail: row.normalizedEmail, verified: row.verified === 1 };
}

/** Makes the reader of an open connection. Closing the reader closes the connection. */
export function createSqlReader(connection: SqlConnection): AccountReader {
  const { database } = connection;
  // Compiled at the first use: a reader may be made before the store's tables are.
  const sessionById = lazily(() => connection.prepareFirst(sessionQuery(database)));
  const byEmail = lazily(() => connection.prepareFirst(accountQuery(database, 'normalizedEmail')));
  const byUid = lazily(() => connection.prepareFirst(accountQuery(database, 'uid')));
  return {
    accountByEmail: (normalizedEmail) => storeStep(async () => accountRecord(await byEmail()([normalizedEmail]))),
    accountByUid: (uid) => storeStep(async () => accountRecord(await byUid()([uid]))),
    sessionWithAccount: (storedId) => storeStep(async () => splitSession(await sessionById()([storedId]))),
    oneTimeTokenWithAccount: (kind, storedId) =>
      storeStep(async () => {
        const token = await database
          .selectFrom('oneTimeTokens')
          .selectAll()
          .where('storedId', '=', storedId)
          .where('kind', '=', kind)
          .executeTakeFirst();
        if (token === undefined) return undefined;
        return {
          token,
          account: accountRecord(await byUid()([token.uid])),
        } satisfies TokenWithAccount<OneTimeTokenRecord>;
      }),
    devicesOf: (uid) => storeStep(() => devicesOf(database, uid)),
    ping: () => storeStep(async () => void (await byUid()(['']))),
    close: () => connection.close(),
  };
}

function lazily<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function accountQuery(database: Database, by: 'uid' | 'normalizedEmail'): CompiledQuery<ReadAccountRow> {
  return database.selectFrom('accounts').select(ACCOUNT_COLUMNS).where(by, '=', '').compile();
}

/** A session and its account in one row: an account's columns are prefixed, since both tables have a generation and a time of birth. */
function sessionQuery(database: Database) {
  return database
    .selectFrom('sessions as s')
    .leftJoin('accounts as a', 'a.uid', 's.uid')
    .select(SESSION_COLUMNS.map((column) => `s.${column}` as const))
    .select([
      'a.normalizedEmail',
      'a.email',
      'a.verified',
      'a.generation as accountGeneration',
      'a.keysChangedAt',
      'a.createdAt as accountCreatedAt',
      'a.verifierVersion',
      'a.authSalt',
      'a.lockedAt',
      'a.locale',
    ])
    .where('s.storedId', '=', '')
    .compile();
}

type SessionRow = ReturnType<typeof sessionQuery> extends CompiledQuery<infer Row> ? Row : never;

function splitSession(row: SessionRow | undefined): TokenWithAccount<SessionRecord> | undefined {
  if (row === undefined) return undefined;
  const { storedId, uid, sealedHawkKey, generation, createdAt, lastAccessAt, userAgent, deviceId, deadAt } = row;
  const token = { storedId, uid, sealedHawkKey, generation, createdAt, lastAccessAt, userAgent, deviceId, deadAt };
  const {
    normalizedEmail,
    email,
    verified,
    accountGeneration,
    keysChangedAt,
    accountCreatedAt,
    verifierVersion,
    authSalt,
    lockedAt,
    locale,
  } = row;
  if (
    normalizedEmail === null ||
    email === null ||
    accountGeneration === null ||
    keysChangedAt === null ||
    accountCreatedAt === null ||
    verifierVersion === null ||
    authSalt === null
  ) {
    return { token, account: undefined };
  }
  const account = {
    uid,
    normalizedEmail,
    email,
    verified: verified === 1,
    generation: accountGeneration,
    keysChangedAt,
    createdAt: accountCreatedAt,
    verifierVersion,
    authSalt,
    lockedAt,
    locale,
  };
  return { token, account };
}

async function devicesOf(database: Database, uid: string) {
  const rows = await database
    .selectFrom('devices as d')
    .innerJoin('sessions as s', 's.storedId', 'd.sessionStoredId')
    .selectAll('d')
    .select([
      's.sealedHawkKey',
      's.generation',
      's.createdAt as sessionCreatedAt',
      's.lastAccessAt',
      's.userAgent',
      's.deviceId',
    ])
    .where('d.uid', '=', uid)
    .where('s.deadAt', 'is', null)
    .orderBy('d.createdAt')
    .orderBy('d.id')
    .limit(DEVICES_MAX)
    .execute();
  return rows.map(({ sealedHawkKey, generation, sessionCreatedAt, lastAccessAt, userAgent, deviceId, ...device }) => ({
    device,
    session: {
      storedId: device.sessionStoredId,
      uid,
      sealedHawkKey,
      generation,
      createdAt: sessionCreatedAt,
      lastAccessAt,
      userAgent,
      deviceId,
      deadAt: null,
    },
  }));
}
