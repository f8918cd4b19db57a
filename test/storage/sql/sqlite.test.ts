/** The embedded dialect: what a file that is missing, foreign, taken or of another release does, and what an open transaction shows. */

import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { StoreUnavailable } from '../../../app/storage/errors.ts';
import { openSqlite } from '../../../app/storage/sql/dialect/sqlite.ts';
import { migrateToLatest, pendingMigrations } from '../../../app/storage/sql/migrate.ts';
import { accountOf, sessionOf } from '../records.ts';
import { openEmbedded, openEmbeddedReader, reasonsLog, type TemporaryFile, temporaryFile } from './temporary.ts';

let temporary: TemporaryFile;
let file: string;
const opened: { close(): Promise<void> }[] = [];
const closing = <Opened extends { close(): Promise<void> }>(one: Opened): Opened => {
  opened.push(one);
  return one;
};

beforeEach(async () => {
  temporary = await temporaryFile();
  ({ file } = temporary);
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  await temporary.remove();
});

const account = accountOf(1);
const created = { replacesUid: undefined, events: [] };

test('a reader waits for a store that is not there, makes no file, and answers once there is one', async () => {
  const clock = { now: 0 };
  const reader = closing(openEmbeddedReader(file, { now: () => clock.now }));
  await expect(reader.accountByUid(account.uid)).rejects.toThrow(StoreUnavailable);
  expect(existsSync(file)).toBe(false);
  const store = closing(openEmbedded(file));
  await store.createAccount(account, created);
  await expect(reader.accountByUid(account.uid)).rejects.toThrow(StoreUnavailable);
  clock.now += 250;
  expect((await reader.accountByUid(account.uid))?.uid).toBe(account.uid);
});

test('a reader of a file without tables says that the store is unavailable until they are made', async () => {
  closing(openSqlite({ file, readOnly: false }));
  const reader = closing(openEmbeddedReader(file));
  await expect(reader.ping()).rejects.toThrow(StoreUnavailable);
  await expect(reader.devicesOf(account.uid)).rejects.toThrow(StoreUnavailable);
  await closing(openEmbedded(file)).ping();
  await reader.ping();
});

test('a reader sees at once what was written, and cannot write', async () => {
  const store = closing(openEmbedded(file));
  await store.ping();
  const reader = closing(openEmbeddedReader(file));
  for (let number = 0; number < 20; number += 1) {
    await store.createAccount(accountOf(number), created);
    expect((await reader.accountByEmail(`person${number}@example.org`))?.uid).toBe(accountOf(number).uid);
  }
  const { database } = closing(openSqlite({ file, readOnly: true }));
  await expect(database.deleteFrom('accounts').execute()).rejects.toThrow('readonly');
});

test('a read sees nothing of a transaction that is still open', async () => {
  const connection = closing(openSqlite({ file, readOnly: false }));
  await migrateToLatest(connection.database);
  const { session, find } = {
    session: sessionOf(1, account),
    find: connection.prepareFirst<{ storedId: string }>(
      connection.database.selectFrom('sessions').select('storedId').where('storedId', '=', '').compile(),
    ),
  };
  await connection.database.transaction().execute(async (transaction) => {
    await transaction.insertInto('sessions').values(session).execute();
    expect(await find([session.storedId])).toBeUndefined();
  });
  expect(await find([session.storedId])).toEqual({ storedId: session.storedId });
});

test('a transaction that fails leaves nothing, and the next one runs', async () => {
  const { database } = closing(openSqlite({ file, readOnly: false }));
  await migrateToLatest(database);
  const insert = (fail: boolean) =>
    database.transaction().execute(async (transaction) => {
      await transaction.insertInto('sessions').values(sessionOf(1, account)).execute();
      if (fail) throw new Error('no more');
    });
  await expect(insert(true)).rejects.toThrow('no more');
  expect(await database.selectFrom('sessions').selectAll().execute()).toEqual([]);
  await insert(false);
  expect(await database.selectFrom('sessions').selectAll().execute()).toHaveLength(1);
});

test('a file has one writer: a second is refused until the first has gone', async () => {
  const first = openEmbedded(file);
  await first.ping();
  const { log, reasons } = reasonsLog();
  const second = openEmbedded(file, { log });
  await expect(second.ping()).rejects.toThrow(StoreUnavailable);
  expect(reasons).toEqual([`${file} is being written by another process: database is locked`]);
  await second.close();
  await first.close();
  await closing(openEmbedded(file)).ping();
});

test('a file that is no database makes the store unavailable, and stays as it is', async () => {
  await writeFile(
    file,
    'a letter to a friend, of more than a hundred characters, so that it is long enough to be looked at',
  );
  for (const store of [openEmbedded(file), openEmbeddedReader(file)]) {
    await expect(closing(store).ping()).rejects.toThrow(StoreUnavailable);
  }
});

test('an older schema is refused by a writer that may not change it', async () => {
  const { log, reasons } = reasonsLog();
  const store = closing(openEmbedded(file, { migrate: false, log }));
  await expect(store.ping()).rejects.toThrow(StoreUnavailable);
  expect(reasons).toEqual(["the store's schema lacks 0001-accounts: migrate it first"]);
});

test('the schema of a newer release is refused, by every writer, and left alone', async () => {
  const { database, close } = openSqlite({ file, readOnly: false });
  expect(await pendingMigrations(database)).toEqual(['0001-accounts']);
  expect(await migrateToLatest(database)).toEqual(['0001-accounts']);
  expect(await migrateToLatest(database)).toEqual([]);
  await close();
  const sqlite = new DatabaseSync(file);
  sqlite.exec("INSERT INTO kysely_migration VALUES ('0002-of-tomorrow', '2026-01-01T00:00:00.000Z')");
  sqlite.close();
  for (const migrate of [true, false]) {
    const { log, reasons } = reasonsLog();
    const store = openEmbedded(file, { migrate, log });
    await expect(store.ping()).rejects.toThrow(StoreUnavailable);
    expect(reasons).toEqual([expect.stringContaining('it ran 0001-accounts, 0002-of-tomorrow')]);
    await store.close();
  }
});

test('a change of the schema that fails midway leaves the schema as it was', async () => {
  const { database } = closing(openSqlite({ file, readOnly: false }));
  // The last table of the step is in the way, so that all before it has been made when it fails.
  await database.schema.createTable('events').addColumn('cursor', 'text').execute();
  await expect(migrateToLatest(database)).rejects.toThrow('could not be brought to this release');
  const tables = await database.introspection.getTables();
  expect(tables.map(({ name }) => name)).toEqual(['events']);
  await database.schema.dropTable('events').execute();
  expect(await migrateToLatest(database)).toEqual(['0001-accounts']);
});
