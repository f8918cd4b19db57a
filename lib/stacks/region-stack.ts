/** The shape that all stacks share: one environment, one region, one layer, named by the three. */

import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment, Region } from '../../regions/schema.ts';

/**
 * What a stack is about. Layers are cut by how often they change and by what is lost when one goes; each may use those before it, and none
 * of those after it.
 */
const LAYERS = [
  'lifetime',
  'network',
  'secrets',
  'peering',
  'images',
  'logs',
  'data',
  'services',
  'edge',
  'generators',
  'monitoring',
  'box',
] as const;
type Layer = (typeof LAYERS)[number];

export interface RegionStackProps {
  readonly environment: Environment;
  readonly region: Region;
}

/** A stack of one layer of one environment in one region. It only composes constructs. */
export abstract class RegionStack extends Stack {
  readonly environmentName: string;
  private readonly layer: Layer;

  constructor(scope: Construct, layer: Layer, { environment, region }: RegionStackProps, description: string) {
    // People, other regions and tools know a stack by this name.
    super(scope, `${environment.name}-${region.name}-${layer}`, {
      description,
      env: { account: environment.account, region: region.name },
      terminationProtection: environment.keepsData,
      tags: { 'picl-idp:environment': environment.name, 'picl-idp:layer': layer },
    });
    this.environmentName = environment.name;
    this.layer = layer;
  }

  /** Whether this stack may use another one, so that it has to go before that one. */
  isAbove(other: RegionStack): boolean {
    return LAYERS.indexOf(this.layer) > LAYERS.indexOf(other.layer);
  }
}
