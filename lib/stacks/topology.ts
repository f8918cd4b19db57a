/** Every stack of every environment, and those of releases. */

import type { Construct } from 'constructs';
import { primaryRegion } from '../../regions/derived.ts';
import type { Environments } from '../../regions/environments.ts';
import { imagesOf, type Release } from '../image/machine-image.ts';
import { BoxStack } from './box-stack.ts';
import { createReleases } from './releases.ts';
import { createTwoRegions, type TwoRegionsOptions } from './two-regions.ts';

/** @param release what `npm run release` builds: the programs on every machine. */
export function createTopology(
  scope: Construct,
  { environments, recordedImages }: Environments,
  release: Release,
): void {
  const images = imagesOf(release);
  for (const environment of environments) createEnvironment(scope, { environment, images, recordedImages });
  createReleases(scope, release);
}

function createEnvironment(scope: Construct, options: TwoRegionsOptions): void {
  const { environment } = options;
  if ('twoRegions' in environment.shape) {
    createTwoRegions(scope, options);
    return;
  }
  const { oneMachine: size } = environment.shape;
  new BoxStack(scope, { ...options, region: primaryRegion(environment), size });
}
