/** Services whose settings name a store that their release does not carry: they start, stay up, and answer 503. */

import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildPages } from '../../tools/pages.ts';

const START_MS = 30_000;
const REASON = 'this release does not carry the store cassandra';

let folder = '';
const children: ChildProcess[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'picl-idp-test-'));
  const key = 'ab'.repeat(32);
  const secret = (name: string, value: unknown) =>
    writeFile(join(folder, name), JSON.stringify(value), { mode: 0o600 });
  await secret('pair.json', { current: { id: 'webhead-1', key } });
  await secret('keyring.json', { currentKeyId: '1', keys: { '1': key }, limitsKey: key });
  buildPages({ root: process.cwd(), folder: join(folder, 'pages') });
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

const storeOf = (role: string) => ({
  [`${role}_STORE`]: 'cassandra',
  [`${role}_CASSANDRA_CONTACT_POINTS`]: '10.20.64.10,10.20.65.10,10.20.66.10',
  [`${role}_CASSANDRA_PORT`]: '9042',
  [`${role}_CASSANDRA_DATA_CENTRE`]: 'us-east-1',
  [`${role}_CASSANDRA_ROLE_SECRET`]: 'secretsmanager:picl-idp/test/ring-role/any',
  [`${role}_CASSANDRA_REQUESTS_MAX`]: '1024',
  [`${role}_CASSANDRA_REQUEST_MS_MAX`]: '2000',
});

const dbwriterSettings = () => ({
  ...storeOf('DBWRITER'),
  DBWRITER_ENVIRONMENT: 'production',
  DBWRITER_LISTEN_HOST: '127.0.0.1',
  DBWRITER_PORT: '0',
  DBWRITER_URL: 'https://dbwriter.internal.example.org',
  DBWRITER_LOG_LEVEL: 'info',
  DBWRITER_REGION: 'us-east-1',
  DBWRITER_MIGRATE_AT_START: 'false',
  DBWRITER_PUBLIC_URL: 'https://accounts.example.org',
  DBWRITER_SEALING_KEYRING_SECRET: `file:${folder}/keyring.json`,
  DBWRITER_WEBHEAD_SECRET: `file:${folder}/pair.json`,
  DBWRITER_WRITES_MAX: '256',
  DBWRITER_MAIL_TRANSPORT: 'ses',
  DBWRITER_MAIL_SENDER: 'accounts@example.org',
  DBWRITER_MAIL_CONTENT_URL: 'https://accounts.example.org/pages',
  DBWRITER_MAIL_SYNC_URL: 'https://accounts.example.org/pages/connect',
  DBWRITER_SES_REGION: 'us-east-1',
  DBWRITER_LIMITS: 'true',
  DBWRITER_LOCKOUT: 'true',
  DBWRITER_RESEND_BLACKOUT_MS: '600000',
  DBWRITER_SESSION_IDLE_MS: '2419200000',
  DBWRITER_DEAD_ROWS_KEPT_MS: '172800000',
  DBWRITER_EVENTS_KEPT_MS: '604800000',
  DBWRITER_DRAIN_MS: '0',
});

const webheadSettings = () => ({
  ...storeOf('WEBHEAD'),
  WEBHEAD_ENVIRONMENT: 'production',
  WEBHEAD_LISTEN_HOST: '127.0.0.1',
  WEBHEAD_PORT: '0',
  WEBHEAD_LOG_LEVEL: 'info',
  WEBHEAD_PROCESSES: '1',
  WEBHEAD_PUBLIC_URL: 'https://accounts.example.org',
  WEBHEAD_CONTENT_URL: 'https://accounts.example.org/pages',
  WEBHEAD_PAGES_FOLDER: join(folder, 'pages'),
  WEBHEAD_DBWRITER_URL: 'https://127.0.0.1:1',
  WEBHEAD_DBWRITER_SECRET: `file:${folder}/pair.json`,
  WEBHEAD_KEYSIGNER_URL: 'https://127.0.0.1:1',
  WEBHEAD_KEYSIGNER_SECRET: `file:${folder}/pair.json`,
  WEBHEAD_CALLS_MAX: '256',
  WEBHEAD_CALL_MS_MAX: '1700',
  WEBHEAD_VERIFIER_VERSION: '2',
  WEBHEAD_STRETCHER_THREADS: '1',
  WEBHEAD_STRETCHER_WAITING_MAX: '10',
  WEBHEAD_STRETCHER_WAIT_MS_MAX: '15000',
  WEBHEAD_LIMITS: 'true',
  WEBHEAD_CLIENT_ADDRESS_DEPTH: '1',
  WEBHEAD_CORS_ORIGIN: '*',
  WEBHEAD_REDIRECT_DOMAIN: 'accounts.example.org',
  WEBHEAD_SESSION_IDLE_MS: '2419200000',
  WEBHEAD_SESSION_TOUCH_AFTER_MS: '3600000',
  WEBHEAD_DRAIN_MS: '0',
});

test.each([
  ['dbwriter', dbwriterSettings],
  ['webhead', webheadSettings],
])(
  'a %s whose store is not there serves and says so, and its log has the reason once',
  async (role, settings) => {
    const child = fork(`app/${role}/main.ts`, [], {
      env: { PATH: process.env['PATH'], ...settings() },
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    children.push(child);
    let printed = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
      });
    const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
    const url = await new Promise<string>((resolve) =>
      child.once('message', (message: { listening: { http: number } }) =>
        resolve(`http://127.0.0.1:${message.listening.http}`),
      ),
    );
    const statuses = [];
    for (const probe of ['__lbheartbeat__', '__heartbeat__', '__heartbeat__', '__lbheartbeat__', '__version__'])
      statuses.push((await fetch(`${url}/${probe}`)).status);
    expect(statuses).toEqual([200, 503, 503, 200, 200]);
    // Longer than an attempt to open is remembered: the next question makes another one.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await fetch(`${url}/__heartbeat__`)).status).toBe(503);
    expect(child.exitCode).toBeNull();
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
    const told = printed.split('\n').filter((line) => line.includes(REASON));
    expect(told).toHaveLength(1);
    expect(JSON.parse(told[0] ?? '{}')).toMatchObject({ msg: 'the store cannot be opened', err: { message: REASON } });
  },
  START_MS,
);
