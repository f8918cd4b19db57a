/** How a region without log routers of its own finds those of the primary region. */

import { CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import { balancerAddress, subnetCidr } from '../../regions/network-plan.ts';
import type { Environment, Region } from '../../regions/schema.ts';
import { internalName } from '../names.ts';
import type { RegionNetwork } from '../network/region-network.ts';

const NAME_TTL_SECONDS = '60';

export interface RemoteRoutersOptions {
  readonly environment: Environment;
  readonly network: RegionNetwork;
  readonly primary: Region;
}

/** Gives the balancer of the primary region's log routers, at its literal addresses, their name in this region's private zone. */
export function addRemoteRouters(scope: Construct, { environment, network, primary }: RemoteRoutersOptions): void {
  new CfnRecordSet(scope, 'RemoteRouters', {
    hostedZoneId: network.privateZoneId,
    name: internalName(environment, 'logs'),
    type: 'A',
    ttl: NAME_TTL_SECONDS,
    resourceRecords: primary.zones.map(({ slot }) =>
      balancerAddress(subnetCidr(primary.cidr, { kind: 'logRouter', slot })),
    ),
  });
}
