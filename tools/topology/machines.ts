/** Machines as the templates launch them: their group, launch template, role and the settings in their user data. */

import {
  type AssembledStack,
  items,
  members,
  type PlacedResource,
  type Properties,
  resourcesOf,
} from '../../app/operator/assembly.ts';
import type { Networks, Subnet } from './network.ts';
import { readUserData, type UserData } from './user-data.ts';
import { keyOf, type Target, type Values } from './values.ts';

export interface Machines extends PlacedResource {
  readonly key: string;
  /** What their user data enables, for example `webhead`. */
  readonly role: string;
  readonly userData: UserData;
  readonly launch: PlacedResource;
  /** The launch template's data. */
  readonly launchData: Properties;
  readonly imageId: string;
  readonly machinesMin: number;
  readonly machinesMax: number;
  readonly subnets: readonly Subnet[];
  /** Security groups of each machine. */
  readonly groups: readonly Target[];
  readonly iamRole: PlacedResource | undefined;
  readonly targetGroups: readonly Target[];
  readonly healthCheckType: string;
}

/** @throws RangeError for a group whose launch template, user data or subnets cannot be read. */
export function readMachines(
  stacks: readonly AssembledStack[],
  values: Values,
  networks: Pick<Networks, 'subnet'>,
): readonly Machines[] {
  return resourcesOf(stacks, 'AWS::AutoScaling::AutoScalingGroup').map((place) => {
    const { stack } = place;
    const properties = place.resource.Properties ?? {};
    const launch = values.target(members(properties['LaunchTemplate'])['LaunchTemplateId'], stack);
    if (launch === undefined) throw new RangeError(`${keyOf(place)} has no launch template of ours`);
    const launchData = members(launch.resource.Properties?.['LaunchTemplateData']);
    const userData = readUserData(values.text(launchData['UserData'], launch.stack));
    const targetsOf = (value: Properties[string] | undefined, from: AssembledStack) =>
      items(value).flatMap((one) => values.target(one, from) ?? []);
    const profile = values.target(members(launchData['IamInstanceProfile'])['Arn'], launch.stack);
    return {
      ...place,
      key: keyOf(place),
      role: userData.role,
      userData,
      launch,
      launchData,
      imageId: values.text(launchData['ImageId'], launch.stack),
      machinesMin: Number(properties['MinSize']),
      machinesMax: Number(properties['MaxSize']),
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
