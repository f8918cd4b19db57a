/** The images that the sources as they are would give: their content is known without building a release. */

import { imagesOf } from '../../lib/image/machine-image.ts';
import type { ImageKind } from '../../regions/derived.ts';
import { hashReleaseInputs } from '../release-inputs.ts';

/**
 * @param root the project's folder, from which the program must run.
 * @returns content hashes, 64 hexadecimal digits, by kind of image.
 */
export function currentContentHashes(root: string): Readonly<Record<ImageKind, string>> {
  // Only the hash of a release is part of an image's content; its folder would be read by a deploy.
  const { service, ring } = imagesOf({ folder: '', contentHash: hashReleaseInputs(root) });
  return { service: service.contentHash, ring: ring.contentHash };
}
