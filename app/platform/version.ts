/** Which release this process runs. */

export interface ReleaseVersion {
  readonly version: string;
  readonly commit: string;
  readonly source: string;
  /** Hash of the release's files, by which its image is named. */
  readonly release: string;
}

// Written into the bundle when a release is built; absent when a file is run by itself.
declare const RELEASE_VERSION: ReleaseVersion | undefined;

/** The release of this process; `development` where it runs outside of one. */
export function readReleaseVersion(): ReleaseVersion {
  if (typeof RELEASE_VERSION !== 'undefined') return RELEASE_VERSION;
  return { version: 'development', commit: 'development', source: 'picl-idp', release: 'development' };
}
