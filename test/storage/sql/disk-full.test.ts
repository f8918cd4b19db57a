/** A disk that takes no more: writes are refused as unavailable, nothing is stored by half, and all goes on when there is space again. */

import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { StoreUnavailable } from '../../../app/storage/errors.ts';
import { openSqlite } from '../../../app/storage/sql/dialect/sqlite.ts';
import { migrateToLatest } from '../../../app/storage/sql/migrate.ts';
import { createSqlStore } from '../../../app/storage/sql/store.ts';
import { accountOf, BIRTH, eventOf, passwordOf } from '../records.ts';
import { runChild } from './children/run-child.ts';
import { openEmbedded, temporaryFile } from './temporary.ts';

test('a full database refuses the step as a whole, answers reads, and takes the step when there is space', async () => {
  const { file, remove } = await temporaryFile();
  const connection = openSqlite({ file, readOnly: false });
  const { database } = connection;
  await migrateToLatest(database);
  const store = createSqlStore({ connection, region: 'local' });
  const old = accountOf(0, { normalizedEmail: 'contested@example.org' });
  await store.createAccount(old, { replacesUid: undefined, events: [] });
  await sql`pragma max_page_count = 60`.execute(database);

  let number = 1;
  const create = async () => {
    const account = accountOf(number);
    const events = Array.from({ length: 5 }, () => eventOf('verified', account));
    await store.createAccount(account, { replacesUid: undefined, events });
  };
  const fill = async () => {
    for (; number < 1000; number += 1) await create();
  };
  await expect(fill()).rejects.toMatchObject({ name: 'StoreUnavailable', cause: { errcode: 13 } });

  // The step that did not fit: neither the account nor any of its five events.
  expect(await store.accountByUid(accountOf(number).uid)).toBeUndefined();
  const told = await store.eventsAfter(undefined, 10_000);
  expect(told).toHaveLength(5 * (number - 1));
  expect(await store.accountByUid(accountOf(number - 1).uid)).toBeDefined();
  // One that replaces an account, and fails after that one's row was emptied.
  const next = accountOf(2000, { normalizedEmail: old.normalizedEmail });
  const events = Array.from({ length: 500 }, () => eventOf('verified', next));
  await expect(store.createAccount(next, { replacesUid: old.uid, events })).rejects.toThrow(StoreUnavailable);
  expect(await store.sealedAccountByEmail(old.normalizedEmail)).toEqual(old);

  await sql`pragma max_page_count = 100000`.execute(database);
  expect(await store.createAccount(next, { replacesUid: old.uid, events })).toBe('created');
  await create();
  await store.close();
  await remove();
});

/** Lets a process write no file beyond so many bytes: what a full disk is to it, and undone as easily. */
function limitFileSize(pid: number | undefined, bytes: number | 'unlimited'): void {
  const { status, stderr, error } = spawnSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`]);
  if (status !== 0) throw new Error(`prlimit failed: ${error?.message ?? stderr.toString()}`);
}

test('a file that cannot grow makes every write unavailable, loses none that was acknowledged, and then goes on', async () => {
  const { file, remove } = await temporaryFile();
  const child = runChild('acknowledging-writer.ts', [file, '0']);
  await child.until('write', (lines) => lines.length >= 10);
  limitFileSize(child.process.pid, statSync(`${file}-wal`).size);
  const refused = (lines: readonly string[]) => lines.filter((line) => line === 'StoreUnavailable').length;
  await child.until('refusal', (lines) => refused(lines) >= 5);
  limitFileSize(child.process.pid, 'unlimited');
  const before = child.lines.length;
  await child.until('write after that', (lines) => lines.length >= before + 10 && lines.at(-1) !== 'StoreUnavailable');
  await child.kill();

  const store = openEmbedded(file);
  const numbers = child.lines.filter((line) => line !== 'StoreUnavailable').map(Number);
  expect(numbers).not.toContain(Number.NaN);
  for (const number of numbers) {
    const account = await store.accountByUid(accountOf(number).uid);
    expect(account?.authSalt).toBe(passwordOf(number, BIRTH + 1).authSalt);
  }
  await store.close();
  await remove();
});
