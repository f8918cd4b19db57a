/** The network of one region. */

import type { Construct } from 'constructs';
import { twoRegionsOf } from '../../regions/derived.ts';
import { FlowLog } from '../network/flow-log.ts';
import { PoolReservations } from '../network/pool-reservations.ts';
import { RegionEndpoints } from '../network/region-endpoints.ts';
import { RegionNetwork } from '../network/region-network.ts';
import { RegionStack, type RegionStackProps } from './region-stack.ts';

export class NetworkStack extends RegionStack {
  readonly network: RegionNetwork;
  readonly endpoints: RegionEndpoints;

  constructor(scope: Construct, props: RegionStackProps) {
    const { environment, region } = props;
    super(scope, 'network', props, `The network of ${environment.name} in ${region.name}.`);
    const { natGateways, endpointZones } = twoRegionsOf(environment);
    this.network = new RegionNetwork(this, 'Network', { environment, region, natGateways });
    this.endpoints = new RegionEndpoints(this, 'Endpoints', {
      environment,
      region,
      network: this.network,
      zones: endpointZones,
    });
    new PoolReservations(this, 'Reservations', { network: this.network, region });
    new FlowLog(this, 'FlowLog', { environment, region, vpcId: this.network.vpcId });
  }
}
