/** The process of a keysigner: it starts without its neighbours, leaves when told to, and says what is wrong. */

import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SECRET } from '../support/keysigner.ts';
import { RFC_KEY_SET } from '../support/rfc7515-key.ts';

let folder = '';
const children: ChildProcess[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'picl-idp-test-'));
  await writeFile(join(folder, 'pair.json'), JSON.stringify({ current: SECRET }), { mode: 0o600 });
  await writeFile(join(folder, 'keys.json'), JSON.stringify(RFC_KEY_SET), { mode: 0o600 });
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

const settings = () => ({
  KEYSIGNER_LISTEN_HOST: '127.0.0.1',
  KEYSIGNER_PORT: '0',
  KEYSIGNER_URL: 'http://127.0.0.1:1',
  KEYSIGNER_LOG_LEVEL: 'info',
  KEYSIGNER_DOMAIN: 'accounts.example',
  KEYSIGNER_BACKEND: 'memory',
  KEYSIGNER_KEY_SET_SECRET: `file:${folder}/keys.json`,
  KEYSIGNER_WEBHEAD_SECRET: `file:${folder}/pair.json`,
  KEYSIGNER_DURATION_MS_MAX: '86400000',
  KEYSIGNER_SIGNATURES_PER_MINUTE_PER_UID: '120',
  KEYSIGNER_SIGNATURES_PER_MINUTE_PER_CALLER: '60000',
  KEYSIGNER_SIGNATURES_MAX: '256',
  KEYSIGNER_DRAIN_MS: '0',
});

function start(changes: Readonly<Record<string, string | undefined>>) {
  const child = fork('app/keysigner/main.ts', [], {
    env: { PATH: process.env['PATH'], ...settings(), ...changes },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.push(child);
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const url = new Promise<string>((resolve) =>
    child.once('message', (message: { listening: { http: number } }) =>
      resolve(`http://127.0.0.1:${message.listening.http}`),
    ),
  );
  return { child, texts, exit, url };
}

test('a keysigner serves, and leaves with 0 when it is told to', async () => {
  const { child, texts, exit, url } = start({});
  expect((await fetch(`${await url}/__heartbeat__`)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await exit).toBe(0);
  expect(texts.stdout).not.toContain(SECRET.key);
  expect(texts.stdout).not.toContain('PRIVATE');
});

test('one whose KMS is gone serves too, and says that it cannot sign', async () => {
  const { child, exit, url } = start({
    KEYSIGNER_BACKEND: 'kms',
    KEYSIGNER_KEY_SET_SECRET: undefined,
    KEYSIGNER_KMS_KEY_IDS: 'alias/idp',
    KEYSIGNER_KMS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_KMS: 'http://127.0.0.1:1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  expect((await fetch(`${await url}/__lbheartbeat__`)).status).toBe(200);
  expect((await fetch(`${await url}/__heartbeat__`)).status).toBe(503);
  child.kill('SIGTERM');
  expect(await exit).toBe(0);
});

test('wrong settings end it with 78, each named with what it got and what is allowed', async () => {
  const { texts, exit } = start({
    KEYSIGNER_PORT: 'http',
    KEYSIGNER_BACKEND: 'disk',
    KEYSIGNER_DOMAIN: undefined,
    KEYSIGNER_DURATION_MAX: '1',
  });
  expect(await exit).toBe(78);
  expect(texts.stderr).toContain('KEYSIGNER_PORT: got "http", allowed: a whole number from 0 to 65535');
  expect(texts.stderr).toContain('KEYSIGNER_BACKEND: got "disk", allowed: memory or kms');
  expect(texts.stderr).toContain('KEYSIGNER_DOMAIN');
  expect(texts.stderr).toContain('KEYSIGNER_DURATION_MAX');
});

test('a key set that it cannot use ends it with 1, and is not shown', async () => {
  await writeFile(join(folder, 'broken.json'), '{"keys":[{"kid":"UPPER","privateKeyPem":"5ecret"}]}', { mode: 0o600 });
  const { texts, exit } = start({ KEYSIGNER_KEY_SET_SECRET: `file:${folder}/broken.json` });
  expect(await exit).toBe(1);
  expect(texts.stdout).toContain('broken.json has not the shape it must have: keys.0.kid');
  expect(texts.stdout + texts.stderr).not.toContain('5ecret');
});
