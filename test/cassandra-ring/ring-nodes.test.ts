/** Ring nodes keep their address, volume and name; a deploy leaves their machines alone; each of them takes only what is its own. */

import { describe, expect, test } from '@jest/globals';
import { readRingNodeConfig } from '../../app/cassandra-node/config.ts';
import { type AssembledStack, tagOf } from '../../app/operator/assembly.ts';
import { roleOf } from '../../tools/topology/calls.ts';
import type { IamRole } from '../../tools/topology/roles.ts';
import { LOADTEST, PROD, type Resource, resourcesIn } from '../support/construct-stack.ts';
import { OTHER_RELEASE, sharedStacks, sharedTopology, stackNamed } from '../topology/support/assembly.ts';
import { mayDo } from './may-do.ts';

const NODE_PART = /^RingRing(\d+)/;
const REGIONS = [PROD, LOADTEST].flatMap((environment) => {
  const topology = sharedTopology(environment.name);
  return environment.regions.map((region) => {
    const stack = stackNamed(`${environment.name}-${region.name}-data`, topology.stacks);
    return { environment, region: region.name, stack, topology };
  });
});

interface RingNode {
  readonly name: string;
  readonly stack: AssembledStack;
  readonly part: (type: string) => Resource;
  readonly files: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly role: IamRole;
  /** A value as statements of roles have it. */
  readonly inRoles: (value: Readonly<Record<string, string | string[]>>) => string;
}

const ALL_NODES = REGIONS.flatMap(({ environment, region, stack, topology }) =>
  topology.machines
    .filter((machines) => machines.stack.name === stack.name)
    .map((machines) => {
      const number = NODE_PART.exec(machines.id)?.[1];
      const node: RingNode = {
        name: `ring-${number}`,
        stack,
        part: (type) => {
          const found = resourcesIn(stack, type).filter(({ id }) => NODE_PART.exec(id)?.[1] === number);
          const [only] = found;
          if (only === undefined || found.length > 1) throw new Error(`ring-${number} has ${found.length} of ${type}`);
          return only;
        },
        files: machines.userData.files,
        role: roleOf(topology, machines),
        inRoles: (value) => topology.values.text(value, stack),
      };
      return { label: `${environment.name} ${node.name}`, environment, region, node };
    }),
);

/** What the program of a ring node is told. */
const settingsOf = ({ files }: RingNode) => files['ring-node'] ?? {};

