/** No step of the store reads more than it needs: every statement finds its rows by an index, however many there are. */

import { DatabaseSync } from 'node:sqlite';
import { expect, jest, test } from '@jest/globals';
import type { AccountStore } from '../../../app/storage/ports.ts';
import { accountOf, BIRTH, deviceOf, eventOf, passwordOf, sessionOf, tokenOf } from '../records.ts';
import { openEmbedded, temporaryFile } from './temporary.ts';

/** Every step at least once, in the ways that it can go. */
async function takeEveryStep(store: AccountStore): Promise<void> {
  const account = accountOf(1);
  const events = [eventOf('login', account)];
  await store.createAccount(accountOf(9, { normalizedEmail: account.normalizedEmail }), {
    replacesUid: undefined,
    events,
  });
  await store.createAccount(account, { replacesUid: accountOf(9).uid, events });
  await store.accountByEmail(account.normalizedEmail);
  await store.sealedAccountByEmail(account.normalizedEmail);
  await store.resealSecrets(account.uid, { seen: '', sealedSecrets: '' });
  await store.markVerified(account.uid, { unlock: true, events });
  await store.lockAccount(account.uid, { lockedAt: 1, sealedUnlockCode: 'a.01' });
  await store.unlockAccount(account.uid);
  await store.backfillLocale(account.uid, 'en');
  const session = sessionOf(1, account);
  await store.createSession(session, { events });
  await store.sessionWithAccount(session.storedId);
  await store.touchSession(session.storedId, { lastAccessAt: BIRTH, userAgent: null });
  const device = deviceOf(1, session);
  await store.registerDevice(device);
  await store.updateDevice(device);
  await store.devicesOf(account.uid);
  await store.killDevice(device, { deadAt: BIRTH });
  await store.killSession(session.storedId, { deadAt: BIRTH });
  const token = tokenOf('passwordForgotToken', 1, account);
  await store.createOneTimeToken(token);
  await store.oneTimeTokenWithAccount(token.kind, token.storedId);
  for (let tries = 0; tries < 3; tries += 1) await store.spendTry(token.storedId, { deadAt: BIRTH });
  await store.takeOneTimeToken(token.kind, token.storedId, { deadAt: BIRTH });
  await store.setPassword(account.uid, { seenGeneration: BIRTH, password: passwordOf(1, BIRTH + 1), events });
  const record = { hits: 1, windowStartedAt: 0, blockedUntil: 0, expiresAt: BIRTH };
  await store.changeLimit('a', { now: 0, change: () => record });
  await store.changeLimit('a', { now: 0, change: () => ({ ...record, hits: 2 }) });
  await store.changeLimit('b', { now: 0, change: () => record });
  await store.changeLimit('b', { now: 0, change: () => undefined });
  await store.eventsAfter('0', 10);
  await store.createOneTimeToken(tokenOf('keyFetchToken', 2, account));
  await store.createSession(sessionOf(2, account), { events: [] });
  await store.deleteAccount(account.uid, { deadAt: BIRTH, onlyUnverified: true, events });
  await store.deleteAccount(account.uid, { deadAt: BIRTH, onlyUnverified: false, events });
  await store.createSession(sessionOf(3, account), { events: [] });
  const keep = { sessionIdleMs: 1, deadRowsKeptMs: 1, eventsKeptMs: 1, rowsMax: 100 };
  expect(await store.prune({ ...keep, now: BIRTH + 1e10 })).toBeGreaterThan(8);
}

test('no statement of any step scans a table', async () => {
  const { file, remove } = await temporaryFile();
  const prepare = jest.spyOn(DatabaseSync.prototype, 'prepare');
  const store = openEmbedded(file);
  await store.ping();
  prepare.mockClear();
  await takeEveryStep(store);
  const statements = new Set(
    prepare.mock.calls.map(([sql]) => sql).filter((sql) => /^(select|update|delete)/.test(sql)),
  );
  prepare.mockRestore();
  expect(statements.size).toBeGreaterThan(40);
  const sqlite = new DatabaseSync(file);
  const scans = [...statements].filter((sql) => {
    const plan = sqlite.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...(sql.match(/\?/g) ?? []).map(() => null));
    return plan.some(({ detail }) => /^SCAN (?!CONSTANT)/.test(String(detail)));
  });
  expect(scans).toEqual([]);
  sqlite.close();
  await store.close();
  await remove();
});
