/** `npm run release` as an operator calls it. */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { hashReleaseInputs } from '../../tools/release-inputs.ts';

const run = promisify(execFile);
const SLOW_MS_MAX = 60_000;
const release = (...parameters: string[]) =>
  run(process.execPath, ['--disable-warning=ExperimentalWarning', 'tools/release-command.ts', ...parameters]);

test(
  'it builds the release into dist/ and tells folder, id, hash and size, for people and for programs',
  async () => {
    const told = JSON.parse((await release('--json')).stdout);
    const contentHash = hashReleaseInputs(process.cwd());
    const id = contentHash.slice(0, 12);
    const folder = join(process.cwd(), 'dist', `release-${id}`);
    expect(told).toEqual({ folder, id, contentHash, bytes: expect.any(Number) });
    expect(told.bytes).toBeGreaterThan(readFileSync(join(folder, 'webhead.js')).length);
    const { stdout } = await release();
    expect(stdout).toBe(`dist/release-${id}\nid ${id}\nhash ${contentHash}\n${(told.bytes / 1e6).toFixed(1)} MB\n`);
  },
  SLOW_MS_MAX,
);

test.each([
  [['--jsno'], "error: unknown option '--jsno'"],
  [['everything'], 'error: too many arguments'],
])('%p is refused with help', async (parameters, message) => {
  const refused = release(...parameters);
  await expect(refused).rejects.toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(message) });
  await expect(refused).rejects.toMatchObject({ stderr: expect.stringContaining('npm run release -- --help') });
});
