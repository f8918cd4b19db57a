/** The machines that make the load of a load test. */

import { CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { Construct } from 'constructs';
import type { Environment, Region, TwoRegions } from '../../regions/schema.ts';
import { acknowledge } from '../acknowledge.ts';
import { InstanceRole } from '../machine/instance-role.ts';
import { createLaunchTemplate } from '../machine/launch-template.ts';
import { HTTPS_PORT } from '../network/ports.ts';
import type { RegionNetwork } from '../network/region-network.ts';
import { allow, INTERNET, SecurityGroup } from '../network/security-group.ts';

const ROOT_GIB = 12;
const GRACE_SECONDS = 180;

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
    const name = `${environment.name} generator`;
    const role = new InstanceRole(this, 'Role', {
      bearer: `generators of ${environment.name} in ${region.name}`,
      statements: [],
      sessions: true,
    });
    const template = createLaunchTemplate(this, 'Template', {
      imageId,
      instanceType: size.instanceType,
      profileArn: role.profileArn,
      securityGroupIds: [this.machines.groupId],
      userData: { role: 'generator', files: [] },
      tags: { Name: name, 'picl-idp:role': 'generator' },
      rootGiB: ROOT_GIB,
    });
    const group = new CfnAutoScalingGroup(this, 'Machines', {
      vpcZoneIdentifier: network.subnetIds('generator'),
      minSize: '0',
      maxSize: String(size.machinesMax),
      launchTemplate: { launchTemplateId: template.attrLaunchTemplateId, version: template.attrLatestVersionNumber },
      healthCheckType: 'EC2',
      healthCheckGracePeriod: GRACE_SECONDS,
      tags: [{ key: 'Name', value: name, propagateAtLaunch: false }],
    });
    acknowledge(group, { 'AwsSolutions-AS3': 'Whoever runs a load test raises the group and watches it.' });
  }
}