describe('every ring node of the plan', () => {
  test('is there, in its own region', () => {
    expect(ALL_NODES.map(({ label, region }) => `${label} ${region}`)).toEqual([
      'prod ring-1 us-east-1',
      'prod ring-2 us-east-1',
      'prod ring-3 us-east-1',
      'prod ring-4 us-west-2',
      'prod ring-5 us-west-2',
      'prod ring-6 us-west-2',
      'prod ring-7 us-east-2',
      'loadtest ring-1 us-east-1',
      'loadtest ring-2 us-east-1',
      'loadtest ring-3 us-east-1',
      'loadtest ring-4 us-west-2',
      'loadtest ring-5 us-west-2',
      'loadtest ring-6 us-west-2',
    ]);
  });

  test.each(ALL_NODES)('$label has the address of the plan, by its interface, its name and its settings', (place) => {
    const planned = place.environment.regions
      .flatMap(({ ringNodes }) => ringNodes)
      .find(({ name }) => name === place.node.name);
    const { part } = place.node;
    expect(part('AWS::EC2::NetworkInterface').Properties.PrivateIpAddress).toBe(planned?.address);
    expect(part('AWS::Route53::RecordSet').Properties.ResourceRecords).toEqual([planned?.address]);
    expect(settingsOf(place.node)['RING_NODE_ADDRESS']).toBe(planned?.address);
  });

  test.each(ALL_NODES)('$label finds its own interface and volume, and nothing else has their tags', ({ node }) => {
    const interfaceTag = settingsOf(node)['RING_NODE_INTERFACE_TAG'] ?? '';
    const volumeTag = node.files['attach']?.['ATTACH_VOLUME_TAG'] ?? '';
    expect(resourcesWithTag(node.stack, interfaceTag)).toEqual([node.part('AWS::EC2::NetworkInterface').id]);
    expect(resourcesWithTag(node.stack, volumeTag)).toEqual([node.part('AWS::EC2::Volume').id]);
  });

  test.each(ALL_NODES)('$label is a group of none or one, which no deploy fills, empties or rolls', ({ node }) => {
    const { Properties, UpdatePolicy } = node.part('AWS::AutoScaling::AutoScalingGroup');
    expect([Properties.MinSize, Properties.MaxSize]).toEqual(['0', '1']);
    expect(Properties).not.toHaveProperty('DesiredCapacity');
    expect(UpdatePolicy).toBeUndefined();
    expect(Properties.HealthCheckType).toBe('EC2');
    expect(Properties.VPCZoneIdentifier).toHaveLength(1);
    expect(Properties).not.toHaveProperty('TargetGroupARNs');
  });

  test.each(ALL_NODES)('$label starts only when its interface and its volume are there', ({ node }) => {
    const { DependsOn } = node.part('AWS::AutoScaling::AutoScalingGroup');
    expect(DependsOn).toContain(node.part('AWS::EC2::NetworkInterface').id);
    expect(DependsOn).toContain(node.part('AWS::EC2::Volume').id);
  });

  test.each(ALL_NODES)('$label has its volume, its interface and its group in one zone', ({ node }) => {
    const volumeZone = node.part('AWS::EC2::Volume').Properties.AvailabilityZone;
    const subnet = node.part('AWS::EC2::NetworkInterface').Properties.SubnetId;
    expect(node.part('AWS::AutoScaling::AutoScalingGroup').Properties.VPCZoneIdentifier).toEqual([subnet]);
    const slot = ['a', 'b', 'c'].indexOf(volumeZone.at(-1));
    expect(JSON.stringify(subnet)).toContain(`NetworkringSlot${slot}`);
  });

  test.each(ALL_NODES)('$label is told settings that its program takes', ({ node }) => {
    expect(readRingNodeConfig(settingsOf(node)).RING_NODE_NAME).toBe(node.name);
  });

  test.each(ALL_NODES)('$label has its disks under the key of the ring', ({ node }) => {
    const [key] = resourcesIn(node.stack, 'AWS::KMS::Key');
    const arn = { 'Fn::GetAtt': [key?.id, 'Arn'] };
    const [root] = node.part('AWS::EC2::LaunchTemplate').Properties.LaunchTemplateData.BlockDeviceMappings;
    expect(root.Ebs).toMatchObject({ Encrypted: true, KmsKeyId: arn });
    expect(node.part('AWS::EC2::Volume').Properties).toMatchObject({ Encrypted: true, KmsKeyId: arn });
  });
});

describe('the settings of the ring', () => {
  const settings = (environment: typeof PROD) =>
    ALL_NODES.filter((place) => place.environment === environment).map(({ node }) => settingsOf(node));

  test('name the same seeds on every node: one in each zone of both serving regions, and none of the witness', () => {
    expect(new Set(settings(PROD).map(({ RING_NODE_SEEDS }) => RING_NODE_SEEDS))).toEqual(
      new Set(['10.20.40.20,10.20.41.20,10.20.42.20,10.21.40.20,10.21.41.20,10.21.42.20']),
    );
    const seeds = settings(PROD)[0]?.['RING_NODE_SEEDS']?.split(',') ?? [];
    const racks = settings(PROD)
      .filter(({ RING_NODE_ADDRESS = '' }) => seeds.includes(RING_NODE_ADDRESS))
      .map(({ RING_NODE_RACK }) => RING_NODE_RACK);
    expect(racks).toEqual(['use1-az1', 'use1-az2', 'use1-az4', 'usw2-az1', 'usw2-az2', 'usw2-az3']);
  });

  test('give each environment a ring of its own', () => {
    const clusters = [PROD, LOADTEST].map((one) => settings(one).map(({ RING_NODE_CLUSTER }) => RING_NODE_CLUSTER));
    expect(clusters.map((names) => [...new Set(names)])).toEqual([['picl-idp-prod'], ['picl-idp-loadtest']]);
  });

  test('give the witness one replica of claims, and every other data centre three of everything', () => {
    expect(
      settings(PROD).map(
        (one) => `${one['RING_NODE_DATA_CENTRE']} ${one['RING_NODE_HOLDS']} ${one['RING_NODE_REPLICATION_FACTOR']}`,
      ),
    ).toEqual([
      ...Array(3).fill('us-east-1 everything 3'),
      ...Array(3).fill('us-west-2 everything 3'),
      'us-east-2 claims 1',
    ]);
  });
});

