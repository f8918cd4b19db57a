/** `picl-idp keys`, as an operator runs it. Takes some seconds: each step is a process of its own. */

import { execFile } from 'node:child_process';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { keySetSchema } from '../../app/keysigner/key-set.ts';
import { type TemporaryFile, temporaryFile } from '../storage/sql/temporary.ts';

const run = promisify(execFile);
const DAY_MS = 86_400_000;
const KID = expect.stringMatching(/^\d{4}-\d{2}-\d{2}-[0-9a-f]{8}$/);
let temporary: TemporaryFile;
let file = '';
beforeEach(async () => {
  temporary = await temporaryFile();
  file = join(temporary.folder, 'keys.json');
});
afterEach(() => temporary.remove());

const keys = (step: string, ...parameters: readonly string[]) =>
  run(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    'app/operator/picl-idp.ts',
    'keys',
    step,
    ...['--file', file],
    ...parameters,
  ]);
const keysJson = async (step: string) => JSON.parse((await keys(step, '--json')).stdout);
const readSet = async () => keySetSchema.parse(JSON.parse(await readFile(file, 'utf8')));

/** Lets time pass for the set. */
async function age(byMs: number): Promise<void> {
  const set = await readSet();
  const older = set.keys.map((key) => ({ ...key, since: key.since - byMs }));
  await writeFile(file, JSON.stringify({ keys: older }));
}

test('a key is made, prepared, promoted after a day and retired after two, and no step shows a private part', async () => {
  expect(await keysJson('create')).toEqual([{ kid: KID, state: 'current', since: expect.any(String) }]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const prepared = await keysJson('prepare');
  expect(prepared.map(({ state }: { state: string }) => state)).toEqual(['current', 'next']);
  const early = expect.stringMatching(/^picl-idp: key \S+ may sign from \S+ on\n$/);
  await expect(keys('promote')).rejects.toMatchObject({ code: 1, stderr: early, stdout: '' });
  await age(DAY_MS);
  const { stdout } = await keys('promote');
  expect(stdout).toMatch(/^previous {2}\S+ {2}since \S+\ncurrent {3}\S+ {2}since \S+\n$/);
  await expect(keys('retire')).rejects.toMatchObject({ code: 1 });
  await age(2 * DAY_MS);
  expect(await keysJson('retire')).toMatchObject([{ kid: prepared[1].kid, state: 'current' }]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await keys('show')).stdout).toMatch(/^current {3}\S+ {2}since \S+\n$/);
  expect(await readdir(temporary.folder)).toEqual(['keys.json']);
}, 60_000);

test('a set that is there is never made anew', async () => {
  await keys('create');
  const before = await readFile(file, 'utf8');
  await expect(keys('create')).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('EEXIST') });
  expect(await readFile(file, 'utf8')).toBe(before);
});

test('a file that is no key set, or that others can read, is refused without being shown, and stays as it is', async () => {
  const refusal = async (text: string, mode: number) => {
    await writeFile(file, text);
    await chmod(file, mode);
    const refused = await keys('prepare').then(
      () => undefined,
      (error: { code: number; stderr: string }) => error,
    );
    expect(await readFile(file, 'utf8')).toBe(text);
    expect(refused?.code).toBe(1);
    return refused?.stderr;
  };
  expect(await refusal('-----BEGIN 5ecret', 0o600)).toBe(`picl-idp: secret file:${file} is not JSON\n`);
  expect(await refusal('{"keys":["5ecret"]}', 0o600)).toBe(
    `picl-idp: secret file:${file} has not the shape it must have: keys.0 (invalid_type)\n`,
  );
  expect(await refusal('{}', 0o644)).toBe(`picl-idp: secret file ${file} has mode 644, allowed: 600 or 400\n`);
});

test('the help tells the steps', async () => {
  const { stdout } = await run(process.execPath, ['app/operator/picl-idp.ts', 'keys', '--help']);
  for (const step of ['create', 'show', 'prepare', 'promote', 'retire'])
    expect(stdout).toContain(`  ${step} [options]`);
});
