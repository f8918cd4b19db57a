/** The abuse limits over all processes of the webhead, as production runs them. Slow: starts the box, stretches one password. */

import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startBox, type TestBox } from '../support/box.ts';

const TIME_MS = 90_000;
const PROCESSES = 3;

let box: TestBox;
let port = 0;
beforeAll(async () => {
  box = await startBox({
    // Nothing listens at that port: the mail of a sign-up is not waited for.
    parameters: [
      ...['--production', '--public-url', 'https://accounts.example', '--processes', String(PROCESSES)],
      ...['--smtp', '127.0.0.1:9', '--sender', 'no-reply@accounts.example'],
    ],
  });
  // The box is ready with its first process; the others follow.
  while (listening().length < PROCESSES) await new Promise((resolve) => setTimeout(resolve, 20));
  port = Number(listening()[0]?.[1]);
}, TIME_MS);
afterAll(async () => {
  await box?.stop();
}, TIME_MS);

const listening = () => [...box.logs().matchAll(/"service":"webhead-primary".*"port":(\d+).*"listening"/g)];

interface Answer {
  readonly status: number;
  readonly retryAfter: number;
  readonly body: { readonly errno?: number; readonly retryAfter?: number };
}

/** Asks on a connection of its own, so that the processes take turns. */
function ask(clientAddress: string, path: string, body: object): Promise<Answer> {
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': `10.9.8.7, ${clientAddress}` };
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, method: 'POST', path, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        const { statusCode = 0, headers: answered } = response;
        resolve({ status: statusCode, retryAfter: Number(answered['retry-after']), body: JSON.parse(text) });
      });
    });
    asked.on('error', reject).end(JSON.stringify(body));
  });
}

const pidsThatAnswered = (route: string): Set<string> =>
  new Set([...box.logs().matchAll(new RegExp(`"pid":(\\d+),"route":"${route}"`, 'g'))].map(([, pid = '']) => pid));

test(
  'five questions for accounts are answered, whichever process gets them; at once or later, no sixth is',
  async () => {
    const answers = await Promise.all(
      Array.from({ length: 15 }, (_, index) =>
        ask('192.0.2.1', '/v1/account/status', { email: `someone.${index}@example.org` }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    const refused = answers.filter(({ status }) => status !== 200);
    for (const { status, retryAfter, body } of refused) {
      expect([status, body.errno, body.retryAfter]).toEqual([429, 114, retryAfter]);
      expect(retryAfter).toBeGreaterThan(880);
      expect(retryAfter).toBeLessThanOrEqual(900);
    }
    expect(pidsThatAnswered('/v1/account/status').size).toBe(PROCESSES);
    expect((await ask('192.0.2.2', '/v1/account/status', { email: 'someone@example.org' })).status).toBe(200);
  },
  TIME_MS,
);

test(
  'three mails are sent to an address, whichever way and process they are asked for; a fourth is not',
  async () => {
    const email = 'Mail.Limit@example.org';
    const statuses: number[] = [];
    for (let index = 0; index < 5; index += 1) {
      const spelt = index % 2 === 0 ? email : email.toLowerCase();
      statuses.push((await ask(`192.0.2.${10 + index}`, '/v1/password/forgot/send_code', { email: spelt })).status);
    }
    // Nobody has this address; each question counts all the same.
    expect(statuses).toEqual([400, 400, 400, 429, 429]);
    const signUp = { email, authPW: '00'.repeat(32) };
    expect((await ask('192.0.2.20', '/v1/account/create', signUp)).status).toBe(429);
  },
  TIME_MS,
);

test(
  'wrong passwords block one address on one e-mail, over all processes',
  async () => {
    const email = 'login.limit@example.org';
    const right = { email, authPW: 'ab'.repeat(32) };
    const wrong = { email, authPW: 'cd'.repeat(32) };
    expect((await ask('192.0.2.30', '/v1/account/create', right)).status).toBe(200);
    const login = async (address: string, credentials: object) =>
      (await ask(address, '/v1/account/login', credentials)).body.errno;
    expect([
      await login('192.0.2.31', wrong),
      await login('192.0.2.31', wrong),
      await login('192.0.2.31', wrong),
    ]).toEqual([103, 103, 103]);
    expect([await login('192.0.2.31', right), await login('192.0.2.31', right)]).toEqual([114, 114]);
    expect(await login('192.0.2.32', right)).toBeUndefined();
  },
  TIME_MS,
);
