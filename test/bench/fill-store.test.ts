/** The filled store of the benchmarks: what it holds can be polled and looked up as real accounts are. */

import { expect, test } from '@jest/globals';
import { openHawkKey, storedTokenId } from '../../app/accounts/sealing.ts';
import { liveSession } from '../../app/storage/standing.ts';
import { filledEmail, fillStore } from '../../bench/fill-store.ts';
import { openEmbedded, temporaryFile } from '../storage/sql/temporary.ts';

test('so many accounts are there, each under its e-mail, and the usable sessions are alive and open', async () => {
  const { file, remove } = await temporaryFile();
  const usable = await fillStore({ file, accounts: 100, sessionsUsable: 10, progress: () => undefined });
  const store = openEmbedded(file, { migrate: false });
  expect(usable).toHaveLength(10);
  for (const { id, key } of usable) {
    const found = await store.sessionWithAccount(storedTokenId(id));
    const live = liveSession(found, { now: Date.now(), idleMsMax: 60_000 });
    expect(live?.account.verified).toBe(true);
    expect(openHawkKey(live?.token.sealedHawkKey ?? '', id).toString('hex')).toBe(key);
  }
  expect(await store.accountByEmail(filledEmail(99))).toBeDefined();
  expect(await store.accountByEmail(filledEmail(100))).toBeUndefined();
  await store.close();
  await remove();
});