describe('a ring node takes what is its own, and', () => {
  test.each(ALL_NODES)(
    '$label attaches its volume and its interface to its own machine',
    ({ environment, region, node }) => {
      for (const { action, id, kind } of attachments(node)) {
        const resource = `arn:aws:ec2:${region}:${environment.account}:${kind}/${id}`;
        expect(mayDo(node.role, { action, resource })).toBe(true);
        const context = { 'aws:ResourceTag/picl-idp:machine': machineTag(node) };
        expect(mayDo(node.role, { ...instance(environment.account, region, action), context })).toBe(true);
      }
    },
  );

  test.each(ALL_NODES)('$label attaches nothing of another node, and nothing to another machine', (place) => {
    const { environment, region, node } = place;
    const { role } = node;
    const others = ALL_NODES.map((other) => other.node).filter(
      ({ stack, name }) => stack === node.stack && name !== node.name,
    );
    expect(others).toHaveLength(node.name === 'ring-7' ? 0 : 2);
    for (const other of others) {
      for (const { action, id, kind } of attachments(other)) {
        expect(mayDo(role, { action, resource: `arn:aws:ec2:${region}:${environment.account}:${kind}/${id}` })).toBe(
          false,
        );
        const context = { 'aws:ResourceTag/picl-idp:machine': machineTag(other) };
        expect(mayDo(role, { ...instance(environment.account, region, action), context })).toBe(false);
      }
    }
    expect(mayDo(role, instance(environment.account, region, 'ec2:AttachVolume'))).toBe(false);
  });

  test.each(ALL_NODES)('$label reads its own secret and no other one', ({ environment, region, node }) => {
    const arn = (name: string) =>
      `arn:aws:secretsmanager:${region}:${environment.account}:secret:picl-idp/${environment.name}/${name}-AbCdEf`;
    const reads = (name: string) => mayDo(node.role, { action: 'secretsmanager:GetSecretValue', resource: arn(name) });
    expect(reads(`ring-node/${node.name}`)).toBe(true);
    const others = ALL_NODES.map((other) => other.node.name).filter((name) => name !== node.name);
    const forbidden = [...others.map((name) => `ring-node/${name}`), 'ring-authority/nodes', 'ring-role/operator'];
    expect([...forbidden, 'sealing-keyring', 'idp-key-set'].filter(reads)).toEqual([]);
  });

  test.each(ALL_NODES)('$label uses the key through EC2 alone', ({ region, node }) => {
    const [key] = resourcesIn(node.stack, 'AWS::KMS::Key');
    const resource = node.inRoles({ 'Fn::GetAtt': [key?.id ?? '', 'Arn'] });
    const grants = (context: Record<string, string>) =>
      mayDo(node.role, { action: 'kms:CreateGrant', resource, context });
    const throughEc2 = { 'kms:ViaService': `ec2.${region}.amazonaws.com` };
    expect(grants({ ...throughEc2, 'kms:GrantIsForAWSResource': 'true' })).toBe(true);
    expect(grants(throughEc2)).toBe(false);
    expect(grants({ 'kms:GrantIsForAWSResource': 'true' })).toBe(false);
    expect(mayDo(node.role, { action: 'kms:Decrypt', resource, context: throughEc2 })).toBe(false);
  });
});

