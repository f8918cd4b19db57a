/** The guard: which changes of real templates it lets pass, and which it refuses, naming what would be lost. */

import { describe, expect, test } from '@jest/globals';
import type { AssembledStack, Template } from '../../app/operator/assembly.ts';
import { compareTemplates, type Templates } from '../../tools/guard/changes.ts';
import { OTHER_RELEASE, sharedStacks, stackNamed } from '../topology/support/assembly.ts';
import { changedStacks, type Draft, idOf, resourceIn } from '../topology/support/changed.ts';
import { stacksAfter } from '../topology/support/synthesized.ts';

const DATA = 'prod-us-east-1-data';
const STACKS = sharedStacks();

/** What the guard says when what stands was made from templates that a change turned into today's. */
function afterChangeFrom(name: string, undo: (template: Draft) => void) {
  return compareTemplates(templatesOf(changedStacks(STACKS, name, undo)), templatesOf(STACKS));
}

/** What the guard says when today's templates are changed. */
function afterChangeTo(name: string, change: (template: Draft) => void) {
  return compareTemplates(templatesOf(STACKS), templatesOf(changedStacks(STACKS, name, change)));
}

function templatesOf(stacks: readonly AssembledStack[]): Templates {
  return new Map(stacks.map(({ name, template }) => [name, template]));
}

function templateOf(name: string): Draft {
  return structuredClone(stackNamed(name, STACKS).template) as Draft;
}

const VOLUME = idOf(templateOf(DATA), 'AWS::EC2::Volume', 'Ring1Node');
const ADDRESS = idOf(templateOf(DATA), 'AWS::EC2::NetworkInterface', 'RingRing1');

describe('refused', () => {
  test('a volume under another logical id, which is deleted and made anew', () => {
    const { losses } = afterChangeFrom(DATA, (template) => rename(template, VOLUME, 'VolumeOfRing1'));
    expect(losses[0]).toEqual({
      resource: `${DATA}/VolumeOfRing1`,
      type: 'AWS::EC2::Volume',
      fate: 'is left behind',
      because: [],
      movedTo: VOLUME,
      lost: 'what the machine has on its disk',
    });
  });

  test('a volume in another zone', () => {
    const { losses } = afterChangeTo(DATA, (template) => {
      resourceIn(template, 'AWS::EC2::Volume', VOLUME).Properties['AvailabilityZone'] = 'us-east-1b';
    });
    expect(losses[0]).toMatchObject({
      resource: `${DATA}/${VOLUME}`,
      fate: 'may be replaced',
      because: ['AvailabilityZone'],
      lost: 'what the machine has on its disk',
    });
  });

  test('a volume that its stack would take along from now on', () => {
    const { losses, stacks } = afterChangeTo(DATA, (template) => {
      Object.assign(resourceIn(template, 'AWS::EC2::Volume', VOLUME), { DeletionPolicy: 'Delete' });
    });
    expect(losses).toEqual([
      {
        resource: `${DATA}/${VOLUME}`,
        type: 'AWS::EC2::Volume',
        fate: 'is retained no more',
        because: ['DeletionPolicy'],
        lost: 'what the machine has on its disk',
      },
    ]);
    expect(stacks).toMatchObject([{ stack: DATA, changed: 1, replaced: 0, removed: 0 }]);
  });

  test('an address of a ring node', () => {
    const { losses } = afterChangeTo(DATA, (template) => {
      resourceIn(template, 'AWS::EC2::NetworkInterface', ADDRESS).Properties['PrivateIpAddress'] = '10.20.40.99';
    });
    expect(losses[0]).toMatchObject({
      resource: `${DATA}/${ADDRESS}`,
      fate: 'is replaced',
      because: ['PrivateIpAddress'],
    });
  });

  test('a node that is gone: its volume and its address first, then what any deploy makes', () => {
    const { losses } = afterChangeTo(DATA, (template) => {
      for (const id of Object.keys(template.Resources)) if (id.startsWith('RingRing2')) delete template.Resources[id];
    });
    expect(
      losses
        .slice(0, 2)
        .map(({ type, fate }) => [type, fate])
        .sort(),
    ).toEqual([
      ['AWS::EC2::NetworkInterface', 'is left behind'],
      ['AWS::EC2::Volume', 'is left behind'],
    ]);
    const others = losses.slice(2);
    expect(others.map(({ type }) => type)).toContain('AWS::AutoScaling::AutoScalingGroup');
    expect(others.filter(({ lost }) => lost !== undefined)).toEqual([]);
  });

  test('an address that is replaced only because of the subnet that it refers to', () => {
    const template = (cidrBlock: string): Template => ({
      Resources: {
        Subnet: { Type: 'AWS::EC2::Subnet', Properties: { VpcId: 'vpc-1', CidrBlock: cidrBlock } },
        Address: { Type: 'AWS::EC2::NetworkInterface', Properties: { SubnetId: { Ref: 'Subnet' } } },
      },
    });
    const { losses } = compareTemplates(
      new Map([['one', template('10.0.0.0/24')]]),
      new Map([['one', template('10.0.1.0/24')]]),
    );
    expect(losses).toMatchObject([
      { resource: 'one/Address', fate: 'is replaced', because: ['SubnetId'] },
      { resource: 'one/Subnet', fate: 'is replaced', because: ['CidrBlock'] },
    ]);
  });

  test('a stack that is gone, with each thing in it that holds something', () => {
    const { losses, stacks } = compareTemplates(
      templatesOf(STACKS),
      templatesOf(STACKS.filter(({ name }) => name !== 'prod-us-west-2-data')),
    );
    expect(stacks).toMatchObject([{ stack: 'prod-us-west-2-data', state: 'gone', added: 0, changed: 0 }]);
    const stateful = losses.filter(({ lost }) => lost !== undefined).map(({ type }) => type);
    expect([...new Set(stateful)].sort()).toEqual(
      expect.arrayContaining([
        'AWS::Backup::BackupVault',
        'AWS::EC2::NetworkInterface',
        'AWS::EC2::Volume',
        'AWS::KMS::Key',
      ]),
    );
  });

  test('another type under the same id', () => {
    const { losses } = afterChangeTo(DATA, (template) => {
      resourceIn(template, 'AWS::EC2::Volume', VOLUME).Type = 'AWS::EC2::NetworkInterface';
    });
    expect(losses[0]).toMatchObject({ resource: `${DATA}/${VOLUME}`, type: 'AWS::EC2::Volume', fate: 'is replaced' });
  });

  test.each([
    ['prod-us-east-1-secrets', 'AWS::SecretsManager::Secret'],
    ['prod-us-east-1-logs', 'AWS::OpenSearchService::Domain'],
    ['prod-us-east-1-logs', 'AWS::S3::Bucket'],
    ['prod-us-east-1-edge', 'AWS::SQS::Queue'],
    ['prod-us-east-1-edge', 'AWS::SES::EmailIdentity'],
    ['prod-us-east-1-network', 'AWS::Route53::HostedZone'],
    ['prod-us-east-1-network', 'AWS::Logs::LogGroup'],
    ['dev-us-east-1-box', 'AWS::EC2::EIP'],
  ])('%s without one of its %s', (stack, type) => {
    const { losses } = afterChangeTo(stack, (template) => {
      const [id = ''] = Object.entries(template.Resources).find(([, { Type }]) => Type === type) ?? [];
      expect(id).not.toBe('');
      delete template.Resources[id];
    });
    expect(losses[0]?.type).toBe(type);
    expect(losses[0]?.lost).toBeDefined();
  });
});

