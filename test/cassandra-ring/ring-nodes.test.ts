/** Ring nodes keep their address, volume and name; a deploy leaves their machines alone; each of them takes only what is its own. */

import { describe, expect, test } from '@jest/globals';
import { readRingNodeConfig } from '../../app/cassandra-node/config.ts';
import {
  dataResources,
  LOADTEST,
  PROD,
  PROD_WITHOUT_WITNESS,
  type Resource,
  type Resources,
  resourcesOfType,
  tagOf,
} from './data-stacks.ts';
import { mayDo } from './may-do.ts';

const REGIONS = [
  ...[...dataResources(PROD)].map(([region, resources]) => ({ environment: PROD, region, resources })),
  ...[...dataResources(LOADTEST)].map(([region, resources]) => ({ environment: LOADTEST, region, resources })),
];
const NODE_PART = /^RingRing(\d+)/;

interface NodeParts {
  readonly name: string;
  readonly resources: Resources;
  readonly part: (type: string) => Resource & { readonly id: string };
}

function nodesOf(resources: Resources): readonly NodeParts[] {
  const numbers = [...new Set(Object.keys(resources).flatMap((id) => NODE_PART.exec(id)?.[1] ?? []))];
  return numbers.map((number) => ({
    name: `ring-${number}`,
    resources,
    part: (type) => {
      const found = resourcesOfType(resources, type).filter(({ id }) => NODE_PART.exec(id)?.[1] === number);
      const [only] = found;
      if (only === undefined || found.length > 1) throw new Error(`ring-${number} has ${found.length} of ${type}`);
      return only;
    },
  }));
}

function settingsOf({ part }: NodeParts, file: string): Record<string, string> {
  const script: string = part('AWS::EC2::LaunchTemplate').Properties.LaunchTemplateData.UserData['Fn::Base64'];
  const text = new RegExp(`cat > /etc/picl-idp/${file}\\.env <<'END'\\n(.*?)END\\n`, 's').exec(script)?.[1] ?? '';
  const lines = text.split('\n').filter(Boolean);
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

const ALL_NODES = REGIONS.flatMap(({ environment, region, resources }) =>
  nodesOf(resources).map((node) => ({ label: `${environment.name} ${node.name}`, environment, region, node })),
);

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
    expect(settingsOf(place.node, 'ring-node')['RING_NODE_ADDRESS']).toBe(planned?.address);
  });

  test.each(ALL_NODES)('$label finds its own interface and volume, and nothing else has their tags', ({ node }) => {
    const interfaceTag = settingsOf(node, 'ring-node')['RING_NODE_INTERFACE_TAG'] ?? '';
    const volumeTag = settingsOf(node, 'attach')['ATTACH_VOLUME_TAG'] ?? '';
    expect(resourcesWithTag(node.resources, interfaceTag)).toEqual([node.part('AWS::EC2::NetworkInterface').id]);
    expect(resourcesWithTag(node.resources, volumeTag)).toEqual([node.part('AWS::EC2::Volume').id]);
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
    expect(readRingNodeConfig(settingsOf(node, 'ring-node')).RING_NODE_NAME).toBe(node.name);
  });

  test.each(ALL_NODES)('$label has its disks under the key of the ring', ({ node }) => {
    const [key] = resourcesOfType(node.resources, 'AWS::KMS::Key');
    const arn = { 'Fn::GetAtt': [key?.id, 'Arn'] };
    const [root] = node.part('AWS::EC2::LaunchTemplate').Properties.LaunchTemplateData.BlockDeviceMappings;
    expect(root.Ebs).toMatchObject({ Encrypted: true, KmsKeyId: arn });
    expect(node.part('AWS::EC2::Volume').Properties).toMatchObject({ Encrypted: true, KmsKeyId: arn });
  });
});

