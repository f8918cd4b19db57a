/** Rows over the whole box: signing, polling, login, a flood of logins. */

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createAccountsClient } from '../app/client/client.ts';
import { deriveCredentials } from '../app/client/onepw.ts';
import { alternate, type BenchRow, median } from './bench-row.ts';
import { BENCH_PASSWORD, makeSigners, startBenchBox } from './box.ts';
import { expectOk } from './keysigner-sign.ts';
import { forkOn, startBareWork, startGenerator } from './processes.ts';

const CORES = availableParallelism();
const SLICE_MS = 700;
const LOAD_MS = 1000;
const WARM_UP_MS = 2500;
const ROUNDS = 9;
const CONNECTIONS = 10;
/** Enough accounts that no one's rate limit is reached. */
const SIGNERS = 40;
const SIGN_BODY = JSON.stringify({
  publicKey: { algorithm: 'RS', n: '1'.repeat(617), e: '65537' },
  duration: 3_600_000,
});

const LOGIN_SLICE_MS = 5000;
const LOGIN_LOAD_MS = 20_000;
const LOGIN_ROUNDS = 2;
const FLOOD = 200;
/** All of them are answered by then, or the row fails. */
const FLOOD_MS_MAX = 30_000;
const FLOOD_ROUNDS = 3;
const POLLS_PER_SECOND = 200;
const FLOOD_POLL_MS = 8000;

export const signEndToEnd: BenchRow = {
  name: 'sign.end-to-end',
  bar: 0.48,
  run: async (progress) => {
    const box = await startBenchBox();
    const generator = startGenerator();
    const bareWork = Array.from({ length: CORES }, () => startBareWork());
    try {
      const signers = await makeSigners(box.url, SIGNERS);
      const load = (ms: number) =>
        generator.ask({
          url: box.url,
          method: 'POST',
          path: '/v1/certificate/sign',
          body: SIGN_BODY,
          signers,
          connections: CONNECTIONS,
          ms,
        });
      await load(WARM_UP_MS);
      const figures = await alternate({
        rounds: ROUNDS,
        progress,
        bare: async () => {
          const all = await Promise.all(bareWork.map((work) => work.ask({ kind: 'rsa', ms: SLICE_MS })));
          return all.reduce((sum, { perSecond }) => sum + perSecond, 0);
        },
        load: async () => expectOk(await load(LOAD_MS)),
      });
      return { ...figures, unit: 'certificates/s' };
    } finally {
      generator.stop();
      for (const work of bareWork) work.stop();
      await box.stop();
    }
  },
};

export const statusPoll: BenchRow = {
  name: 'status.poll',
  bar: 0.45,
  run: async (progress) => {
    const box = await startBenchBox();
    const bareRoute = forkOn(join(import.meta.dirname, 'bare-route.ts'), {});
    const generator = startGenerator();
    try {
      const { listening } = await new Promise<{ listening: { http: number } }>((resolve) =>
        bareRoute.once('message', (message) => resolve(message as { listening: { http: number } })),
      );
      const signers = await makeSigners(box.url, SIGNERS);
      const poll = (url: string, ms: number) =>
        generator.ask({ url, method: 'GET', path: '/v1/recovery_email/status', signers, connections: CONNECTIONS, ms });
      const bareUrl = `http://127.0.0.1:${listening.http}`;
      await poll(bareUrl, WARM_UP_MS);
      await poll(box.url, WARM_UP_MS);
      const figures = await alternate({
        rounds: ROUNDS,
        progress,
        bare: async () => expectOk(await poll(bareUrl, SLICE_MS)),
        load: async () => expectOk(await poll(box.url, LOAD_MS)),
      });
      return { ...figures, unit: 'polls/s' };
    } finally {
      generator.stop();
      bareRoute.kill();
      await box.stop();
    }
  },
};

