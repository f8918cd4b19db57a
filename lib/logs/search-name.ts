/** How a region finds the search domain: one name everywhere. */

import { CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import type { Environment } from '../../regions/schema.ts';
import { internalName } from '../names.ts';
import type { RegionNetwork } from '../network/region-network.ts';

const NAME_TTL_SECONDS = '60';

export interface SearchNameOptions {
  readonly environment: Environment;
  readonly network: RegionNetwork;
  /** The name that AWS gave the domain. */
  readonly endpoint: string;
}

/** Gives the search domain its name in a region's private zone. */
export function addSearchName(scope: Construct, { environment, network, endpoint }: SearchNameOptions): void {
  new CfnRecordSet(scope, 'Name', {
    hostedZoneId: network.privateZoneId,
    name: internalName(environment, 'search'),
    type: 'CNAME',
    ttl: NAME_TTL_SECONDS,
    resourceRecords: [endpoint],
  });
}
