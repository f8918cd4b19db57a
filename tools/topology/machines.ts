/** Machines as the templates launch them: their group, launch template, role and the settings in their user data. */

import {
  type AssembledStack,
  items,
  members,
  type PlacedResource,
  type Properties,
} from '../../app/operator/assembly.ts';
import { type MachineGroup, machineGroups } from '../../app/operator/machines.ts';
import type { Networks, Subnet } from './network.ts';
import { keyOf, type Target, type Values } from './values.ts';

export interface Machines extends MachineGroup {
  readonly key: string;
  readonly imageId: string;
  readonly subnets: readonly Subnet[];
  /** Security groups of each machine. */
  readonly groups: readonly Target[];
  readonly iamRole: PlacedResource | undefined;
  readonly targetGroups: readonly Target[];
  readonly healthCheckType: string;
}

/** @throws Error for a group whose launch template, user data or subnets cannot be read. */
export function readMachines(
  stacks: readonly AssembledStack[],
  values: Values,
  networks: Pick<Networks, 'subnet'>,
): readonly Machines[] {
  return machineGroups(stacks).map((group) => {
    const { stack, resource, launch, launchData } = group;
    const properties = resource.Properties ?? {};
    const targetsOf = (value: Properties[string] | undefined, from: AssembledStack) =>
      items(value).flatMap((one) => values.target(one, from) ?? []);
    const profile = values.target(members(launchData['IamInstanceProfile'])['Arn'], launch.stack);
    return {
      ...group,
      key: keyOf(group),
      imageId: values.text(launchData['ImageId'], launch.stack),
      subnets: items(properties['VPCZoneIdentifier']).map((one) => networks.subnet(one, stack)),
      groups: [
        ...targetsOf(launchData['SecurityGroupIds'], launch.stack),
        ...items(launchData['NetworkInterfaces']).flatMap((one) => targetsOf(members(one)['Groups'], launch.stack)),
      ],
      iamRole: profile === undefined ? undefined : roleOfProfile(profile, values),
      targetGroups: targetsOf(properties['TargetGroupARNs'], stack),
      healthCheckType: String(properties['HealthCheckType']),
    };
  });
}

/** The role in an instance profile. */
export function roleOfProfile({ stack, resource }: PlacedResource, values: Values): PlacedResource | undefined {
  return values.target(items(resource.Properties?.['Roles'])[0], stack);
}