export const login: BenchRow = {
  name: 'login',
  bar: 0.85,
  run: async (progress) => {
    const box = await startBenchBox();
    const generator = startGenerator();
    const bareWork = startBareWork({ threads: CORES });
    try {
      const load = await loginLoad(box.url);
      await generator.ask({ ...load, connections: 2 * CORES, ms: WARM_UP_MS });
      const figures = await alternate({
        rounds: LOGIN_ROUNDS,
        progress,
        bare: async () => (await bareWork.ask({ kind: 'scrypt', ms: LOGIN_SLICE_MS, inFlight: 2 * CORES })).perSecond,
        load: async () => expectOk(await generator.ask({ ...load, connections: 2 * CORES, ms: LOGIN_LOAD_MS })),
      });
      return { ...figures, unit: 'logins/s' };
    } finally {
      generator.stop();
      bareWork.stop();
      await box.stop();
    }
  },
};

async function loginLoad(url: string) {
  const [signer] = await makeSigners(url, 1);
  const email = signer?.email ?? '';
  const { authPW } = await deriveCredentials(email, BENCH_PASSWORD);
  return {
    url,
    method: 'POST',
    path: '/v1/account/login',
    body: JSON.stringify({ email, authPW }),
    signers: [],
  } as const;
}

/** How much slower the slowest polls are while 200 logins are offered at once; every login is answered, or refused in time. */
export const loginFlood: BenchRow = {
  name: 'login.flood',
  bar: 3,
  atMost: true,
  run: async (progress) => {
    const box = await startBenchBox();
    const generator = startGenerator();
    const flooder = startGenerator();
    try {
      const signers = await makeSigners(box.url, SIGNERS);
      const load = await loginLoad(box.url);
      const poll = (ms: number) =>
        generator.ask({
          url: box.url,
          method: 'GET',
          path: '/v1/recovery_email/status',
          signers,
          connections: CONNECTIONS,
          ms,
          rate: POLLS_PER_SECOND,
        });
      // Both generators and every route are warm, so that what is measured is the flood.
      await flooder.ask({ ...load, connections: 2 * CORES, ms: WARM_UP_MS });
      await poll(WARM_UP_MS);
      const idle: number[] = [];
      const flooded: number[] = [];
      for (let round = 0; round < FLOOD_ROUNDS; round += 1) {
        idle.push((await poll(FLOOD_POLL_MS)).p99);
        const flood = flooder.ask({ ...load, connections: FLOOD, ms: FLOOD_MS_MAX, once: true });
        flooded.push((await poll(FLOOD_POLL_MS)).p99);
        const { statuses } = await flood;
        expectServedOrRefused(statuses);
        progress(`p99 idle ${idle.at(-1)} ms, flooded ${flooded.at(-1)} ms; logins: ${JSON.stringify(statuses)}`);
      }
      const value = median(flooded);
      const limit = median(idle);
      return { value, limit, ratio: value / limit, unit: 'ms p99' };
    } finally {
      generator.stop();
      flooder.stop();
      await box.stop();
    }
  },
};

/** @throws when a login was neither served nor told when to come again. */
function expectServedOrRefused(statuses: Readonly<Record<string, number>>): void {
  const { 200: served = 0, 503: refused = 0 } = statuses;
  if (served === 0 || served + refused !== FLOOD) throw new Error(`logins were answered ${JSON.stringify(statuses)}`);
}

/** Sums of a process tree after one login, idle. */
export const boxMemory: BenchRow = {
  name: 'box.memory',
  bar: 350,
  atMost: true,
  run: async () => {
    const { memoryOfTree } = await import('./box.ts');
    const box = await startBenchBox({ command: 'npm' });
    try {
      const client = createAccountsClient({ url: box.url });
      const [signer] = await makeSigners(box.url, 1);
      await client.login({ email: signer?.email ?? '', password: BENCH_PASSWORD });
      await new Promise((resolve) => setTimeout(resolve, 5000));
      const value = await memoryOfTree(box.pid);
      return { value, limit: 1, ratio: value, unit: 'MB' };
    } finally {
      await box.stop();
    }
  },
};

export const boxReady: BenchRow = {
  name: 'box.ready',
  bar: 3000,
  atMost: true,
  run: async () => {
    const times: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const startedAt = performance.now();
      const box = await startBenchBox({ command: 'npm' });
      times.push(performance.now() - startedAt);
      await box.stop();
    }
    const value = median(times);
    return { value, limit: 1, ratio: value, unit: 'ms' };
  },
};
