/** The file of recorded images: read, changed by pure functions, and written so that a reviewer sees what changed. */

import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageKind } from '../../regions/derived.ts';
import { type RecordedImages, recordedImagesSchema } from '../../regions/schema.ts';

export type RecordedImage = RecordedImages[ImageKind][number];

const FILE = 'regions/recorded-images.json';
/** As many as an operator may want to go back to. */
const IMAGES_KEPT = 3;

export function readRecordedImages(root: string): RecordedImages {
  return recordedImagesSchema.parse(JSON.parse(readFileSync(join(root, FILE), 'utf8')));
}

/** Replaces the file as one step: whoever reads it meanwhile finds one or the other. */
export function writeRecordedImages(root: string, recorded: RecordedImages): void {
  const file = join(root, FILE);
  writeFileSync(`${file}.new`, `${JSON.stringify(recordedImagesSchema.parse(recorded), null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/**
 * Puts an image first among those of its kind. One of the same content is replaced: it was baked again. The last three
 * are kept, and older ones that an environment still names.
 * @param isNamed whether an environment names an image by its id, as ring nodes do.
 */
export function withNewest(
  images: readonly RecordedImage[],
  newest: RecordedImage,
  isNamed: (ami: string) => boolean,
): RecordedImage[] {
  const others = images.filter(({ contentHash }) => contentHash !== newest.contentHash);
  return [newest, ...others].filter(({ amis }, index) => index < IMAGES_KEPT || Object.values(amis).some(isNamed));
}

/** Whether a file of `regions/` says an image id, other than the record itself. */
export function namedInRegions(root: string): (ami: string) => boolean {
  const folder = join(root, 'regions');
  const texts = readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
  return (ami) => texts.some((text) => text.includes(`'${ami}'`));
}
