/** How a region without log routers of its own finds those of the primary region. */

import type { Construct } from 'constructs';
import { primaryRegion } from '../../regions/derived.ts';
import { balancerAddress, subnetCidr } from '../../regions/network-plan.ts';
import type { Environment } from '../../regions/schema.ts';
import { internalName } from '../names.ts';
import { addRecord } from '../network/records.ts';
import type { RegionNetwork } from '../network/region-network.ts';

export interface RemoteRoutersOptions {
  readonly environment: Environment;
  readonly network: RegionNetwork;
}

/** Gives the balancer of the primary region's log routers, at its literal addresses, their name in this region's private zone. */
export function addRemoteRouters(scope: Construct, { environment, network }: RemoteRoutersOptions): void {
  const { cidr, zones } = primaryRegion(environment);
  addRecord(scope, 'RemoteRouters', {
    zoneId: network.privateZoneId,
    name: internalName(environment, 'logs'),
    to: { addresses: zones.map(({ slot }) => balancerAddress(subnetCidr(cidr, { kind: 'logRouter', slot }))) },
    holdsFor: 'aWhile',
  });
}
