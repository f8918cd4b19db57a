/** A cluster: machines of one role without state, in subnets of their own behind a load balancer of their own. */

import { CfnAutoScalingGroup, CfnScalingPolicy } from 'aws-cdk-lib/aws-autoscaling';
import { CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import type { SubnetKind } from '../../regions/network-plan.ts';
import type { ClusterSize, Environment, Region } from '../../regions/schema.ts';
import { acknowledge } from '../acknowledge.ts';
import { InstanceRole } from '../machine/instance-role.ts';
import { createLaunchTemplate } from '../machine/launch-template.ts';
import type { MachineRole } from '../machine/machine-role.ts';
import type { PolicyStatement } from '../machine/policy.ts';
import type { Settings } from '../machine/user-data.ts';
import { usesInterfaceEndpoints } from '../network/endpoints.ts';
import { HTTPS_PORT } from '../network/ports.ts';
import type { RegionNetwork } from '../network/region-network.ts';
import { allow, SecurityGroup } from '../network/security-group.ts';
import { allowInternet, Balancer } from './balancer.ts';
import { RollBackAlarms } from './roll-back-alarms.ts';

/** Services answer here; below 1024 they would need a right more. */
export const MACHINES_PORT = 8443;
const ROOT_GIB = 12;
/** Services stop within 30 s; the balancer waits as long. */
const DRAIN_SECONDS = 30;
/** From launch to the first answer, twice over. */
const GRACE_SECONDS = 180;
const WARM_UP_SECONDS = 90;
/** Watched for so long after the last machine was replaced, and back again if an alarm rings. */
const BAKE_SECONDS = 300;
const HEALTHY_PERCENT_MIN = 100;
/** One more machine of each three at a time. */
const HEALTHY_PERCENT_MAX = 134;
const CPU_PERCENT_TARGET = 50;

/** What differs between clusters: a new cluster is one of these. */
export interface ClusterPlan {
  readonly role: MachineRole;
  readonly subnets: SubnetKind;
  readonly settings: Settings;
  readonly statements: readonly PolicyStatement[];
  /** Whether operators may open a session on a machine without breaking glass. */
  readonly sessions: boolean;
  readonly exposure: 'public' | 'internal';
  /** Names by which callers know it; the first one is given to its balancer in the private zone when it is internal. */
  readonly domainNames: readonly [string, ...string[]];
  /** Machines are added while they are busier than this on average. */
  readonly scalesWithLoad: boolean;
}

export interface ClusterProps {
  readonly environment: Environment;
  readonly region: Region;
  readonly network: RegionNetwork;
  readonly plan: ClusterPlan;
  readonly size: ClusterSize;
  readonly imageId: string;
  readonly endpoints: SecurityGroup;
}

/**
 * A cluster of one role in one region.
 * Resources: a load balancer with its certificate, an Auto Scaling group with its launch template, an IAM role, a security group for each of
 * the two, alarms that roll a bad release back, and, where internal, a name in the private zone.
 * It keeps no state, so removing it loses none.
 * Failure behaviour: a machine that its balancer calls unhealthy is replaced; a lost zone's machines are started again in the other zones;
 * a new release replaces machines a few at a time, never below the number that ran, and is rolled back when an alarm rings. No outage of
 * the store or of a neighbour replaces a machine.
 */
export class Cluster extends Construct {
  readonly machines: SecurityGroup;
  readonly balancer: Balancer;
  readonly balancerGroup: SecurityGroup;
  readonly groupName: string;
  readonly plan: ClusterPlan;

  constructor(scope: Construct, id: string, props: ClusterProps) {
    super(scope, id);
    const { environment, network, plan, endpoints } = props;
    this.plan = plan;
    const { vpcId } = network;
    this.machines = new SecurityGroup(this, 'MachinesGroup', { vpcId, bearer: `${plan.role} machines` });
    this.balancerGroup = new SecurityGroup(this, 'BalancerGroup', { vpcId, bearer: `${plan.role} balancer` });
    this.balancer = new Balancer(this, 'Balancer', {
      exposure: plan.exposure,
      subnetIds: network.subnetIds(plan.exposure === 'public' ? 'public' : plan.subnets),
      securityGroup: this.balancerGroup,
      vpcId,
      domainNames: plan.domainNames,
      publicZoneId: environment.publicZone.id,
      machinesPort: MACHINES_PORT,
      deletionProtection: environment.keepsData,
      drainSeconds: DRAIN_SECONDS,
    });
    allow(this, 'BalancerToMachines', {
      from: this.balancerGroup,
      to: this.machines,
      port: MACHINES_PORT,
      why: `the balancer forwards to ${plan.role}s and probes them`,
    });
    if (plan.exposure === 'public') allowInternet(this, { securityGroup: this.balancerGroup, name: plan.role });
    else this.addName(network, plan);
    if (usesInterfaceEndpoints(plan.role)) {
      allow(this, 'MachinesToEndpoints', {
        from: this.machines,
        to: endpoints,
        port: HTTPS_PORT,
        why: `${plan.role}s call AWS`,
      });
    }
    this.groupName = this.addMachines(props);
  }

  private addName({ privateZoneId }: RegionNetwork, { domainNames: [name] }: ClusterPlan): void {
    new CfnRecordSet(this, 'Name', {
      hostedZoneId: privateZoneId,
      name,
      type: 'A',
      aliasTarget: {
        dnsName: this.balancer.dnsName,
        hostedZoneId: this.balancer.hostedZoneId,
        evaluateTargetHealth: false,
      },
    });
  }

  private addMachines({ environment, region, network, plan, size, imageId }: ClusterProps): string {
    const name = `${environment.name} ${plan.role}`;
    const role = new InstanceRole(this, 'Role', {
      bearer: `${plan.role} machines of ${environment.name} in ${region.name}`,
      statements: plan.statements,
      sessions: plan.sessions,
    });
    const template = createLaunchTemplate(this, 'Template', {
      imageId,
      instanceType: size.instanceType,
      profileArn: role.profileArn,
      securityGroupIds: [this.machines.groupId],
      userData: { role: plan.role, files: [{ name: plan.role, settings: plan.settings }] },
      tags: { Name: name, 'picl-idp:role': plan.role },
      rootGiB: ROOT_GIB,
    });
    const alarms = new RollBackAlarms(this, 'RollBack', { balancer: this.balancer, role: plan.role });
    const group = new CfnAutoScalingGroup(this, 'Machines', {
      vpcZoneIdentifier: network.subnetIds(plan.subnets),
      minSize: String(size.machinesMin),
      maxSize: String(size.machinesMax),
      launchTemplate: { launchTemplateId: template.attrLaunchTemplateId, version: template.attrLatestVersionNumber },
      targetGroupArns: [this.balancer.targetGroupArn],
      healthCheckType: 'ELB',
      healthCheckGracePeriod: GRACE_SECONDS,
      defaultInstanceWarmup: WARM_UP_SECONDS,
      metricsCollection: [{ granularity: '1Minute', metrics: ['GroupInServiceInstances', 'GroupMinSize'] }],
      tags: [{ key: 'Name', value: name, propagateAtLaunch: false }],
    });
    acknowledge(group, {
      'AwsSolutions-AS3': 'Alarms tell when machines are missing; that one is replaced is no news for people.',
    });
    group.cfnOptions.updatePolicy = {
      autoScalingInstanceRefresh: {
        strategy: 'Rolling',
        preferences: {
          minHealthyPercentage: HEALTHY_PERCENT_MIN,
          maxHealthyPercentage: HEALTHY_PERCENT_MAX,
          instanceWarmup: WARM_UP_SECONDS,
          skipMatching: true,
          bakeTime: BAKE_SECONDS,
          alarmSpecification: { alarms: [...alarms.names] },
        },
      },
    };
    if (plan.scalesWithLoad) {
      new CfnScalingPolicy(this, 'Scaling', {
        autoScalingGroupName: group.ref,
        policyType: 'TargetTrackingScaling',
        targetTrackingConfiguration: {
          predefinedMetricSpecification: { predefinedMetricType: 'ASGAverageCPUUtilization' },
          targetValue: CPU_PERCENT_TARGET,
        },
      });
    }
    return group.ref;
  }
}