describe('what is kept', () => {
  const KEPT = ['AWS::EC2::Volume', 'AWS::EC2::NetworkInterface', 'AWS::KMS::Key', 'AWS::Backup::BackupVault'];
  const policies = (environment: typeof PROD) =>
    REGIONS.filter((one) => one.environment === environment).flatMap(({ stack }) =>
      KEPT.flatMap((type) => resourcesIn(stack, type)).map(({ DeletionPolicy }) => DeletionPolicy),
    );

  test('of prod stays when its stack goes: 7 volumes, 7 interfaces, 3 keys and 2 vaults', () => {
    expect(policies(PROD)).toEqual(Array(19).fill('Retain'));
  });

  test('of loadtest goes with its stack: 6 volumes, 6 interfaces and 2 keys', () => {
    expect(policies(LOADTEST)).toEqual(Array(14).fill('Delete'));
  });

  test('in prod is behind groups that refuse to be deleted, and in loadtest is not', () => {
    const protections = (environment: typeof PROD) =>
      REGIONS.filter((one) => one.environment === environment)
        .flatMap(({ stack }) => resourcesIn(stack, 'AWS::AutoScaling::AutoScalingGroup'))
        .map(({ Properties }) => Properties.DeletionProtection);
    expect(protections(PROD)).toEqual(Array(7).fill('prevent-all-deletion'));
    expect(protections(LOADTEST)).toEqual(Array(6).fill(undefined));
  });
});

describe('a new release', () => {
  const renewed = sharedStacks(OTHER_RELEASE);
  const changedIn = ({ name, template }: AssembledStack) => {
    const { Resources: after } = stackNamed(name, renewed).template;
    expect(Object.keys(after)).toEqual(Object.keys(template.Resources));
    return Object.entries(template.Resources)
      .filter(([id, resource]) => JSON.stringify(resource) !== JSON.stringify(after[id]))
      .map(([, { Type }]) => Type);
  };
  const changedOf = (environment: typeof PROD) =>
    REGIONS.filter((one) => one.environment === environment).map(({ stack }) => changedIn(stack));

  test('changes nothing of the data in prod, where each node names its own image', () =>
    expect(changedOf(PROD)).toEqual([[], [], []]));

  test('changes launch templates alone in loadtest', () =>
    expect(changedOf(LOADTEST)).toEqual([
      Array(3).fill('AWS::EC2::LaunchTemplate'),
      Array(3).fill('AWS::EC2::LaunchTemplate'),
    ]));
});

function attachments({ part, inRoles }: RingNode) {
  const idOf = (type: string) => inRoles({ Ref: part(type).id });
  return [
    { action: 'ec2:AttachVolume', kind: 'volume', id: idOf('AWS::EC2::Volume') },
    { action: 'ec2:AttachNetworkInterface', kind: 'network-interface', id: idOf('AWS::EC2::NetworkInterface') },
  ];
}

function instance(account: string, region: string, action: string) {
  return { action, resource: `arn:aws:ec2:${region}:${account}:instance/i-0123456789abcdef0` };
}

function machineTag({ part }: RingNode): string {
  return tagOfTemplate(part('AWS::EC2::LaunchTemplate'), 'picl-idp:machine');
}

function tagOfTemplate({ Properties }: Resource, key: string): string {
  const [machines] = Properties.LaunchTemplateData.TagSpecifications;
  const tag = machines.Tags.find((one: { Key: string }) => one.Key === key);
  return tag.Value;
}

/** Resources that bear a tag, and launch templates whose machines' own disks will. */
function resourcesWithTag({ template }: AssembledStack, tag: string): readonly string[] {
  const [key = '', value] = [tag.slice(0, tag.indexOf('=')), tag.slice(tag.indexOf('=') + 1)];
  return Object.entries(template.Resources)
    .filter(([, resource]) =>
      resource.Type === 'AWS::EC2::LaunchTemplate'
        ? JSON.stringify(resource.Properties).includes(`"${key}"`)
        : tagOf(resource, key) === value,
    )
    .map(([id]) => id);
}
