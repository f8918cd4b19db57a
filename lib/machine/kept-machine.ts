/** A machine with a volume, and perhaps an address, that outlive it: machines come and go, what is kept stays. */

import { CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { CfnEIP, CfnVolume } from 'aws-cdk-lib/aws-ec2';
import { Construct, type IDependable } from 'constructs';
import { readAttachConfig } from '../../app/machine/config.ts';
import type { Environment, Region, Zone } from '../../regions/schema.ts';
import { acknowledge } from '../acknowledge.ts';
import { keyValues } from '../key-values.ts';
import { ec2Arn } from '../names.ts';
import type { SecurityGroup } from '../network/security-group.ts';
import { keepWith } from '../retention.ts';
import { InstanceRole } from './instance-role.ts';
import { createLaunchTemplate } from './launch-template.ts';
import { oldMachineFirst } from './machine-group.ts';
import type { MachineRole } from './machine-role.ts';
import { allowed, type PolicyStatement } from './policy.ts';
import { type Settings, type SettingsFile, textSettings } from './user-data.ts';

const GRACE_SECONDS = 300;
/** The machine before may still be on its way out. */
const ATTACH_WAIT_MS_MAX = 600_000;

/**
 * Tags by which a machine and what is kept for it are known, one for each kind: a machine's tags are also on its own disk, so that a volume
 * with the machine's tag would be found twice.
 */
const MACHINE_TAG = 'picl-idp:machine';
const VOLUME_TAG = 'picl-idp:volume';
const ELASTIC_ADDRESS_TAG = 'picl-idp:elastic-address';

export interface KeptMachineProps {
  readonly environment: Environment;
  readonly region: Region;
  readonly zone: Zone;
  /** Its name in this environment and region, for life: what is kept carries it as a tag. */
  readonly name: string;
  readonly role: MachineRole;
  readonly subnetId: string;
  readonly imageId: string;
  readonly instanceType: string;
  readonly securityGroups: readonly SecurityGroup[];
  /** Settings of the role, beside those by which the machine finds what is its own. */
  readonly settings: Settings;
  /** Settings of programs beside the role's own. @default - none */
  readonly otherFiles?: readonly SettingsFile[];
  readonly statements: readonly PolicyStatement[];
  readonly volumeGiB: number;
  readonly mountPoint: string;
  /** Resources that must be there before a machine, beside its volume and address. @default - none */
  readonly after?: readonly IDependable[];
  /** A key of ours for the volume and the machine's own disk. @default - AWS's own key for volumes */
  readonly keyArn?: string;
  /** Tags of the volume, beside its own; a backup plan looks for one. @default - none */
  readonly volumeTags?: Readonly<Record<string, string>>;
  /**
   * `deploy`: a changed template ends the machine and starts the next one. `operators`: a deploy leaves machines alone, and the group stands
   * empty until an operator raises it.
   */
  readonly replacedBy: 'deploy' | 'operators';
  /** Whether it has a public address that it keeps. @default false */
  readonly elasticAddress?: boolean;
  /** Balancers that send it what they get. @default - none */
  readonly targetGroupArns?: readonly string[];
}

/**
 * A machine of which there is at most one, in one zone, and what it keeps.
 * Resources: a volume and, if asked for, an elastic address, both retained where data is kept; an IAM role that may attach these to this
 * machine and to no other; a launch template; an Auto Scaling group of at most one.
 * Failure behaviour: a machine that dies is started again in its zone and takes its volume and address back; a lost zone's machine waits for
 * its zone, since the volume cannot leave it. A deploy ends the machine before it starts the next one, where a deploy may. The machine itself
 * is protected from nothing: all that is lost with it is the time until the next one has its volume.
 */
export class KeptMachine extends Construct {
  readonly groupName: string;
  readonly volumeId: string;
  private readonly address: CfnEIP | undefined;

  constructor(scope: Construct, id: string, props: KeptMachineProps) {
    super(scope, id);
    const volume = this.addVolume(props);
    this.address = props.elasticAddress === true ? this.addElasticAddress(props) : undefined;
    const kept = this.address === undefined ? [volume] : [volume, this.address];
    const role = new InstanceRole(this, 'Role', {
      bearer: `${props.name} of ${props.environment.name} in ${props.region.name}`,
      statements: [...attachStatements(props, volume, this.address), ...props.statements],
      sessions: true,
    });
    const group = this.addMachine(props, role.profileArn);
    // A machine that starts before them would look for them in vain.
    group.node.addDependency(role, ...kept, ...(props.after ?? []));
    this.groupName = group.ref;
    this.volumeId = volume.ref;
    acknowledge(this, findingsLeft(props));
  }

  /** @throws RangeError when the machine was not asked to have one. */
  get elasticAddress(): string {
    if (this.address === undefined) throw new RangeError(`${this.node.path} has no elastic address`);
    return this.address.attrPublicIp;
  }

  private addVolume(props: KeptMachineProps): CfnVolume {
    const { environment, zone, volumeGiB, keyArn, volumeTags } = props;
    const volume = new CfnVolume(this, 'Volume', {
      availabilityZone: zone.name,
      size: volumeGiB,
      volumeType: 'gp3',
      encrypted: true,
      ...(keyArn === undefined ? {} : { kmsKeyId: keyArn }),
      tags: keyValues({ Name: fullName(props), [VOLUME_TAG]: keptName(props), ...volumeTags }),
    });
    keepWith(environment, volume);
    return volume;
  }

  private addElasticAddress(props: KeptMachineProps): CfnEIP {
    const tags = keyValues({ Name: fullName(props), [ELASTIC_ADDRESS_TAG]: keptName(props) });
    const address = new CfnEIP(this, 'Address', { domain: 'vpc', tags });
    keepWith(props.environment, address);
    return address;
  }

  private addMachine(props: KeptMachineProps, profileArn: string): CfnAutoScalingGroup {
    const { environment, zone, role, keyArn, replacedBy, targetGroupArns } = props;
    const template = createLaunchTemplate(this, 'Template', {
      environment,
      name: props.name,
      imageId: props.imageId,
      instanceType: props.instanceType,
      profileArn,
      securityGroupIds: props.securityGroups.map(({ groupId }) => groupId),
      userData: {
        role,
        files: [
          { name: 'attach', settings: attachSettings(props) },
          { name: role, settings: props.settings },
          ...(props.otherFiles ?? []),
        ],
      },
      tags: { [MACHINE_TAG]: keptName(props) },
      detailedMonitoring: environment.keepsData,
      ...(keyArn === undefined ? {} : { kmsKeyId: keyArn }),
      // Until it has taken its own address, it needs another one to ask EC2 for it.
      publicAddress: props.elasticAddress === true,
    });
    // An image that could not be baked leaves the template as it is: a machine that dies meanwhile comes back as it was.
    template.node.addDependency(...(props.after ?? []));
    const group = new CfnAutoScalingGroup(this, 'Machine', {
      vpcZoneIdentifier: [props.subnetId],
      minSize: replacedBy === 'operators' ? '0' : '1',
      maxSize: '1',
      launchTemplate: { launchTemplateId: template.attrLaunchTemplateId, version: template.attrLatestVersionNumber },
      // Its balancer, where it has one, must not have it replaced: what it keeps is not elsewhere.
      healthCheckType: 'EC2',
      healthCheckGracePeriod: GRACE_SECONDS,
      metricsCollection: [{ granularity: '1Minute', metrics: ['GroupInServiceInstances', 'GroupDesiredCapacity'] }],
      // What no deploy may replace, no deploy may take away either: an update lifts it first.
      ...(environment.keepsData && replacedBy === 'operators' ? { deletionProtection: 'prevent-all-deletion' } : {}),
      ...(targetGroupArns === undefined ? {} : { targetGroupArns: [...targetGroupArns] }),
      tags: [
        { key: 'Name', value: fullName(props), propagateAtLaunch: false },
        { key: 'picl-idp:zone', value: zone.id, propagateAtLaunch: false },
      ],
    });
    // Two machines cannot hold one volume.
    if (replacedBy === 'deploy') group.cfnOptions.updatePolicy = oldMachineFirst();
    return group;
  }
}

/** What people read. */
function fullName({ environment, name }: KeptMachineProps): string {
  return `${environment.name} ${name}`;
}

/** What machines look for. An account may hold several environments, in one zone. */
function keptName({ environment, name }: KeptMachineProps): string {
  return `${environment.name}/${name}`;
}

function attachSettings(props: KeptMachineProps): Settings {
  const settings = textSettings({
    ATTACH_REGION: props.region.name,
    ATTACH_VOLUME_TAG: `${VOLUME_TAG}=${keptName(props)}`,
    ATTACH_MOUNT_POINT: props.mountPoint,
    ...(props.elasticAddress === true
      ? { ATTACH_ADDRESS_ALLOCATION_TAG: `${ELASTIC_ADDRESS_TAG}=${keptName(props)}` }
      : {}),
    ATTACH_WAIT_MS_MAX,
  });
  readAttachConfig(settings);
  return settings;
}

/** The right to attach what is kept for a machine to that machine. */
function attachStatements(props: KeptMachineProps, volume: CfnVolume, elasticAddress: CfnEIP | undefined) {
  const { environment, region, keyArn } = props;
  const ofVolume = attachesToItself(props, 'ec2:AttachVolume', ec2Arn(environment, region, `volume/${volume.ref}`));
  const throughEc2 = {
    // EC2 decrypts the volume for as long as it is attached; the machine itself can decrypt nothing.
    Bool: { 'kms:GrantIsForAWSResource': 'true' },
    StringEquals: { 'kms:ViaService': `ec2.${region.name}.amazonaws.com` },
  };
  return [
    // EC2 knows no resources for what describes them.
    allowed(['ec2:DescribeVolumes', ...(elasticAddress === undefined ? [] : ['ec2:DescribeAddresses'])], ['*']),
    ...ofVolume,
    ...(keyArn === undefined ? [] : [allowed(['kms:CreateGrant'], [keyArn], throughEc2)]),
    ...(elasticAddress === undefined ? [] : takesAddress(props, elasticAddress)),
  ];
}

function takesAddress(props: KeptMachineProps, { attrAllocationId }: CfnEIP): readonly PolicyStatement[] {
  const { environment, region } = props;
  const address = ec2Arn(environment, region, `elastic-ip/${attrAllocationId}`);
  return [
    ...attachesToItself(props, 'ec2:AssociateAddress', address),
    // The address goes to the machine's first interface, which no tag of ours names.
    allowed(['ec2:AssociateAddress'], [ec2Arn(environment, region, 'network-interface/*')]),
  ];
}

/** The right to attach one thing to the machine that is known by the tag which its own launch template gives it. */
export function attachesToItself(
  { environment, region, name }: Pick<KeptMachineProps, 'environment' | 'region' | 'name'>,
  action: string,
  resourceArn: string,
): readonly PolicyStatement[] {
  const itself = { StringEquals: { [`aws:ResourceTag/${MACHINE_TAG}`]: `${environment.name}/${name}` } };
  return [allowed([action], [resourceArn]), allowed([action], [ec2Arn(environment, region, 'instance/*')], itself)];
}

function findingsLeft({ environment, region, elasticAddress }: KeptMachineProps): Readonly<Record<string, string>> {
  const ofInterfaces = `AwsSolutions-IAM5[Resource::${ec2Arn(environment, region, 'network-interface/*')}]`;
  return {
    'CloudFormation-Validate::W3010': 'A volume belongs to one zone for life, so its zone stands in the plan.',
    'AwsSolutions-AS3': 'Alarms ask whether each group has its machine; that one comes and another goes is no news.',
    'AwsSolutions-IAM5[Resource::*]': 'Systems Manager, and what EC2 describes, know no resources.',
    [`AwsSolutions-IAM5[Resource::${ec2Arn(environment, region, 'instance/*')}]`]:
      'A machine has no name before it starts: it is known by the tag that its own launch template gives it.',
    ...(elasticAddress === true
      ? { [ofInterfaces]: 'The first interface of a machine has no name before it starts; the address has.' }
      : {}),
  };
}
