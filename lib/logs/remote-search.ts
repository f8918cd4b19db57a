/** The way from a region's log routers to the search domain of another one. */

import { ReferenceStrength, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { primaryRegion } from '../../regions/derived.ts';
import type { Environment } from '../../regions/schema.ts';
import type { RegionNetwork } from '../network/region-network.ts';
import { allow, type SecurityGroup } from '../network/security-group.ts';
import { kindCidr } from '../network/subnets.ts';
import { HTTPS_PORT } from '../ports.ts';
import { addSearchName } from './search-name.ts';

export interface RemoteSearchProps {
  readonly environment: Environment;
  readonly network: RegionNetwork;
  readonly routers: SecurityGroup;
  /** The name that AWS gave the domain, as a value of the primary region's stack. */
  readonly endpoint: string;
}

/**
 * What a region without the search domain needs to reach it.
 * Resources: the domain's name in the private zone, a rule for the log routers. The name that AWS gave the domain is read from the other
 * region's stack when this one is deployed.
 * Failure behaviour: while the primary region or the way to it is lost, lines wait in the queues of the routers.
 */
export class RemoteSearch extends Construct {
  constructor(scope: Construct, id: string, props: RemoteSearchProps) {
    super(scope, id);
    const { environment, network, routers } = props;
    const primary = primaryRegion(environment);
    const endpoint = Stack.consumeReference(props.endpoint, ReferenceStrength.WEAK);
    addSearchName(this, { environment, network, endpoint });
    allow(this, 'FromRouters', {
      from: routers,
      to: { cidr: kindCidr(primary, 'search') },
      port: HTTPS_PORT,
      why: `log routers write lines into the search domain of ${primary.name}`,
    });
  }
}
