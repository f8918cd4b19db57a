/** What the logs say when things go wrong: requests that are broken, and parts of the service that are gone. Slow: real scrypt, and waits. */

import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAccountsClient } from '../../app/client/client.ts';
import { startBox, type TestBox } from '../support/box.ts';
import { mailsOf } from '../support/mailbox.ts';
import { spiltSecrets } from '../support/spilt-secrets.ts';

const PASSWORD = 'a password that no log may tell';
const STEP_MS = 90_000;
const AUTH_PW = 'ab'.repeat(32);

let box: TestBox;
beforeAll(async () => {
  box = await startBox();
}, STEP_MS);
afterAll(async () => {
  await box?.stop();
}, STEP_MS);

const client = () => createAccountsClient({ url: box.accountsUrl, retriesMax: 0 });
const address = () => `${randomBytes(6).toString('hex')}@restmail.test`;
const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  fetch(box.accountsUrl + path, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

/** Holds a process still while something is asked for that needs it. */
const without = async (role: string, ask: () => Promise<unknown>): Promise<void> => {
  const found = (await box.processes()).filter(({ command }) => command.includes(`/${role}.js`));
  expect(found.length).toBeGreaterThan(0);
  for (const { pid } of found) process.kill(pid, 'SIGSTOP');
  try {
    await expect(ask()).rejects.toMatchObject({ errno: 201 });
  } finally {
    for (const { pid } of found) process.kill(pid, 'SIGCONT');
  }
};

test(
  'broken requests and lost neighbours are told of in the logs, and nothing that was said in confidence',
  async () => {
    const email = address();
    const { uid, sessionToken } = await client().createAccount({ email, password: PASSWORD });
    const [mail] = await mailsOf(box.mailUrl, email, 1);
    const code = mail?.headers['x-verify-code'] ?? '';

    const broken = [
      post('/v1/account/login', `{"email":"${email}","authPW":"${AUTH_PW}"`),
      post('/v1/account/login', JSON.stringify({ email, authPW: AUTH_PW, password: PASSWORD, device: PASSWORD })),
      post('/v1/account/create', JSON.stringify({ email: [email], authPW: [AUTH_PW] })),
      post(`/v1/account/create?email=${email}&code=${code}`, JSON.stringify({ email, authPW: PASSWORD })),
      post(`/v1/${email}/${sessionToken}`, '{}'),
      post('/v1/recovery_email/verify_code', JSON.stringify({ uid, code: `${code}x` })),
      post('/v1/session/destroy', '{}', { authorization: `Hawk id="${sessionToken}", mac="${AUTH_PW}", ts="1"` }),
      post('/v1/session/destroy', '{}', { authorization: `Bearer ${sessionToken}`, 'user-agent': email }),
      post('/v1/account/login', PASSWORD.repeat(2000), { 'x-forwarded-for': email }),
      post('/v1/account/login', email, { 'content-type': `text/plain; ${email}` }),
    ];
    const statusCodes = (await Promise.all(broken)).map(({ status }) => status);
    expect(statusCodes).toEqual([400, 400, 400, 400, 404, 400, 400, 401, 413, 415]);
    await sendRaw(`GET /v1/${email} HTTP/9.9\r\nAuthorization: ${sessionToken}\r\n\r\n`);

    await without('mail-sink', () => client().sendForgotCode(email));
    await without('dbwriter', () => client().createAccount({ email: address(), password: PASSWORD }));
    await without('stretcher', () => client().login({ email, password: PASSWORD }));
    await client().verifyEmail({ uid, code });
    const publicKey = { algorithm: 'RS' as const, n: '1', e: '3' };
    await without('keysigner', () => client().signCertificate(sessionToken, { publicKey, durationMs: 1000 }));

    const logs = box.logs();
    for (const said of ['a mail was not sent', 'answered that a part of the service is unavailable'])
      expect(logs).toContain(said);
    expect(spiltSecrets(logs, [PASSWORD, code])).toEqual([]);
  },
  STEP_MS,
);

/** Sends bytes that are no HTTP, and waits for the end of the connection. */
function sendRaw(text: string): Promise<void> {
  const { hostname, port } = new URL(box.accountsUrl);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.end(text));
    socket.on('error', () => undefined).on('close', () => resolve());
    socket.resume();
  });
}
