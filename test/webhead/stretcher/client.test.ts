/** The stretcher as webheads see it: a real one on its socket, one that is gone, and one that is started again. */

import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectStretcher, type Stretcher, StretcherBusy } from '../../../app/webhead/stretcher/client.ts';
import { type StretcherProcess, startStretcher } from '../../../app/webhead/stretcher/process.ts';
import { processesBelow } from '../../support/box.ts';
import { SILENT } from '../../support/store-fixture.ts';

const START_MS = 30_000;
/** The vector of the protocol's own page, where the salt is 00f0 and zeros. */
const VECTOR = {
  authPW: '247b675ffb4c46310bc87e26d712153abe5e1c90ef00a4784594f97ef54f2375',
  authSalt: `00f0${'00'.repeat(30)}`,
  verifierVersion: 2,
} as const;
const VECTOR_VERIFY_HASH = 'a4765bf103dc057f4cf4bc2c131ddb6716e8a4333cc55e1d3c449f31f0eec4f1';
const VECTOR_WRAPWRAP_KEY = '3ebea117efa9faf57ce195899b2905058368e7760cc26ea58a2a1be0da7fb287';

let stretcherProcess: StretcherProcess;
let stretcher: Stretcher;
beforeAll(async () => {
  stretcherProcess = await startStretcher({
    program: join(process.cwd(), 'app/webhead/stretcher/main.ts'),
    threads: 1,
    waitingMax: 2,
    waitMsMax: 10_000,
    log: SILENT,
  });
  stretcher = connectStretcher({ socketPath: stretcherProcess.socketPath, waitMsMax: 10_000, callsMax: 3 });
  await serving();
}, START_MS);
afterAll(async () => {
  await stretcher?.close();
  await stretcherProcess?.stop();
}, START_MS);

const waitingFor = () => new AbortController().signal;

/** Waits until the stretcher answers, as a client would that is told to come later. */
async function serving() {
  for (;;) {
    try {
      return await stretcher.stretch({ ...VECTOR, signal: waitingFor() });
    } catch (error) {
      if (!(error instanceof StretcherBusy)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

test("the protocol's password gives the protocol's verifier", async () => {
  expect(await stretcher.stretch({ ...VECTOR, signal: waitingFor() })).toEqual({
    authSalt: VECTOR.authSalt,
    verifierVersion: 2,
    verifyHash: VECTOR_VERIFY_HASH,
    wrapwrapKey: VECTOR_WRAPWRAP_KEY,
  });
});

test('more at once than run and wait are refused at once', async () => {
  const startedAt = Date.now();
  const asked = Array.from({ length: 3 }, () => stretcher.stretch({ ...VECTOR, signal: waitingFor() }));
  await expect(stretcher.stretch({ ...VECTOR, signal: waitingFor() })).rejects.toThrow(StretcherBusy);
  expect(Date.now() - startedAt).toBeLessThan(100);
  expect(await Promise.all(asked)).toHaveLength(3);
});

test('whose client is gone is not stretched', async () => {
  const gone = new AbortController();
  const first = stretcher.stretch({ ...VECTOR, signal: waitingFor() });
  const dropped = stretcher.stretch({ ...VECTOR, signal: gone.signal });
  gone.abort();
  await expect(dropped).rejects.toThrow('the client is gone');
  expect((await first).verifyHash).toBe(VECTOR_VERIFY_HASH);
});

test('one that is not there is told as busy', async () => {
  const nobody = connectStretcher({ socketPath: '/nonexistent/socket', waitMsMax: 1000, callsMax: 1 });
  await expect(nobody.stretch({ ...VECTOR, signal: waitingFor() })).rejects.toThrow(StretcherBusy);
  await nobody.close();
});

test(
  'one that dies is started again',
  async () => {
    const [child] = (await processesBelow(process.pid)).filter(({ command }) => command.includes('stretcher/main'));
    process.kill(child?.pid ?? 0, 'SIGKILL');
    expect((await serving()).verifyHash).toBe(VECTOR_VERIFY_HASH);
  },
  START_MS,
);
