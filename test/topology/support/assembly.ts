/** One assembly of all environments for every file of tests: written once for each state of the sources, and found again. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type AssembledStack, readAssembly, stacksOf } from '../../../app/operator/assembly.ts';
import { readTopology, type Topology } from '../../../tools/topology/model.ts';

/** Everything that decides an assembly: programs of `app/` say which settings they take, and `tools/topology` how it is written. */
const SOURCES = ['app', 'lib', 'regions', 'tools/topology', 'cdk.json', 'package-lock.json'];
const FOLDER = '.build/topology-tests';
/** No run of the tests takes so long: whoever uses a folder that old is gone. */
const LEFT_OVER_MS_MIN = 3_600_000;

/** Another release than the one in `sharedStacks`, as if a program of a service had changed. */
export const OTHER_RELEASE = '1'.repeat(64);

/** The stacks of all environments. @param contentHash names the release that machines run. */
export function sharedStacks(contentHash = '0'.repeat(64)): readonly AssembledStack[] {
  const folder = join(
    FOLDER,
    createHash('sha256').update(hashOfSources()).update(contentHash).digest('hex').slice(0, 16),
  );
  if (!existsSync(folder)) write(folder, contentHash);
  return readAssembly(folder);
}

/** One stack. @throws RangeError when there is none of that name. */
export function stackNamed(name: string, stacks = sharedStacks()): AssembledStack {
  const stack = stacks.find((one) => one.name === name);
  if (stack === undefined) throw new RangeError(`there is no stack ${name}`);
  return stack;
}

export function sharedTopology(environment: string): Topology {
  return readTopology(stacksOf(sharedStacks(), environment));
}

/** Several workers may write at once: each folder appears whole or not at all. */
function write(folder: string, contentHash: string): void {
  mkdirSync(FOLDER, { recursive: true });
  removeLeftOver();
  const writing = mkdtempSync(join(FOLDER, 'writing-'));
  execFileSync(process.execPath, ['tools/topology/synthesize-command.ts', writing, contentHash], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  try {
    renameSync(writing, folder);
  } catch (error) {
    rmSync(writing, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

function removeLeftOver(): void {
  for (const name of readdirSync(FOLDER)) {
    const folder = join(FOLDER, name);
    if (Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0) > LEFT_OVER_MS_MIN) {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

function hashOfSources(): string {
  const hash = createHash('sha256');
  for (const file of SOURCES.flatMap(filesAt).sort()) hash.update(`${file}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

function filesAt(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
