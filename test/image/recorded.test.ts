/** The recorded images are those of these sources. */

import { expect, test } from '@jest/globals';
import { currentContentHashes } from '../../tools/images/current-images.ts';
import { readRecordedImages } from '../../tools/images/recorded-file.ts';

/** Said when the test fails: what a developer, and what an operator does then. */
const REMEDY =
  'sources changed since: `npm run release -- bake` bakes and records, `npm run release -- record` records';

test.each(['service', 'ring'] as const)('the newest recorded %s image has the content of the sources', (kind) => {
  const [newest] = readRecordedImages(process.cwd())[kind];
  const said = newest?.contentHash === currentContentHashes(process.cwd())[kind] ? 'as recorded' : REMEDY;
  expect(said).toBe('as recorded');
});
