/** Which release this process runs. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ReleaseVersion {
  readonly version: string;
  /** Of the sources, as the release is labelled; `unknown` where it has no label. */
  readonly commit: string;
  readonly source: string;
  /** Hash of what the release is made of, by which its image is named. */
  readonly release: string;
}

// Written into the bundle when a release is built; absent when a file is run by itself.
declare const RELEASE_CONTENT: Omit<ReleaseVersion, 'commit'> | undefined;

/** The release of this process; `development` where it runs outside of one. */
export function readReleaseVersion(): ReleaseVersion {
  if (typeof RELEASE_CONTENT === 'undefined')
    return { version: 'development', commit: 'development', source: 'picl-idp', release: 'development' };
  // Not in the bundle: the same bytes come from many commits.
  return { ...RELEASE_CONTENT, commit: readLabel(join(import.meta.dirname, 'commit')) };
}

function readLabel(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
