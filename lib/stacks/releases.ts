/** The stacks in which releases bake images. They are of no environment, and need no image: what is wrong with one is mended here. */

import type { Construct } from 'constructs';
import { loadBakePlaces } from '../../regions/environments.ts';
import { imagesOf, type Release } from '../image/machine-image.ts';
import { ReleaseStack } from './release-stack.ts';

/** @param release what the images hold. */
export function createReleases(scope: Construct, release: Release): void {
  const images = imagesOf(release);
  for (const place of loadBakePlaces()) new ReleaseStack(scope, { place, images });
}