describe('the settings of the ring', () => {
  const settings = (environment: typeof PROD) =>
    ALL_NODES.filter((place) => place.environment === environment).map(({ node }) => settingsOf(node, 'ring-node'));

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

  test('know nothing of a witness where there is none', () => {
    const regions = dataResources(PROD_WITHOUT_WITNESS);
    expect([...regions.keys()]).toEqual(['us-east-1', 'us-west-2']);
    const told = [...regions.values()].flatMap(nodesOf).map((node) => settingsOf(node, 'ring-node'));
    expect(told).toEqual(settings(PROD).slice(0, 6));
  });
});

describe('a ring node takes what is its own, and', () => {
  test.each(ALL_NODES)(
    '$label attaches its volume and its interface to its own machine',
    ({ environment, region, node }) => {
      for (const { action, id, kind } of attachments(node)) {
        const resource = `arn:aws:ec2:${region}:${environment.account}:${kind}/\${${id}}`;
        expect(mayDo(node.part('AWS::IAM::Role'), { action, resource })).toBe(true);
        const context = { 'aws:ResourceTag/picl-idp:machine': machineTag(node) };
        expect(mayDo(node.part('AWS::IAM::Role'), { ...instance(environment.account, region, action), context })).toBe(
          true,
        );
      }
    },
  );

  test.each(ALL_NODES)('$label attaches nothing of another node, and nothing to another machine', (place) => {
    const { environment, region, node } = place;
    const role = node.part('AWS::IAM::Role');
    const others = nodesOf(node.resources).filter(({ name }) => name !== node.name);
    for (const other of others) {
      for (const { action, id, kind } of attachments(other)) {
        expect(
          mayDo(role, { action, resource: `arn:aws:ec2:${region}:${environment.account}:${kind}/\${${id}}` }),
        ).toBe(false);
        const context = { 'aws:ResourceTag/picl-idp:machine': machineTag(other) };
        expect(mayDo(role, { ...instance(environment.account, region, action), context })).toBe(false);
      }
    }
    expect(mayDo(role, instance(environment.account, region, 'ec2:AttachVolume'))).toBe(false);
  });

  test.each(ALL_NODES)('$label reads its own secret and no other one', ({ environment, region, node }) => {
    const arn = (name: string) =>
      `arn:aws:secretsmanager:${region}:${environment.account}:secret:picl-idp/${environment.name}/${name}-AbCdEf`;
    const reads = (name: string) =>
      mayDo(node.part('AWS::IAM::Role'), { action: 'secretsmanager:GetSecretValue', resource: arn(name) });
    expect(reads(`ring-node/${node.name}`)).toBe(true);
    const others = ALL_NODES.map((other) => other.node.name).filter((name) => name !== node.name);
    const forbidden = [...others.map((name) => `ring-node/${name}`), 'ring-authority/nodes', 'ring-role/operator'];
    expect([...forbidden, 'sealing-keyring', 'idp-key-set'].filter(reads)).toEqual([]);
  });

  test.each(ALL_NODES)('$label uses the key through EC2 alone', ({ region, node }) => {
    const [key] = resourcesOfType(node.resources, 'AWS::KMS::Key');
    const resource = `\${${key?.id}}`;
    const grants = (context: Record<string, string>) =>
      mayDo(node.part('AWS::IAM::Role'), { action: 'kms:CreateGrant', resource, context });
    const throughEc2 = { 'kms:ViaService': `ec2.${region}.amazonaws.com` };
    expect(grants({ ...throughEc2, 'kms:GrantIsForAWSResource': 'true' })).toBe(true);
    expect(grants(throughEc2)).toBe(false);
    expect(grants({ 'kms:GrantIsForAWSResource': 'true' })).toBe(false);
    expect(mayDo(node.part('AWS::IAM::Role'), { action: 'kms:Decrypt', resource, context: throughEc2 })).toBe(false);
  });
});

