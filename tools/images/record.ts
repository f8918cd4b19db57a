/** `record`: writes the content of the sources beside image ids, given by hand or standing. */

import { type BakePlace, IMAGE_KINDS, type ImageKind } from '../../regions/derived.ts';
import type { RecordedImages } from '../../regions/schema.ts';
import { type RecordedImage, withNewest } from './recorded-file.ts';

export interface RecordOptions {
  readonly recorded: RecordedImages;
  /** Where images are baked, and which. */
  readonly places: readonly BakePlace[];
  readonly contentHashes: Readonly<Record<ImageKind, string>>;
  /** Image ids by region. A kind without any keeps those that stand. */
  readonly given: Readonly<Record<ImageKind, Readonly<Record<string, string>>>>;
  readonly isNamed: (ami: string) => boolean;
}

/**
 * The record with the content hashes of now. Whether the images hold that content is not asked: `verify` asks.
 * @throws RangeError when ids are given for some regions of a kind and not for the others, or for a region that is none
 * of them, or when none stand that could be kept.
 */
export function recordCurrent({ recorded, places, contentHashes, given, isNamed }: RecordOptions): RecordedImages {
  const [service, ring] = IMAGE_KINDS.map((kind): RecordedImage[] => {
    const contentHash = contentHashes[kind];
    const [standing, ...older] = recorded[kind];
    if (Object.keys(given[kind]).length === 0) {
      if (standing === undefined) throw new RangeError(`no ${kind} image is recorded: give its ids by --${kind}`);
      return withNewest(older, { ...standing, contentHash }, isNamed);
    }
    const wanted = places.filter(({ kinds }) => kinds.includes(kind));
    const regions = wanted.map(({ region }) => region);
    const unknown = Object.keys(given[kind]).filter((region) => !regions.includes(region));
    const missing = regions.filter((region) => given[kind][region] === undefined);
    if (unknown.length > 0 || missing.length > 0)
      throw new RangeError(
        `--${kind} must be given once for each of ${regions.join(', ')}; got ${Object.keys(given[kind]).join(', ')}`,
      );
    const owner = wanted[0]?.account ?? '';
    return withNewest(recorded[kind], { contentHash, owner, amis: given[kind] }, isNamed);
  });
  return { service: service ?? [], ring: ring ?? [] };
}
