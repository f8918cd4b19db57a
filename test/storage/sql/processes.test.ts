/** Two processes that write to one file at the same time: what exactly one caller may get, exactly one gets. */

import { expect, test } from '@jest/globals';
import { StoreUnavailable } from '../../../app/storage/errors.ts';
import { openSqlite } from '../../../app/storage/sql/dialect/sqlite.ts';
import { migrateToLatest } from '../../../app/storage/sql/migrate.ts';
import { createSqlStore } from '../../../app/storage/sql/store.ts';
import { accountOf, BIRTH, sessionOf, tokenOf } from '../records.ts';
import { runChild } from './children/run-child.ts';
import { openEmbedded, reasonsLog, temporaryFile } from './temporary.ts';

const ROUNDS = 25;
const PROCESSES = ['1', '2'];

test('two processes never both get an e-mail, a password set, a token or a session, and no count is lost', async () => {
  const { file, remove } = await temporaryFile();
  const connection = openSqlite({ file, readOnly: false });
  await migrateToLatest(connection.database);
  const store = createSqlStore({ connection, region: 'local' });
  for (let round = 0; round < ROUNDS; round += 1) {
    await store.createAccount(accountOf(round), { replacesUid: undefined, events: [] });
    await store.createOneTimeToken(tokenOf('keyFetchToken', round, accountOf(500)));
    await store.createSession(sessionOf(round, accountOf(500)), { events: [] });
  }
  const children = PROCESSES.map((own) => runChild('racing-writer.ts', [file, own, String(ROUNDS)]));
  await Promise.all(children.map((child) => child.until('ready', ([first]) => first === 'ready')));
  for (const child of children) child.process.stdin?.end('go\n');
  await Promise.all(children.map((child) => child.ended()));
  const answers = children.map(({ lines }) => JSON.parse(lines[1] ?? '{}') as Record<string, string[]>);

  for (const name of ['created', 'set', 'taken', 'registered']) {
    for (let round = 0; round < ROUNDS; round += 1) {
      const winners = answers.map((answer) => answer[name]?.[round]).filter((own) => own !== '');
      expect({ name, round, winners: winners.length }).toEqual({ name, round, winners: 1 });
    }
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    const own = Number(answers.map((answer) => answer['created']?.[round]).find((winner) => winner !== ''));
    const holder = await store.accountByEmail(`contested${round}@example.org`);
    expect(holder?.uid).toBe(accountOf(1000 * own + round).uid);
  }
  const counted = await store.changeLimit('count', { now: BIRTH, change: (record) => record });
  expect(counted?.hits).toBe(PROCESSES.length * ROUNDS);
  await store.close();
  await remove();
});

test('a dbwriter refuses a file that another process writes to, and takes it when that process was killed', async () => {
  const { file, remove } = await temporaryFile();
  const child = runChild('acknowledging-writer.ts', [file, '0']);
  await child.until('write', (lines) => lines.length > 0);
  const { log, reasons } = reasonsLog();
  const refused = openEmbedded(file, { log });
  await expect(refused.ping()).rejects.toThrow(StoreUnavailable);
  expect(reasons).toEqual([`${file} is being written by another process: database is locked`]);
  await refused.close();
  await child.kill();
  const store = openEmbedded(file);
  await store.ping();
  await store.close();
  await remove();
});
