/** The machines of an environment, as its Auto Scaling groups and launch templates name them. */

import {
  type AssembledStack,
  items,
  members,
  type PlacedResource,
  type Properties,
  referredId,
  resourcesOf,
} from './assembly.ts';
import { readUserData, type UserData } from './user-data.ts';

export interface MachineGroup extends PlacedResource {
  readonly launch: PlacedResource;
  /** The launch template's data. */
  readonly launchData: Properties;
  readonly userData: UserData;
  /** What its machines do, as their user data enables it: for example `webhead`. */
  readonly role: string;
  readonly instanceType: string;
  readonly machinesMin: number;
  readonly machinesMax: number;
  /** Disks of each machine that go with it. GiB */
  readonly diskGiB: readonly number[];
  /** Whether each machine reports its metrics every minute. */
  readonly monitored: boolean;
  /** Whether each machine keeps the public address that it starts with: an elastic one would take its place. */
  readonly publicAddress: boolean;
  /** An image id, or `resolve:ssm:NAME`; nothing when the template computes it. */
  readonly imageId: string | undefined;
}

const GROUP = 'AWS::AutoScaling::AutoScalingGroup';
const LAUNCH_TEMPLATE = 'AWS::EC2::LaunchTemplate';
/** Groups that stand empty until an operator raises them, and then stay. */
const RAISED_ROLES: readonly string[] = ['ring-node'];
/** Disk of a machine whose template leaves it to the image. GiB */
const IMAGE_DISK_GIB = 8;

/**
 * @throws Error that names the group whose launch template is not in its own stack, or has no literal instance type or user data;
 * RangeError that shows the line of user data which is neither a setting nor the start of a role.
 */
export function machineGroups(stacks: readonly AssembledStack[]): readonly MachineGroup[] {
  return resourcesOf(stacks, GROUP).map((place) => {
    const { stack, id, resource } = place;
    const { LaunchTemplate: launch, MinSize: min, MaxSize: max } = resource.Properties ?? {};
    const launchId = referredId(members(launch)['LaunchTemplateId']) ?? '';
    const template = stack.template.Resources[launchId];
    const launchData = members(template?.Properties?.['LaunchTemplateData']);
    const { InstanceType: instanceType, UserData: encoded } = launchData;
    const { 'Fn::Base64': script } = members(encoded);
    if (template?.Type !== LAUNCH_TEMPLATE || typeof instanceType !== 'string') {
      throw new Error(`${stack.name}: ${id} has no launch template with a literal instance type in its stack`);
    }
    if (typeof script !== 'string')
      throw new Error(`${stack.name}: the launch template of ${id} has no literal user data`);
    const userData = readUserData(script);
    return {
      ...place,
      launch: { stack, id: launchId, resource: template },
      launchData,
      userData,
      role: userData.role,
      instanceType,
      machinesMin: Number(min),
      machinesMax: Number(max),
      publicAddress: hasPublicAddress(launchData) && !takesElasticAddress(userData),
      ...settingsOf(launchData),
    };
  });
}

/** How many machines of a group run in a month in which nothing happens. */
export function machinesRunning({ role, machinesMin, machinesMax }: MachineGroup): number {
  return RAISED_ROLES.includes(role) ? machinesMax : machinesMin;
}

function hasPublicAddress(data: Properties): boolean {
  const interfaces = items(data['NetworkInterfaces']).map(members);
  return interfaces.some((one) => one['AssociatePublicIpAddress'] === true);
}

function takesElasticAddress({ files }: UserData): boolean {
  return files['attach']?.['ATTACH_ADDRESS_ALLOCATION_TAG'] !== undefined;
}

function settingsOf(data: Properties): Pick<MachineGroup, 'diskGiB' | 'monitored' | 'imageId'> {
  const disks = items(data['BlockDeviceMappings']).map((mapping) => members(members(mapping)['Ebs'])['VolumeSize']);
  const imageId = data['ImageId'];
  return {
    diskGiB: disks.length === 0 ? [IMAGE_DISK_GIB] : disks.map((gib) => Number(gib ?? IMAGE_DISK_GIB)),
    monitored: members(data['Monitoring'])['Enabled'] === true,
    imageId: typeof imageId === 'string' ? imageId : undefined,
  };
}
