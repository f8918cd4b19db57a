/** Templates as they are kept for review: one file a stack, with what every release changes masked. */

import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { AssembledStack } from '../../app/operator/assembly.ts';

export const SNAPSHOTS = 'test/stacks/snapshots';

/** SHA-256, by which releases, images and assets are known. */
const HASH = /\b[0-9a-f]{64}\b/g;
/** Names of images and of their parts end in the beginning of a hash; those of baked images go on with the date of the bake. */
const NAME_OF_IMAGE_PART = /\b(picl-idp-[a-z]+-(?:service|ring)-(?:[a-z-]+-)?)[0-9a-f]{16}\b/g;
const NAME_OF_BAKED_IMAGE = /\b(picl-idp-[a-z]+-(?:service|ring)-)[0-9a-f]{12}(?=-\{\{)/g;

/** Masks the hashes of what machines run, and nothing else: account ids, AMI ids and the CDK's own logical ids stay. */
export function maskHashes(text: string): string {
  return text.replace(HASH, '<hash>').replace(NAME_OF_IMAGE_PART, '$1<hash>').replace(NAME_OF_BAKED_IMAGE, '$1<hash>');
}

/** The text of each stack's snapshot by its path below `SNAPSHOTS`, in the order of the assembly. */
export function snapshotsOf(stacks: readonly AssembledStack[]): ReadonlyMap<string, string> {
  return new Map(stacks.map((stack) => [snapshotPath(stack), snapshotText(stack)]));
}

/** `prod/us-east-1-data.json`, and `release/us-east-1.json` for a stack that belongs to no environment. */
function snapshotPath({ name, environment, layer, region }: AssembledStack): string {
  if (environment !== undefined) return `${environment}/${region}-${layer}.json`;
  return `${name.replace(`-${region}`, '')}/${region}.json`;
}

function snapshotText({ template }: AssembledStack): string {
  return `${maskHashes(JSON.stringify(template, null, 1))}\n`;
}

/** Paths below a folder, sorted; none when it is not there. */
export function filesBelow(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
