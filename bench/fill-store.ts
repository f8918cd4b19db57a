/** Fills an embedded store with accounts that have one session each, far faster than commands could: for measurements of large stores. */

import { createHash, randomBytes } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { sealHawkKey, storedTokenId } from '../app/accounts/sealing.ts';
import { deriveToken } from '../app/accounts/tokens.ts';
import { openSqlite } from '../app/storage/sql/dialect/sqlite.ts';
import { migrateToLatest } from '../app/storage/sql/migrate.ts';
import type { AccountRow, Tables } from '../app/storage/sql/schema.ts';

const ROWS_A_TRANSACTION = 50_000;

/** What signs requests of one filled session. */
export interface FilledSession {
  /** 64 hex characters; the Hawk id. */
  readonly id: string;
  /** 64 hex characters; the Hawk key. */
  readonly key: string;
}

export interface FillOptions {
  /** Made when it is not there; nobody else may be writing to it. */
  readonly file: string;
  readonly accounts: number;
  /** Sessions that can be used, spread evenly over all; the others only fill. */
  readonly sessionsUsable: number;
  readonly progress: (text: string) => void;
}

/** Fills a new store: a million accounts in some twenty seconds. Nothing of it is durable before it ends. */
export async function fillStore(options: FillOptions): Promise<readonly FilledSession[]> {
  const { file, accounts, sessionsUsable, progress } = options;
  const { database, close } = openSqlite({ file, readOnly: false });
  await migrateToLatest(database).finally(close);
  const sqlite = new DatabaseSync(file);
  sqlite.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -262144');
  const now = Date.now();
  const usableEvery = Math.max(1, Math.floor(accounts / sessionsUsable));
  const usable: FilledSession[] = [];
  const insertAccount = inserter(sqlite, 'accounts', accountRow(0, now));
  const insertSession = inserter(sqlite, 'sessions', sessionRow(0, { now }));
  for (let number = 0; number < accounts; number += 1) {
    if (number % ROWS_A_TRANSACTION === 0) {
      sqlite.exec(number === 0 ? 'BEGIN' : 'COMMIT; BEGIN');
      progress(`filling: ${number} of ${accounts} accounts`);
    }
    const made = number % usableEvery === 0 ? usableSession() : undefined;
    insertAccount(accountRow(number, now));
    insertSession(sessionRow(number, { now, made }));
    if (made !== undefined) usable.push(made.shown);
  }
  sqlite.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)');
  sqlite.close();
  return usable;
}

/** The e-mail of an account that was filled in, by its number from 0. */
export function filledEmail(number: number): string {
  return `filled${number}@example.org`;
}

/** Columns are named as the records' members are, so a row says itself how it is inserted. */
function inserter<Row extends object>(sqlite: DatabaseSync, table: keyof Tables, sample: Row): (row: Row) => void {
  const names = Object.keys(sample);
  const columns = names.map((name) => `"${name}"`).join(', ');
  const statement = sqlite.prepare(`INSERT INTO "${table}" (${columns}) VALUES (${names.map(() => '?').join(', ')})`);
  return (row) => {
    statement.run(...Object.values(row));
  };
}

/** Keys are hashes: as spread over the indexes as random ones. */
function digest(kind: string, number: number): string {
  return createHash('sha256').update(`${kind} ${number}`).digest('hex');
}

function accountRow(number: number, now: number): AccountRow {
  const bytes = digest('account', number);
  return {
    uid: bytes.slice(0, 32),
    normalizedEmail: filledEmail(number),
    email: filledEmail(number),
    verified: 1,
    generation: now,
    keysChangedAt: now,
    createdAt: now,
    verifierVersion: 2,
    authSalt: bytes,
    // As long as real ones, and opened by no key.
    sealedSecrets: `none.${bytes.repeat(4).slice(0, 248)}`,
    sealedEmailCode: `none.${bytes.repeat(2).slice(0, 88)}`,
    sealedUnlockCode: null,
    lockedAt: null,
    locale: 'en',
    deadAt: null,
  };
}

function sessionRow(
  number: number,
  { now, made }: { now: number; made?: ReturnType<typeof usableSession> | undefined },
): Tables['sessions'] {
  const filler = digest('session', number);
  return {
    storedId: filler,
    sealedHawkKey: filler.repeat(2).slice(0, 96),
    ...made?.stored,
    uid: digest('account', number).slice(0, 32),
    generation: now,
    createdAt: now,
    lastAccessAt: now,
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:45.0) Gecko/20100101 Firefox/45.0',
    deviceId: null,
    deadAt: null,
  };
}

function usableSession() {
  const { tokenId, hawkKey } = deriveToken('sessionToken', randomBytes(32));
  const id = tokenId.toString('hex');
  const stored = { storedId: storedTokenId(id), sealedHawkKey: sealHawkKey(hawkKey, id) };
  return { stored, shown: { id, key: hawkKey.toString('hex') } };
}
