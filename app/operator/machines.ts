/** The machines of an environment, as its Auto Scaling groups and launch templates name them. */

import { type AssembledStack, items, members, type Properties, referredId, resourcesOf } from './assembly.ts';

export interface MachineGroup {
  readonly stack: AssembledStack;
  /** Logical id of the group. */
  readonly id: string;
  /** What its machines do, as their user data enables it: for example `webhead`. */
  readonly role: string;
  readonly instanceType: string;
  readonly machinesMin: number;
  readonly machinesMax: number;
  /** Disks of each machine that go with it. GiB */
  readonly diskGiB: readonly number[];
  /** Whether each machine reports its metrics every minute. */
  readonly monitored: boolean;
  readonly publicAddress: boolean;
  /** An image id, or `resolve:ssm:NAME`; nothing when the template computes it. */
  readonly imageId: string | undefined;
}

const GROUP = 'AWS::AutoScaling::AutoScalingGroup';
const LAUNCH_TEMPLATE = 'AWS::EC2::LaunchTemplate';
const ENABLED_ROLE = /systemctl enable --now picl-idp-([a-z-]+)\.service/;
/** Groups that stand empty until an operator raises them, and then stay. */
const RAISED_ROLES: readonly string[] = ['ring-node'];
/** Disk of a machine whose template leaves it to the image. GiB */
const IMAGE_DISK_GIB = 8;

/** @throws Error that names the group whose launch template is not in its own stack, or has no literal instance type. */
export function machineGroups(stacks: readonly AssembledStack[]): readonly MachineGroup[] {
  return resourcesOf(stacks, GROUP).map(({ stack, id, resource }) => {
    const { LaunchTemplate: launch, MinSize: min, MaxSize: max } = resource.Properties ?? {};
    const launchId = referredId(members(launch)['LaunchTemplateId']) ?? '';
    const template = stack.template.Resources[launchId];
    const data = members(template?.Properties?.['LaunchTemplateData']);
    const instanceType = data['InstanceType'];
    if (template?.Type !== LAUNCH_TEMPLATE || typeof instanceType !== 'string') {
      throw new Error(`${stack.name}: ${id} has no launch template with a literal instance type in its stack`);
    }
    return {
      stack,
      id,
      role: ENABLED_ROLE.exec(JSON.stringify(data['UserData'] ?? ''))?.[1] ?? id,
      instanceType,
      machinesMin: Number(min),
      machinesMax: Number(max),
      ...settingsOf(data),
    };
  });
}

/** How many machines of a group run in a month in which nothing happens. */
export function machinesRunning({ role, machinesMin, machinesMax }: MachineGroup): number {
  return RAISED_ROLES.includes(role) ? machinesMax : machinesMin;
}

function settingsOf(data: Properties): Pick<MachineGroup, 'diskGiB' | 'monitored' | 'publicAddress' | 'imageId'> {
  const disks = items(data['BlockDeviceMappings']).map((mapping) => members(members(mapping)['Ebs'])['VolumeSize']);
  const interfaces = items(data['NetworkInterfaces']).map(members);
  const imageId = data['ImageId'];
  return {
    diskGiB: disks.length === 0 ? [IMAGE_DISK_GIB] : disks.map((gib) => Number(gib ?? IMAGE_DISK_GIB)),
    monitored: members(data['Monitoring'])['Enabled'] === true,
    publicAddress: interfaces.some((one) => one['AssociatePublicIpAddress'] === true),
    imageId: typeof imageId === 'string' ? imageId : undefined,
  };
}