describe('what is kept', () => {
  const KEPT = ['AWS::EC2::Volume', 'AWS::EC2::NetworkInterface', 'AWS::KMS::Key', 'AWS::Backup::BackupVault'];
  const policies = (environment: typeof PROD) =>
    REGIONS.filter((one) => one.environment === environment).flatMap(({ resources }) =>
      KEPT.flatMap((type) => resourcesOfType(resources, type)).map(({ DeletionPolicy }) => DeletionPolicy),
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
        .flatMap(({ resources }) => resourcesOfType(resources, 'AWS::AutoScaling::AutoScalingGroup'))
        .map(({ Properties }) => Properties.DeletionProtection);
    expect(protections(PROD)).toEqual(Array(7).fill('prevent-all-deletion'));
    expect(protections(LOADTEST)).toEqual(Array(6).fill(undefined));
  });
});

describe('a new release', () => {
  test('changes nothing of the data in prod, where each node names its own image', () => {
    expect(dataResources(PROD, 'b'.repeat(64))).toEqual(dataResources(PROD, 'a'.repeat(64)));
  });

  test('changes launch templates alone in loadtest', () => {
    const [before, after] = ['a', 'b'].map((digit) => dataResources(LOADTEST, digit.repeat(64)).get('us-east-1') ?? {});
    const changed = Object.keys(before ?? {}).filter(
      (id) => JSON.stringify(before?.[id]) !== JSON.stringify(after?.[id]),
    );
    expect(changed.map((id) => before?.[id]?.Type)).toEqual(Array(3).fill('AWS::EC2::LaunchTemplate'));
  });

  test('of one ring node in prod changes its own launch template alone', () => {
    const [first, ...others] = PROD.regions;
    if (first === undefined) throw new Error('prod has no region');
    const ringNodes = first.ringNodes.map((node) =>
      node.name === 'ring-2' ? { ...node, image: 'ami-00000000000000e99' } : node,
    );
    const before = dataResources(PROD).get('us-east-1') ?? {};
    const after = dataResources({ ...PROD, regions: [{ ...first, ringNodes }, ...others] }).get('us-east-1') ?? {};
    const changed = Object.keys(before).filter((id) => JSON.stringify(before[id]) !== JSON.stringify(after[id]));
    expect(changed.map((id) => id.replace(/[0-9A-F]{8}$/, ''))).toEqual(['RingRing2NodeTemplate']);
  });
});

function attachments({ part }: NodeParts) {
  return [
    { action: 'ec2:AttachVolume', kind: 'volume', id: part('AWS::EC2::Volume').id },
    { action: 'ec2:AttachNetworkInterface', kind: 'network-interface', id: part('AWS::EC2::NetworkInterface').id },
  ];
}

function instance(account: string, region: string, action: string) {
  return { action, resource: `arn:aws:ec2:${region}:${account}:instance/i-0123456789abcdef0` };
}

function machineTag({ part }: NodeParts): string {
  return tagOfTemplate(part('AWS::EC2::LaunchTemplate'), 'picl-idp:machine');
}

function tagOfTemplate({ Properties }: Resource, key: string): string {
  const [machines] = Properties.LaunchTemplateData.TagSpecifications;
  const tag = machines.Tags.find((one: { Key: string }) => one.Key === key);
  return tag.Value;
}

/** Resources that bear a tag, and launch templates whose machines' own disks will. */
function resourcesWithTag(resources: Resources, tag: string): readonly string[] {
  const [key = '', value] = [tag.slice(0, tag.indexOf('=')), tag.slice(tag.indexOf('=') + 1)];
  return Object.entries(resources)
    .filter(([, resource]) => {
      if (resource.Type !== 'AWS::EC2::LaunchTemplate')
        return Array.isArray(resource.Properties?.Tags) && tagOf(resource, key) === value;
      return JSON.stringify(resource.Properties.LaunchTemplateData.TagSpecifications).includes(`"${key}"`);
    })
    .map(([id]) => id);
}
