/** The stacks in which releases bake images. They are of no environment, and need no image: what is wrong with one is mended here. */

import type { Construct } from 'constructs';
import { loadReleases } from '../../regions/environments.ts';
import { type Release, ringImage, serviceImage } from '../image/machine-image.ts';
import { ReleaseStack } from './release-stack.ts';

/** @param release what the images hold. */
export function createReleases(scope: Construct, release: Release): void {
  const images = { service: serviceImage(release), ring: ringImage(release) };
  for (const place of loadReleases()) new ReleaseStack(scope, { place, images });
}
