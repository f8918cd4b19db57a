/** Processes that share a port: replaced under load without a failed request, after a crash, and not by ones that cannot serve. Slow: whole drains. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Agent, request } from 'undici';
import { type Program, runProgram, until } from './children/run-program.ts';

const CLIENTS = 8;

let folder: string;
let broken: string;
let service: Program;
let url: string;
let clients: Agent;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'picl-idp-cluster-'));
  broken = join(folder, 'broken');
  service = runProgram('cluster.ts', broken);
  await service.said('listening', 2);
  url = `http://127.0.0.1:${service.log[0]?.port}`;
  clients = new Agent({ connections: CLIENTS, pipelining: 1 });
});
afterEach(async () => {
  await clients.destroy();
  service.signal('SIGTERM');
  expect((await service.ended()).code).toBe(0);
  await rm(folder, { recursive: true });
});

/** Which process answers. A connection of its own each time, so that all processes get their turn. */
async function answeringPid(): Promise<number> {
  const { body } = await request(url, { reset: true });
  const { pid } = (await body.json()) as { pid: number };
  return pid;
}

async function answeringPids(): Promise<ReadonlySet<number>> {
  const pids = new Set<number>();
  for (let count = 0; count < 12; count += 1) pids.add(await answeringPid());
  return pids;
}

/** Keeps clients asking over kept connections while something happens. @returns how many answers they got; throws when one failed. */
async function underLoad(happening: () => Promise<void>): Promise<number> {
  let answers = 0;
  let asking = true;
  const asked = Array.from({ length: CLIENTS }, async () => {
    while (asking) {
      const { statusCode, body } = await request(url, { dispatcher: clients });
      await body.dump();
      if (statusCode !== 200) throw new Error(`answered ${statusCode}`);
      answers += 1;
    }
  });
  const all = Promise.all(asked);
  await Promise.race([all, happening()]);
  asking = false;
  await all;
  return answers;
}

test('SIGTERM to one worker after the other fails no request of clients that keep their connections', async () => {
  const first = await answeringPids();
  expect(first.size).toBe(2);
  const answers = await underLoad(async () => {
    let listening = 2;
    for (const pid of first) {
      process.kill(pid, 'SIGTERM');
      listening += 1;
      await service.said('listening', listening);
    }
  });
  expect(answers).toBeGreaterThan(100);
  const second = await answeringPids();
  expect(second.size).toBe(2);
  expect([...second].filter((pid) => first.has(pid))).toEqual([]);
});

test('SIGHUP, even a second time meanwhile, replaces each worker once and fails no request', async () => {
  const first = await answeringPids();
  await underLoad(async () => {
    service.signal('SIGHUP');
    await service.said('listening', 3);
    service.signal('SIGHUP');
    await until('both workers to be new', async () => {
      const now = await answeringPids();
      return now.size === 2 && [...now].every((pid) => !first.has(pid));
    });
    await service.said('rolled', 2);
  });
  expect(service.log.filter(({ msg }) => msg === 'listening')).toHaveLength(4);
});

test('new workers that cannot start leave the old ones serving', async () => {
  const first = await answeringPids();
  await writeFile(broken, '');
  await underLoad(async () => {
    service.signal('SIGHUP');
    await service.said('a new worker does not serve: the old ones stay');
  });
  expect(await answeringPids()).toEqual(first);
});

test('a worker that was killed is replaced, and one that cannot start is tried again until it can', async () => {
  const [victim = 0] = await answeringPids();
  await writeFile(broken, '');
  process.kill(victim, 'SIGKILL');
  await service.said('a worker ended and is replaced', 3);
  expect((await answeringPids()).size).toBe(1);
  await rm(broken);
  await service.said('listening', 3);
  expect((await answeringPids()).size).toBe(2);
});
