/** Slow (about 5 s): a writing process is killed without warning twenty times, and every write that it acknowledged is there. */

import { expect, test } from '@jest/globals';
import type { AccountReader, AccountStore } from '../../../app/storage/ports.ts';
import { liveSession } from '../../../app/storage/standing.ts';
import { accountOf, BIRTH, passwordOf, sessionOf } from '../records.ts';
import { runChild } from './children/run-child.ts';
import { openEmbedded, openEmbeddedReader, temporaryFile } from './temporary.ts';

const KILLS = 20;
const FIRST_OF_ROUND = 100_000;

/** Whether all is there that an acknowledged number stands for: its account, with the password that was set, and a session. */
async function isWhole(reader: AccountReader, number: number): Promise<boolean> {
  const { uid, normalizedEmail } = accountOf(number);
  const found = await reader.sessionWithAccount(sessionOf(number, accountOf(number)).storedId);
  const live = liveSession(found, { now: BIRTH, idleMsMax: 1000 });
  const account = await reader.accountByEmail(normalizedEmail);
  return live?.account.uid === uid && account?.authSalt === passwordOf(number, BIRTH + 1).authSalt;
}

/** The steps of an account that are stored, and those that are told of: they must be the same. */
async function expectStepsTold(store: AccountStore, number: number, told: ReadonlySet<string>): Promise<void> {
  const { uid } = accountOf(number);
  const account = await store.accountByUid(uid);
  const stored = { verified: account !== undefined, reset: account?.generation === BIRTH + 1 };
  expect({ number, verified: told.has(`verified ${uid}`), reset: told.has(`reset ${uid}`) }).toEqual({
    number,
    ...stored,
  });
}

async function allEvents(store: AccountStore): Promise<Set<string>> {
  const told = new Set<string>();
  let cursor: string | undefined;
  for (;;) {
    const page = await store.eventsAfter(cursor, 1000);
    for (const { kind, uid } of page) told.add(`${kind} ${uid}`);
    if (page.length === 0) return told;
    cursor = page.at(-1)?.cursor;
  }
}

test('what was acknowledged is there after every kill, for a reader that comes first and for the next writer', async () => {
  const { file, remove } = await temporaryFile();
  const acknowledged: number[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const child = runChild('acknowledging-writer.ts', [file, String(kill * FIRST_OF_ROUND)]);
    // Each time at another moment: after one write, two, three ... and some ms more.
    await child.until('write', (lines) => lines.length > kill);
    await new Promise((resolve) => setTimeout(resolve, kill % 7));
    await child.kill();
    const fresh = child.lines.map(Number);
    expect(fresh).not.toContain(Number.NaN);
    acknowledged.push(...fresh);
    const reader = openEmbeddedReader(file);
    for (const number of fresh) expect(await isWhole(reader, number)).toBe(true);
    await reader.close();
  }
  const store = openEmbedded(file);
  for (const number of acknowledged) expect(await isWhole(store, number)).toBe(true);
  // What a killed process was about to do is there with its event or not at all.
  const told = await allEvents(store);
  for (const number of acknowledged) await expectStepsTold(store, number + 1, told);
  await store.close();
  await remove();
}, 60_000);
