/** Moto as our tests start it: side by side, loudly when it cannot start, and gone with whoever started it. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MOTO_START_MS_MAX, type Moto, startMoto } from './moto.ts';

let motos: readonly Moto[];

// Two at once, as two files of tests start them, with the environment made by whichever comes first.
beforeAll(async () => {
  motos = await Promise.all([startMoto(), startMoto({ accountId: '210987654321' })]);
}, MOTO_START_MS_MAX);
afterAll(() => Promise.all(motos.map((moto) => moto.stop())));

test('two of them stand side by side, each in an account of its own', async () =>
  expect(await Promise.all(motos.map(accountOf))).toEqual(['123456789012', '210987654321']));

test('one that was stopped answers nobody', async () => {
  const moto = await startMoto();
  await moto.stop();
  await expect(fetch(moto.url)).rejects.toThrow('fetch failed');
});

test('it is gone when the process that started it was killed', async () => {
  const program = `import { startMoto } from './test/support/moto.ts';
    const { url } = await startMoto();
    console.log(url);
    process.kill(process.pid, 'SIGKILL');`;
  const killed = promisify(execFile)(process.execPath, ['--input-type=module-typescript', '--eval', program]);
  const { stdout } = await killed.catch((error: { stdout: string }) => error);
  await expect(untilGone(stdout.trim())).resolves.toBe(true);
});

test('without python3 the fault names what to install', async () => {
  const path = process.env['PATH'];
  process.env['PATH'] = '/nonexistent';
  const start = startMoto();
  process.env['PATH'] = path;
  await expect(start).rejects.toThrow(
    'moto 5.2.5 did not start: it needs python3 >= 3.10 with venv (tools/install-test-packages.sh) ' +
      'and PyPI on its first start. It said:\nspawn python3 ENOENT',
  );
});

async function accountOf({ environment }: Moto): Promise<string | undefined> {
  const client = new STSClient({
    region: 'us-east-1',
    endpoint: environment.AWS_ENDPOINT_URL,
    credentials: { accessKeyId: environment.AWS_ACCESS_KEY_ID, secretAccessKey: environment.AWS_SECRET_ACCESS_KEY },
  });
  return (await client.send(new GetCallerIdentityCommand())).Account;
}

async function untilGone(url: string): Promise<boolean> {
  const tries = 100;
  for (let tried = 0; tried < tries; tried += 1) {
    const answered = await fetch(url).then(
      () => true,
      () => false,
    );
    if (!answered) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
