/** The machines that make the load of a load test. */

import { Construct } from 'constructs';
import type { Environment, Region, TwoRegions } from '../../regions/schema.ts';
import { acknowledge } from '../acknowledge.ts';
import { createMachineGroup } from '../machine/machine-group.ts';
import type { RegionNetwork } from '../network/region-network.ts';
import { allow, INTERNET, SecurityGroup } from '../network/security-group.ts';
import { HTTPS_PORT } from '../ports.ts';

export interface GeneratorsProps {
  readonly environment: Environment;
  /** The primary region. */
  readonly region: Region;
  readonly network: RegionNetwork;
  readonly endpoints: SecurityGroup;
  readonly imageId: string;
  readonly size: NonNullable<TwoRegions['generators']>;
}

/**
 * Load generators: they call the public names of the services, as clients do.
 * Resources: an Auto Scaling group that starts empty, its launch template, an IAM role, a security group. An operator raises the group for
 * a test, and a deploy leaves the machines of a test alone.
 * It keeps no state, so removing it loses none.
 * Failure behaviour: a generator that dies is replaced, without the part of the test that it ran.
 */
export class Generators extends Construct {
  readonly machines: SecurityGroup;

  constructor(scope: Construct, id: string, props: GeneratorsProps) {
    super(scope, id);
    const { environment, region, network, endpoints, imageId, size } = props;
    this.machines = new SecurityGroup(this, 'SecurityGroup', { vpcId: network.vpcId, bearer: 'generator machines' });
    const from = this.machines;
    allow(this, 'ToInternet', {
      from,
      to: INTERNET,
      port: HTTPS_PORT,
      why: 'generators call the services as clients do',
    });
    allow(this, 'ToEndpoints', { from, to: endpoints, port: HTTPS_PORT, why: 'operators open sessions' });
    const group = createMachineGroup(this, 'Machines', {
      environment,
      role: 'generator',
      bearer: `generators of ${environment.name} in ${region.name}`,
      statements: [],
      sessions: true,
      imageId,
      instanceType: size.instanceType,
      securityGroup: this.machines,
      subnetIds: network.subnetIds('generator'),
      files: [],
      machinesMin: 0,
      machinesMax: size.machinesMax,
    });
    acknowledge(group, { 'AwsSolutions-AS3': 'Whoever runs a load test raises the group and watches it.' });
  }
}
