/** Groups of machines that keep nothing: whichever stands, it is as good as the one before. */

import type { CfnUpdatePolicy } from 'aws-cdk-lib';
import { CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import type { Construct } from 'constructs';
import type { Environment } from '../../regions/schema.ts';
import type { SecurityGroup } from '../network/security-group.ts';
import { InstanceRole, type InstanceRoleProps } from './instance-role.ts';
import { createLaunchTemplate } from './launch-template.ts';
import type { MachineRole } from './machine-role.ts';
import type { SettingsFile } from './user-data.ts';

/** From launch to the first answer, twice over. */
const GRACE_SECONDS = 180;
const WARM_UP_SECONDS = 60;

export interface MachineGroupProps extends InstanceRoleProps {
  readonly environment: Environment;
  /** Also what people know its machines by. */
  readonly role: MachineRole;
  readonly imageId: string;
  readonly instanceType: string;
  readonly securityGroup: SecurityGroup;
  readonly subnetIds: readonly string[];
  readonly files: readonly SettingsFile[];
  readonly machinesMin: number;
  readonly machinesMax: number;
  /** Balancers that send them what they get, and say which of them is well. @default - none, and EC2 says it */
  readonly targetGroupArns?: readonly string[];
  /** How a deploy replaces machines; what it names is made before the group. @default - a deploy leaves them alone */
  readonly updatePolicy?: () => CfnUpdatePolicy;
}

/**
 * Machines of one role without a volume of their own.
 * Resources, in `scope`: an IAM role, `Role`; a launch template, `Template`; an Auto Scaling group, under the id given.
 * Failure behaviour: a machine that is not well is replaced, in any of its zones.
 */
export function createMachineGroup(scope: Construct, id: string, props: MachineGroupProps): CfnAutoScalingGroup {
  const { environment, role, bearer, statements, sessions, targetGroupArns, updatePolicy } = props;
  const { profileArn } = new InstanceRole(scope, 'Role', { bearer, statements, sessions });
  const template = createLaunchTemplate(scope, 'Template', {
    environment,
    name: role,
    imageId: props.imageId,
    instanceType: props.instanceType,
    profileArn,
    securityGroupIds: [props.securityGroup.groupId],
    userData: { role, files: props.files },
  });
  const refresh = updatePolicy?.();
  const group = new CfnAutoScalingGroup(scope, id, {
    vpcZoneIdentifier: [...props.subnetIds],
    minSize: String(props.machinesMin),
    maxSize: String(props.machinesMax),
    launchTemplate: { launchTemplateId: template.attrLaunchTemplateId, version: template.attrLatestVersionNumber },
    ...(targetGroupArns === undefined ? {} : { targetGroupArns: [...targetGroupArns] }),
    healthCheckType: targetGroupArns === undefined ? 'EC2' : 'ELB',
    healthCheckGracePeriod: GRACE_SECONDS,
    tags: [{ key: 'Name', value: `${environment.name} ${role}`, propagateAtLaunch: false }],
  });
  if (refresh !== undefined) group.cfnOptions.updatePolicy = refresh;
  return group;
}

/** Of a group of one, whose machines cannot stand side by side: the old one goes before the new one starts. */
export function oldMachineFirst(): CfnUpdatePolicy {
  return {
    autoScalingInstanceRefresh: {
      strategy: 'Rolling',
      preferences: {
        minHealthyPercentage: 0,
        maxHealthyPercentage: 100,
        instanceWarmup: WARM_UP_SECONDS,
        skipMatching: true,
      },
    },
  };
}