describe('let through', () => {
  test('no change at all', () => {
    expect(compareTemplates(templatesOf(STACKS), templatesOf(STACKS))).toEqual({ losses: [], stacks: [] });
  });

  test('another tag of a volume', () => {
    const { losses, stacks } = afterChangeTo(DATA, (template) => {
      resourceIn(template, 'AWS::EC2::Volume', VOLUME).Properties['Tags'] = [{ Key: 'Name', Value: 'another' }];
    });
    expect(losses).toEqual([]);
    expect(stacks).toEqual([{ stack: DATA, state: 'changed', added: 0, changed: 1, replaced: 0, removed: 0 }]);
  });

  test('a new stack', () => {
    const before = templatesOf(STACKS.filter(({ name }) => name !== DATA));
    const { losses, stacks } = compareTemplates(before, templatesOf(STACKS));
    expect(losses).toEqual([]);
    expect(stacks).toMatchObject([{ stack: DATA, state: 'new', changed: 0, replaced: 0, removed: 0 }]);
  });

  test('a new launch template in place of one that holds nothing, which is told of', () => {
    const { losses } = afterChangeTo(DATA, (template) => {
      const id = idOf(template, 'AWS::EC2::LaunchTemplate', 'Ring1Node');
      rename(template, id, 'Another');
    });
    expect(losses.map(({ type, lost }) => [type, lost])).toEqual([['AWS::EC2::LaunchTemplate', undefined]]);
  });
});

describe('a new ring image in prod', () => {
  const namesOfData = STACKS.map(({ name }) => name).filter((name) => /^prod-.*-data$/.test(name));

  test('changes nothing at all while no node names it', () => {
    const dataOf = (stacks: readonly AssembledStack[]) =>
      templatesOf(stacks.filter(({ name }) => namesOfData.includes(name)));
    expect(namesOfData).toHaveLength(3);
    expect(compareTemplates(dataOf(STACKS), dataOf(sharedStacks(OTHER_RELEASE)))).toEqual({ losses: [], stacks: [] });
  });

  test('changes the launch template of the node that names it, and neither its group nor another node', () => {
    const after = prodWhoseFirstNodeStartsFrom('ami-0123456789abcdef0');
    const before = new Map([...templatesOf(STACKS)].filter(([name]) => after.has(name)));
    const { losses, stacks } = compareTemplates(before, after);
    expect(losses).toEqual([]);
    expect(stacks).toEqual([{ stack: DATA, state: 'changed', added: 0, changed: 1, replaced: 0, removed: 0 }]);
    const differing = Object.entries(after.get(DATA)?.Resources ?? {}).filter(
      ([id, resource]) => JSON.stringify(resource) !== JSON.stringify(before.get(DATA)?.Resources[id]),
    );
    expect(differing.map(([id, { Type }]) => [id.replace(/[0-9A-F]{8}$/, ''), Type])).toEqual([
      ['RingRing1NodeTemplate', 'AWS::EC2::LaunchTemplate'],
    ]);
  });
});

/** Templates of prod with one image more on record, which one node names. */
function prodWhoseFirstNodeStartsFrom(image: string): Templates {
  const record = { contentHash: 'a'.repeat(64), owner: '333333333333', amis: { 'us-east-1': image } };
  return templatesOf(
    stacksAfter({ 'prod.regions[0].ringNodes[0].image': image, 'recorded-images.ring[1]': record }, 'prod'),
  );
}

/** Gives a resource another logical id, everywhere. */
function rename(template: Draft, from: string, to: string): void {
  const renamed = JSON.parse(JSON.stringify(template).replaceAll(`"${from}"`, `"${to}"`)) as Template;
  Object.assign(template, renamed);
}
