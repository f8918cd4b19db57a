/** One region's side of the ways to the others. */

import { ReferenceStrength, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { pascal } from '../names.ts';
import { connectRegions, PeerRoutes, type Side } from '../network/peering.ts';
import { RegionStack, type RegionStackProps } from './region-stack.ts';

export interface PeeringStackProps extends RegionStackProps {
  readonly here: Side;
  /** Regions that ask this one to be connected: their stacks are there before this one. */
  readonly asking: readonly PeeringStack[];
  /** Regions that this one asks. */
  readonly asked: readonly Side[];
}

export class PeeringStack extends RegionStack {
  readonly here: Side;
  private readonly connectionIds = new Map<string, string>();

  constructor(scope: Construct, props: PeeringStackProps) {
    const { environment, region, here, asking, asked } = props;
    super(scope, 'peering', props, `The ways from ${region.name} to the other regions of ${environment.name}.`);
    this.here = here;
    for (const there of asked) {
      const connectionId = connectRegions(this, `To${pascal(there.region.name)}`, { here, there });
      this.connectionIds.set(there.region.name, connectionId);
      new PeerRoutes(this, `RoutesTo${pascal(there.region.name)}`, { here, there, connectionId });
    }
    for (const other of asking) {
      this.addStackDependency(other);
      const connectionId = Stack.consumeReference(other.connectionTo(region.name), ReferenceStrength.WEAK);
      new PeerRoutes(this, `RoutesTo${pascal(other.here.region.name)}`, { here, there: other.here, connectionId });
    }
  }

  /** The id of the connection that this region asked another one for. */
  connectionTo(region: string): string {
    const id = this.connectionIds.get(region);
    if (id === undefined) throw new RangeError(`${this.stackName} asked ${region} for no connection`);
    return id;
  }
}
