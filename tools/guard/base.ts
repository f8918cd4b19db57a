/** The snapshots of an older commit. */

import { execFileSync } from 'node:child_process';
import type { Template } from '../../app/operator/assembly.ts';
import type { Templates } from './changes.ts';
import { SNAPSHOTS } from './snapshot.ts';

/** Where this work left what others have, as far as this clone knows. */
const COMMON_BRANCHES = ['origin/main', 'main'];
const OUTPUT_BYTES_MAX = 64_000_000;

/** There is no such commit, or no repository. */
export class BaseRefused extends Error {
  override readonly name = 'BaseRefused';
}

/**
 * The commit to compare with.
 * @param wanted anything by which git knows a commit. Without it: where this work left the main branch; on that branch itself the last
 * commit, or, when nothing was changed since, the one before, since no work differs from itself.
 * @returns its hash.
 * @throws BaseRefused when git knows none.
 */
export function findBase(wanted: string | undefined, folder: string): string {
  if (wanted !== undefined) {
    const commit = tryGit(folder, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${wanted}^{commit}`);
    if (commit === undefined) throw new BaseRefused(`--base: got ${wanted}, allowed: a commit of this repository`);
    return commit;
  }
  for (const branch of COMMON_BRANCHES) {
    const commit = tryGit(folder, 'merge-base', 'HEAD', branch);
    if (commit !== undefined) return earlierThanWork(commit, folder);
  }
  const head = tryGit(folder, 'rev-parse', '--verify', '--quiet', 'HEAD');
  if (head === undefined) throw new BaseRefused('--base: this folder has no commit to compare with');
  return earlierThanWork(head, folder);
}

function earlierThanWork(commit: string, folder: string): string {
  const isHead = commit === tryGit(folder, 'rev-parse', 'HEAD');
  if (!isHead || tryGit(folder, 'status', '--porcelain', '--untracked-files=no') !== '') return commit;
  return tryGit(folder, 'rev-parse', '--verify', '--quiet', 'HEAD^') ?? commit;
}

/** The templates that a commit has as snapshots; none when it is older than they are. */
export function readBase(commit: string, folder: string): Templates {
  const paths = (tryGit(folder, 'ls-tree', '-r', '--name-only', commit, '--', SNAPSHOTS) ?? '').split('\n');
  return new Map(
    paths
      .filter((path) => path.endsWith('.json'))
      .map((path) => [stackNameAt(path), JSON.parse(git(folder, 'show', `${commit}:./${path}`)) as Template]),
  );
}

/** `test/stacks/snapshots/prod/us-east-1-data.json` is `prod-us-east-1-data`. */
function stackNameAt(path: string): string {
  return path.slice(SNAPSHOTS.length + 1, -'.json'.length).replace('/', '-');
}

function tryGit(folder: string, ...parameters: readonly string[]): string | undefined {
  try {
    return git(folder, ...parameters).trim();
  } catch {
    return undefined;
  }
}

function git(folder: string, ...parameters: readonly string[]): string {
  return execFileSync('git', parameters, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MAX,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}
