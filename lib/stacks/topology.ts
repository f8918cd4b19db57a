/** Every stack of every environment, and those of releases. */

import type { Construct } from 'constructs';
import type { Environments } from '../../regions/environments.ts';
import type { Environment } from '../../regions/schema.ts';
import { type Release, ringImage, serviceImage } from '../image/machine-image.ts';
import { BoxStack } from './box-stack.ts';
import { createReleases } from './releases.ts';
import { createTwoRegions, type Images } from './two-regions.ts';

/** @param release what `npm run release` builds: the programs on every machine. */
export function createTopology(scope: Construct, { environments }: Environments, release: Release): void {
  const images = { service: serviceImage(release), ring: ringImage(release) };
  for (const environment of environments) createEnvironment(scope, environment, images);
  createReleases(scope, release);
}

function createEnvironment(scope: Construct, environment: Environment, images: Images): void {
  const { shape, regions } = environment;
  if ('twoRegions' in shape) {
    createTwoRegions(scope, { environment, images });
    return;
  }
  const [region] = regions;
  if (region === undefined) throw new RangeError(`${environment.name} has no region`);
  new BoxStack(scope, { environment, region, size: shape.oneMachine, image: images.service });
}
