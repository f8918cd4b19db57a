/** Webheads are replaced one after the other under load, and no request fails. Slow: it waits for whole drains. */

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Agent, fetch as fetchWithAgent } from 'undici';
import { createAccountsClient } from '../../app/client/client.ts';
import { startBox, type TestBox } from '../support/box.ts';

const TEST_MS_MAX = 90_000;
const REPLACED_MS_MAX = 20_000;
const PASSWORD = 'a password that rolls';
const CLIENTS = 8;

let box: TestBox;
beforeAll(async () => {
  box = await startBox();
}, TEST_MS_MAX);
afterAll(async () => {
  await box?.stop();
}, TEST_MS_MAX);

test(
  'a rolling restart by SIGHUP fails no request of clients that keep their connections',
  async () => {
    const { primary, workers } = await webheads(box);
    await underLoad(box, async () => {
      process.kill(primary, 'SIGHUP');
      await replaced(box, { old: workers, count: workers.length });
    });
  },
  TEST_MS_MAX,
);

test(
  'SIGTERM to one worker after the other fails no request',
  async () => {
    const { workers } = await webheads(box);
    await underLoad(box, async () => {
      for (const worker of workers) {
        process.kill(worker, 'SIGTERM');
        await replaced(box, { old: [worker], count: workers.length });
      }
    });
  },
  TEST_MS_MAX,
);

/** Keeps clients asking, reading and writing, while something happens. @throws when any request failed */
async function underLoad({ accountsUrl }: TestBox, happening: () => Promise<void>): Promise<void> {
  const agent = new Agent({ connections: CLIENTS, pipelining: 1 });
  const fetch = ((url: string, init: object) =>
    fetchWithAgent(url, { ...init, dispatcher: agent })) as unknown as typeof globalThis.fetch;
  const client = createAccountsClient({ url: accountsUrl, fetch, retriesMax: 0 });
  const email = `${randomBytes(6).toString('hex')}@example.org`;
  const { sessionToken } = await client.createAccount({ email, password: PASSWORD, preVerified: true });
  const { id } = await client.putDevice(sessionToken, { name: 'name', type: 'desktop' });
  let asking = true;
  let answered = 0;
  const people = Array.from({ length: CLIENTS }, async (_, person) => {
    while (asking) {
      if (person === 0) await client.putDevice(sessionToken, { id, name: `name ${answered}` });
      else if (person === 1) await client.login({ email, password: PASSWORD });
      else await client.emailStatus(sessionToken);
      answered += 1;
    }
  });
  const all = Promise.all(people);
  await Promise.race([all, happening()]);
  await wait(500);
  asking = false;
  await all;
  expect(answered).toBeGreaterThan(1000);
  await agent.close();
}

/** The primary of the webheads and its workers, which run the same program. */
async function webheads({ processes }: TestBox): Promise<{ primary: number; workers: number[] }> {
  const pids = (await processes()).filter(({ command }) => command.includes('/webhead.js')).map(({ pid }) => pid);
  const found = await Promise.all(pids.map(async (pid) => ({ pid, parent: await parentOf(pid) })));
  const alive = found.filter(({ parent }) => parent !== undefined);
  const primary = alive.find(({ parent }) => !alive.some(({ pid }) => pid === parent))?.pid ?? 0;
  return { primary, workers: alive.map(({ pid }) => pid).filter((pid) => pid !== primary) };
}

/** Nothing for a process that ended since it was listed. */
async function parentOf(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat === undefined ? undefined : Number(stat.split(') ')[1]?.split(' ')[1]);
}

/** Waits until other workers serve in place of these. */
async function replaced(where: TestBox, { old, count }: { old: readonly number[]; count: number }): Promise<void> {
  const deadline = Date.now() + REPLACED_MS_MAX;
  for (;;) {
    const { workers } = await webheads(where);
    const isServing = (pid: number) => where.logs().includes(`"worker":${pid},"msg":"a worker listens"`);
    if (workers.length === count && workers.every((pid) => !old.includes(pid) && isServing(pid))) return;
    if (Date.now() > deadline) throw new Error(`workers ${old} were not replaced by others: ${workers}`);
    await wait(50);
  }
}
