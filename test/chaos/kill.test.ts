/** A hundred kills under load: the box heals, and every acknowledged write is there. Slow: minutes, by its nature. */

import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { startBox, type TestBox } from '../support/box.ts';
import { startPeople } from './people.ts';

const KILLS = 100;
/** Every so many kills it is the box itself that is killed, and then started again by hand. */
const BOX_KILLED_EVERY = 20;
const BETWEEN_KILLS_MS_MIN = 200;
const BETWEEN_KILLS_MS_MAX = 1400;
const HEAL_MS_MAX = 30_000;
const RENAMERS = 6;
/** Less would be no load. */
const ACKNOWLEDGED_PER_KILL_MIN = 10;
const TEST_MS_MAX = 600_000;

test(
  `after ${KILLS} kills of any process at any moment, every acknowledged write is there`,
  async () => {
    let box = await startBox();
    const { accountsUrl, dataFolder } = box;
    const { port } = new URL(accountsUrl);
    const people = await startPeople(accountsUrl, { renamers: RENAMERS });
    const killed: Record<string, number> = {};
    try {
      for (let kill = 1; kill <= KILLS; kill += 1) {
        await wait(BETWEEN_KILLS_MS_MIN + Math.random() * (BETWEEN_KILLS_MS_MAX - BETWEEN_KILLS_MS_MIN));
        if (kill % BOX_KILLED_EVERY === 0) {
          await box.kill();
          box = await startBox({ dataFolder, parameters: ['--port', port] });
          killed['box'] = (killed['box'] ?? 0) + 1;
        } else {
          const name = await killAny(box);
          killed[name] = (killed[name] ?? 0) + 1;
        }
      }
      const healedFrom = Date.now();
      await healed({ url: accountsUrl, acknowledgedAfter: healedFrom, people });
      await people.stop();
      expect(people.wrongs).toEqual([]);
      expect(people.acknowledged()).toBeGreaterThan(ACKNOWLEDGED_PER_KILL_MIN * KILLS);
      // Each kind of process was hit, else the test proves less than it says.
      expect(Object.keys(killed).sort()).toEqual(
        ['box', 'dbwriter', 'keysigner', 'mail-sink', 'stretcher', 'webhead'].sort(),
      );
      await people.verify(accountsUrl);
      expect(await box.stop({ keepData: true })).toBe(0);
      box = await startBox({ dataFolder, parameters: ['--port', port] });
      await people.verify(accountsUrl);
    } finally {
      await people.stop();
      await box.stop();
    }
  },
  TEST_MS_MAX,
);

/** Kills one of the processes below the box. @returns what it ran */
async function killAny(box: TestBox): Promise<string> {
  for (;;) {
    const processes = (await box.processes()).filter(({ command }) => command.includes('.js'));
    const chosen = processes[Math.floor(Math.random() * processes.length)];
    if (chosen !== undefined) {
      try {
        process.kill(chosen.pid, 'SIGKILL');
        return /([a-z-]+)\.js/.exec(chosen.command)?.[1] ?? chosen.command;
      } catch {
        // It had just ended with its parent: another one then.
      }
    }
    await wait(BETWEEN_KILLS_MS_MIN);
  }
}

async function healed({
  url,
  acknowledgedAfter,
  people,
}: {
  url: string;
  acknowledgedAfter: number;
  people: { lastAcknowledgedAt(): number };
}): Promise<void> {
  const deadline = Date.now() + HEAL_MS_MAX;
  for (;;) {
    const status = await fetch(`${url}/__heartbeat__`).then(
      (response) => response.status,
      () => 0,
    );
    if (status === 200 && people.lastAcknowledgedAt() > acknowledgedAfter) return;
    if (Date.now() > deadline) throw new Error(`not healed: the heartbeat answers ${status}`);
    await wait(100);
  }
}
