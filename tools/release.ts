/** Releases: all of `app/` in one folder that is named by the hash of what it is made of. Found again, or built whole. */

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { writeReleaseContent } from './release-bundle.ts';
import { hashReleaseInputs, readPackage } from './release-inputs.ts';

const ID_CHARACTERS = 12;
const RELEASES_KEPT = 3;
/** No build takes so long: whoever began a folder that old was killed. */
const LEFT_OVER_MS_MIN = 3_600_000;
/** Beside the content and not of it: the same content comes from many commits. */
const COMMIT_LABEL = 'commit';

export interface Release {
  readonly folder: string;
  /** First characters of the hash. */
  readonly id: string;
  /** Hash of everything that decides the release's bytes: 64 hexadecimal digits. */
  readonly contentHash: string;
}

/**
 * Builds a release, or finds it built. Equal sources give equal bytes on every machine and path, but for the label `commit`.
 * Any number of processes may build at once: each folder appears whole or not at all.
 * @param root the project's folder.
 * @param releases where releases are kept; older ones than the last few are removed.
 */
export function buildRelease({ root, releases }: { root: string; releases: string }): Release {
  const contentHash = hashReleaseInputs(root);
  const id = contentHash.slice(0, ID_CHARACTERS);
  const folder = join(releases, `release-${id}`);
  if (!isWhole(folder)) {
    mkdirSync(releases, { recursive: true });
    const building = mkdtempSync(join(releases, 'building-'));
    writeReleaseContent({ root, folder: building, release: id, ...readPackage(root) });
    // Temporary folders are their maker's alone; a release is read by each role's own user.
    chmodSync(building, 0o755);
    putInPlace(building, folder);
  }
  labelCommit(folder, commitOf(root));
  removeOldReleases(releases, folder);
  return { folder, id, contentHash };
}

/** What a build writes last; folders get their name only after it. */
function isWhole(folder: string): boolean {
  return existsSync(join(folder, 'release.json'));
}

function putInPlace(building: string, folder: string): void {
  if (existsSync(folder) && !isWhole(folder)) discard(folder);
  try {
    renameSync(building, folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    // Another process was first, and equal inputs gave equal bytes.
    rmSync(building, { recursive: true });
  }
}

/** Renamed first, so that nobody finds half of it meanwhile under its name. */
function discard(folder: string): void {
  const removed = mkdtempSync(join(folder, '..', 'removed-'));
  try {
    renameSync(folder, removed);
  } catch (error) {
    // Another process removes it.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  rmSync(removed, { recursive: true, force: true });
}

function labelCommit(folder: string, commit: string): void {
  const label = join(folder, COMMIT_LABEL);
  if (existsSync(label) && readFileSync(label, 'utf8') === `${commit}\n`) return;
  const labelling = mkdtempSync(join(folder, '..', 'building-'));
  writeFileSync(join(labelling, COMMIT_LABEL), `${commit}\n`);
  renameSync(join(labelling, COMMIT_LABEL), label);
  rmSync(labelling, { recursive: true });
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
  const found = readdirSync(releases)
    // Undefined: another process removed it since.
    .map((name) => ({ name, changedAt: statSync(join(releases, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((left, right) => right.changedAt - left.changedAt);
  const others = found.filter(({ name }) => name.startsWith('release-') && name !== basename(current));
  for (const { name } of others.slice(RELEASES_KEPT - 1)) discard(join(releases, name));
  const begun = found.filter(({ name }) => /^(building|removed)-/.test(name));
  for (const { name, changedAt } of begun)
    if (Date.now() - changedAt > LEFT_OVER_MS_MIN) rmSync(join(releases, name), { recursive: true, force: true });
}
