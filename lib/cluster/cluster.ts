/** A cluster: machines of one role without state, in subnets of their own behind a load balancer of their own. */

import type { CfnUpdatePolicy } from 'aws-cdk-lib';
import { CfnScalingPolicy } from 'aws-cdk-lib/aws-autoscaling';
import { Construct } from 'constructs';
import type { SubnetKind } from '../../regions/network-plan.ts';
import type { ClusterSize, Environment, Region } from '../../regions/schema.ts';
import { acknowledge } from '../acknowledge.ts';
import { createMachineGroup } from '../machine/machine-group.ts';
import type { MachineRole } from '../machine/machine-role.ts';
import type { PolicyStatement } from '../machine/policy.ts';
import type { Settings } from '../machine/user-data.ts';
import { usesInterfaceEndpoints } from '../network/endpoints.ts';
import { addBalancerRecord } from '../network/records.ts';
import type { RegionNetwork } from '../network/region-network.ts';
import { allow, SecurityGroup } from '../network/security-group.ts';
import { HTTPS_PORT, MACHINES_PORT } from '../ports.ts';
import { allowInternet, Balancer } from './balancer.ts';
import { RollBackAlarms } from './roll-back-alarms.ts';

/** Services stop within 30 s; the balancer waits as long. */
const DRAIN_SECONDS = 30;
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
    else {
      const [name] = plan.domainNames;
      addBalancerRecord(this, 'Name', { zoneId: network.privateZoneId, name, balancer: this.balancer });
    }
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

  private addMachines({ environment, region, network, plan, size, imageId }: ClusterProps): string {
    const group = createMachineGroup(this, 'Machines', {
      environment,
      role: plan.role,
      bearer: `${plan.role} machines of ${environment.name} in ${region.name}`,
      statements: plan.statements,
      sessions: plan.sessions,
      imageId,
      instanceType: size.instanceType,
      securityGroup: this.machines,
      subnetIds: network.subnetIds(plan.subnets),
      files: [{ name: plan.role, settings: plan.settings }],
      machinesMin: size.machinesMin,
      machinesMax: size.machinesMax,
      targetGroupArns: this.balancer.targetGroupArns,
      updatePolicy: () => this.rolledBackByAlarms(plan),
    });
    group.defaultInstanceWarmup = WARM_UP_SECONDS;
    group.metricsCollection = [{ granularity: '1Minute', metrics: ['GroupInServiceInstances', 'GroupMinSize'] }];
    acknowledge(group, {
      'AwsSolutions-AS3': 'Alarms tell when machines are missing; that one is replaced is no news for people.',
    });
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

  private rolledBackByAlarms({ role }: ClusterPlan): CfnUpdatePolicy {
    const alarms = new RollBackAlarms(this, 'RollBack', { balancer: this.balancer, role });
    return {
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
  }
}
