/** What a release is made of, and the hash that names it: quick to compute, since nothing is bundled for it. */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readNodePins } from '../lib/image/pins.ts';

/** The tools whose change changes bytes. */
const SHAPING_TOOLS = ['tools/pages.ts', 'tools/release-bundle.ts'];

interface Package {
  readonly version: string;
  /** The Node that a release runs on. */
  readonly nodeVersion: string;
}

/**
 * Hashes everything that decides a release's bytes: sources, units, the tools that shape them, the packages that can be
 * bundled, and the version of Node. Neither the commit, the time, nor where the project lies is among them.
 * @param root the project's folder.
 * @returns SHA-256, 64 hexadecimal digits.
 */
export function hashReleaseInputs(root: string): string {
  const hash = createHash('sha256');
  const add = (name: string, content: string | Buffer) =>
    hash.update(`${name}\0${Buffer.byteLength(content)}\0`).update(content);
  for (const file of [...filesBelow(root, 'app'), ...SHAPING_TOOLS].sort()) add(file, readFileSync(join(root, file)));
  add('package.json', JSON.stringify(shapingManifest(root)));
  add('package-lock.json', JSON.stringify(shapingPackages(root)));
  return hash.digest('hex');
}

/** @throws RangeError when machines of different kinds would run different versions of Node. */
export function readPackage(root: string): Package {
  const { version } = readJson(root, 'package.json');
  return { version, nodeVersion: readNodePins(root).version };
}

/** The project's own manifest without what only a developer uses: a new linter makes no new machine image. */
function shapingManifest(root: string): unknown {
  const { description, devDependencies, scripts, ...shaping } = readJson(root, 'package.json');
  return shaping;
}

/** What the lockfile pins, without packages that only development needs. Where they are downloaded from is no matter. */
function shapingPackages(root: string): unknown {
  const { packages } = readJson(root, 'package-lock.json') as { packages: Record<string, Pinned> };
  return Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path, { version, integrity }]) => [path, version, integrity]);
}

interface Pinned {
  readonly version?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
}

function readJson(root: string, file: string) {
  return JSON.parse(readFileSync(join(root, file), 'utf8'));
}

function filesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(root, path) : [path];
  });
}
