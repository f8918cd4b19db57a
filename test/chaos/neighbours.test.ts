/** A part of the service is gone, or hangs: what needs it is refused in time, and everything else goes on. */

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createAccountsClient } from '../../app/client/client.ts';
import { startBox, type TestBox } from '../support/box.ts';

const START_MS = 60_000;
const ANSWER_MS_MAX = 2000;
/** The hash of a login comes before what is missed, and takes as long as others' hashes let it. */
const HASH_MS_MAX = 2000;
const TRIES_MAX = 3;
const PASSWORD = 'a password without neighbours';
const PUBLIC_KEY = { algorithm: 'RS', n: '1'.repeat(617), e: '65537' } as const;
const UNAVAILABLE = { errno: 201, statusCode: 503, extras: { retryAfter: expect.any(Number) } };

let box: TestBox;
let client: ReturnType<typeof createAccountsClient>;
let email: string;
let sessionToken: string;
let deviceId: string;
beforeAll(async () => {
  box = await startBox();
  client = createAccountsClient({ url: box.accountsUrl, retriesMax: 0 });
  email = `${randomBytes(6).toString('hex')}@example.org`;
  ({ sessionToken } = await client.createAccount({ email, password: PASSWORD, preVerified: true }));
  deviceId = (await client.putDevice(sessionToken, { name: 'device', type: 'desktop' })).id;
}, START_MS);
afterAll(async () => {
  await box?.stop();
}, START_MS);

const sign = () => client.signCertificate(sessionToken, { publicKey: PUBLIC_KEY, durationMs: 60_000 });
const login = () => client.login({ email, password: PASSWORD });
const write = () => client.putDevice(sessionToken, { id: deviceId, name: 'device' });

/** `gone` keeps being killed for as long as the work takes; `hanging` takes calls and answers none. */
describe.each(['gone', 'hanging'] as const)('while the dbwriter is %s', (way) => {
  test(
    'reads and signs go on, writes and logins are refused in time, and all is well afterwards',
    async () => {
      await without(box, { role: 'dbwriter', way }, async () => {
        await inTime(() => client.emailStatus(sessionToken));
        await inTime(() => client.devices(sessionToken));
        await inTime(sign);
        await inTime(() => expect(write()).rejects.toMatchObject(UNAVAILABLE));
        await inTime(() => expect(login()).rejects.toMatchObject(UNAVAILABLE), ANSWER_MS_MAX + HASH_MS_MAX);
      });
      await soon(write);
    },
    START_MS,
  );
});

describe.each(['gone', 'hanging'] as const)('while the keysigner is %s', (way) => {
  test(
    'reads and writes go on, signs are refused in time, and all is well afterwards',
    async () => {
      await without(box, { role: 'keysigner', way }, async () => {
        await inTime(() => client.emailStatus(sessionToken));
        await inTime(write);
        await inTime(() => expect(sign()).rejects.toMatchObject(UNAVAILABLE));
      });
      await soon(sign);
    },
    START_MS,
  );
});

describe.each(['gone', 'hanging'] as const)('while the stretcher is %s', (way) => {
  test(
    'everything without a password goes on',
    async () => {
      await without(box, { role: 'stretcher', way }, async () => {
        await inTime(() => client.emailStatus(sessionToken));
        await inTime(write);
        await inTime(sign);
        if (way === 'gone') await inTime(() => expect(login()).rejects.toMatchObject(UNAVAILABLE));
      });
      await soon(login);
    },
    START_MS,
  );
});

describe.each(['gone', 'hanging'] as const)('while no mail can be sent (%s)', (way) => {
  test(
    'a sign-up stands, a mail that is asked for is refused in time, and what is only told by mail is done',
    async () => {
      const other = `${randomBytes(6).toString('hex')}@example.org`;
      await without(box, { role: 'mail-sink', way }, async () => {
        const created = await client.createAccount({ email: other, password: PASSWORD });
        await inTime(() => expect(client.resendVerifyCode(created.sessionToken)).rejects.toMatchObject(UNAVAILABLE));
        await inTime(() => expect(client.sendForgotCode(email)).rejects.toMatchObject(UNAVAILABLE));
        await client.changePassword({ email, oldPassword: PASSWORD, newPassword: `${PASSWORD} 2` });
      });
      const opened = await client.login({ email, password: `${PASSWORD} 2` });
      await client.changePassword({ email, oldPassword: `${PASSWORD} 2`, newPassword: PASSWORD });
      sessionToken = (await client.login({ email, password: PASSWORD })).sessionToken;
      expect(opened.verified).toBe(true);
    },
    START_MS,
  );
});

/** Does something while a role of the box is not there. */
async function without(
  { processes }: TestBox,
  { role, way }: { role: string; way: 'gone' | 'hanging' },
  work: () => Promise<void>,
): Promise<void> {
  const find = async () => (await processes()).filter(({ command }) => command.includes(`/${role}.js`));
  const signal = (pid: number, name: NodeJS.Signals) => {
    try {
      process.kill(pid, name);
    } catch {
      // It had just ended.
    }
  };
  if (way === 'hanging') {
    // It may just be starting again after it was gone.
    let hanging = await find();
    while (hanging.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      hanging = await find();
    }
    for (const { pid } of hanging) signal(pid, 'SIGSTOP');
    await work().finally(() => {
      for (const { pid } of hanging) signal(pid, 'SIGCONT');
    });
    return;
  }
  let killing = true;
  const killer = (async () => {
    while (killing) {
      for (const { pid } of await find()) signal(pid, 'SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  await new Promise((resolve) => setTimeout(resolve, 100));
  await work().finally(() => {
    killing = false;
  });
  await killer;
}

/** Awaits an answer, and holds it to the time that clients are promised; a machine busy with other tests gets another try. */
async function inTime<Answer>(ask: () => Promise<Answer>, msMax = ANSWER_MS_MAX): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const startedAt = performance.now();
    const answer = await ask();
    const ms = performance.now() - startedAt;
    if (ms < msMax) return answer;
    if (tries === TRIES_MAX) throw new Error(`answered after ${ms} ms, and promised within ${msMax}`);
  }
}

/** Tries until it works: a role that was killed often is started again ever more slowly, up to 10 s. */
async function soon(work: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
