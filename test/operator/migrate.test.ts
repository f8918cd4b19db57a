/** `picl-idp migrate`, as an operator runs it. */

import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openEmbedded, type TemporaryFile, temporaryFile } from '../storage/sql/temporary.ts';

const run = promisify(execFile);
let temporary: TemporaryFile;
beforeEach(async () => {
  temporary = await temporaryFile();
});
afterEach(() => temporary.remove());

const migrate = (...parameters: readonly string[]) =>
  run(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    'app/operator/picl-idp.ts',
    'migrate',
    ...['--store', 'sqlite', '--file', temporary.file],
    ...parameters,
  ]);

test('a dry run tells what would run and makes no file; a run runs it; a second one has nothing to do', async () => {
  const { file, folder } = temporary;
  expect((await migrate('--dry-run')).stdout).toBe(`${file}: would run 0001-accounts\n`);
  expect(await readdir(folder)).toEqual([]);
  expect(JSON.parse((await migrate('--json')).stdout)).toEqual({ file, dryRun: false, steps: ['0001-accounts'] });
  expect((await migrate()).stdout).toBe(`${file}: the schema is current\n`);
  expect(JSON.parse((await migrate('--dry-run', '--json')).stdout)).toEqual({ file, dryRun: true, steps: [] });
  const store = openEmbedded(file, { migrate: false });
  await store.ping();
  await store.close();
});

test('a store that is being written to is refused in one line', async () => {
  const store = openEmbedded(temporary.file);
  await store.ping();
  const stderr = expect.stringMatching(/^picl-idp: .*accounts\.sqlite is being written by another process: .*\n$/);
  await expect(migrate()).rejects.toMatchObject({ code: 1, stderr });
  await store.close();
});

test('a file that is no store is refused in one line, and stays as it is', async () => {
  await writeFile(temporary.file, 'x'.repeat(4096));
  const stderr = expect.stringMatching(/^picl-idp: .*not a database.*\n$/);
  await expect(migrate()).rejects.toMatchObject({ code: 1, stderr });
  await expect(migrate('--dry-run')).rejects.toMatchObject({ code: 1, stderr });
});

test('a store of another kind, or none, is refused with the choices', async () => {
  const script = 'app/operator/picl-idp.ts';
  const refused = run(process.execPath, [script, 'migrate', '--store', 'mysql', '--file', join(temporary.folder, 'x')]);
  await expect(refused).rejects.toMatchObject({ stderr: expect.stringContaining('Allowed choices are sqlite') });
});
