/** The endpoints of a region, by the table that names who needs them. */

import { CfnVPCEndpoint } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { isWitness } from '../../regions/derived.ts';
import type { SubnetKind } from '../../regions/network-plan.ts';
import type { Environment, Region } from '../../regions/schema.ts';
import { endpointsOf } from './endpoints.ts';
import type { RegionNetwork } from './region-network.ts';
import { SecurityGroup } from './security-group.ts';

export interface RegionEndpointsProps {
  readonly environment: Environment;
  readonly region: Region;
  readonly network: RegionNetwork;
  /** Zones in which they stand. Machines of a zone without one go through another zone's. */
  readonly zones: 'one' | 'all';
}

/** Subnets of the machines that put objects into S3. */
const S3_KINDS: readonly SubnetKind[] = ['logRouter'];

/**
 * How the machines of a region reach AWS without the internet.
 * Resources: an interface endpoint for each such row of the table, one security group for them all; a gateway endpoint for S3
 * where there is a long copy of the lines.
 * Failure behaviour: with one zone, a lost zone keeps machines elsewhere from reading their secrets when they start; those that run go on.
 */
export class RegionEndpoints extends Construct {
  readonly securityGroup: SecurityGroup;

  constructor(scope: Construct, id: string, { environment, region, network, zones }: RegionEndpointsProps) {
    super(scope, id);
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', { vpcId: network.vpcId, bearer: 'endpoints of AWS' });
    const subnetIds = network.subnetIds('endpoint').slice(0, zones === 'one' ? 1 : undefined);
    const witness = isWitness(environment, region);
    for (const { service, kind, roles } of endpointsOf(environment)) {
      if (witness && !roles.includes('ring-node')) continue;
      // The long copy of the lines is kept where data is.
      if (kind === 'Gateway' && !environment.keepsData) continue;
      new CfnVPCEndpoint(this, service, {
        vpcId: network.vpcId,
        serviceName: `com.amazonaws.${region.name}.${service}`,
        vpcEndpointType: kind,
        ...(kind === 'Gateway'
          ? {
              routeTableIds: S3_KINDS.flatMap((one) =>
                network.routeTablesOf(one).map(({ routeTableId }) => routeTableId),
              ),
            }
          : { subnetIds, securityGroupIds: [this.securityGroup.groupId], privateDnsEnabled: true }),
      });
    }
  }
}
