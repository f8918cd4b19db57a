/** The ring: where its nodes stand, and which quorums are left when a part of it goes. */

import { describe, expect, test } from '@jest/globals';
import { stacksOf } from '../../app/operator/assembly.ts';
import type { Topology } from '../../tools/topology/model.ts';
import { type Loss, machineTag, quorumsAfter, readRing } from '../../tools/topology/ring.ts';
import { sharedStacks, sharedTopology } from './support/assembly.ts';
import { resourceIn, withChangedStack } from './support/changed.ts';

const prodStacks = stacksOf(sharedStacks(), 'prod');
const prod = sharedTopology('prod');
const loadtest = sharedTopology('loadtest');

const ALL = { localQuorum: true, serial: true };
const LOCAL = { localQuorum: true, serial: false };
const CLAIMS = { localQuorum: false, serial: true };
const NOTHING = { localQuorum: false, serial: false };

const quorums = (topology: Topology, loss: Loss) => quorumsAfter(readRing(topology), topology.flows, loss);

describe.each([
  ['prod', prod],
  ['loadtest', loadtest],
] as const)('in %s', (_, topology) => {
  const nodes = readRing(topology);

  test('every node is told the same seeds, which stand in three zones of each serving region', () => {
    const [first] = nodes;
    expect(nodes.filter(({ seeds }) => seeds.join() !== first?.seeds.join())).toEqual([]);
    const seeds = nodes.filter(({ address }) => first?.seeds.includes(address));
    expect(seeds).toHaveLength(first?.seeds.length ?? 0);
    const zones = Map.groupBy(seeds, ({ dataCentre }) => dataCentre);
    expect([...zones].map(([centre, own]) => [centre, own.map(({ zone }) => zone).sort()])).toEqual([
      ['us-east-1', ['us-east-1a', 'us-east-1b', 'us-east-1c']],
      ['us-west-2', ['us-west-2a', 'us-west-2b', 'us-west-2c']],
    ]);
  });

  test("a node's machine, volume and address stand in one zone, and its rack is that zone", () => {
    expect(
      nodes.filter(({ zone, volumeZone, interfaceZone }) => zone !== volumeZone || zone !== interfaceZone),
    ).toEqual([]);
    const racks = Map.groupBy(nodes, ({ zone }) => zone);
    expect([...racks.values()].filter((own) => new Set(own.map(({ rack }) => rack)).size > 1)).toEqual([]);
    expect(new Set(nodes.map(({ rack }) => rack)).size).toBe(racks.size);
  });

  test('the address that a node is told is that of its interface, and no two nodes share one', () => {
    const told = nodes.map(({ machines }) => machines.userData.files['ring-node']?.['RING_NODE_ADDRESS']);
    expect(nodes.map(({ address }) => address)).toEqual(told);
    expect(new Set(told).size).toBe(nodes.length);
  });

  test('a machine looks for a volume and an address of its own name, and is tagged with it', () => {
    const environment = topology.stacks[0]?.environment;
    for (const { name, machines } of nodes)
      expect(machineTag(machines, 'picl-idp:machine')).toBe(`${environment}/${name}`);
  });
});

describe.each<[string, Loss, Record<string, unknown>]>([
  ['nothing', {}, { 'us-east-1': ALL, 'us-west-2': ALL }],
  ['a zone', { zones: ['us-east-1a'] }, { 'us-east-1': ALL, 'us-west-2': ALL }],
  ['a zone of each region', { zones: ['us-east-1a', 'us-west-2c'] }, { 'us-east-1': ALL, 'us-west-2': ALL }],
  ['two zones of a region', { zones: ['us-east-1a', 'us-east-1b'] }, { 'us-east-1': CLAIMS, 'us-west-2': ALL }],
  ['a region', { regions: ['us-east-1'] }, { 'us-west-2': ALL }],
  ['the other region', { regions: ['us-west-2'] }, { 'us-east-1': ALL }],
  ['a region and a zone of the other', { regions: ['us-east-1'], zones: ['us-west-2a'] }, { 'us-west-2': LOCAL }],
  ['the link between both', { links: [['us-east-1', 'us-west-2']] }, { 'us-east-1': ALL, 'us-west-2': ALL }],
  ['the witness', { regions: ['us-east-2'] }, { 'us-east-1': ALL, 'us-west-2': ALL }],
  ['the witness and a region', { regions: ['us-east-2', 'us-west-2'] }, { 'us-east-1': LOCAL }],
  [
    'the link between both, and one to the witness',
    {
      links: [
        ['us-east-1', 'us-west-2'],
        ['us-west-2', 'us-east-2'],
      ],
    },
    { 'us-east-1': ALL, 'us-west-2': LOCAL },
  ],
])('in prod, with a witness, without %s', (_, loss, expected) => {
  test('these quorums remain', () => expect(quorums(prod, loss)).toEqual(expected));
});

describe.each<[string, Loss, Record<string, unknown>]>([
  ['nothing', {}, { 'us-east-1': ALL, 'us-west-2': ALL }],
  ['a zone', { zones: ['us-west-2b'] }, { 'us-east-1': ALL, 'us-west-2': ALL }],
  ['a zone of each region', { zones: ['us-east-1a', 'us-west-2c'] }, { 'us-east-1': ALL, 'us-west-2': ALL }],
  [
    'two zones of each region',
    { zones: ['us-east-1a', 'us-east-1b', 'us-west-2a', 'us-west-2b'] },
    { 'us-east-1': NOTHING, 'us-west-2': NOTHING },
  ],
  ['a region', { regions: ['us-east-1'] }, { 'us-west-2': LOCAL }],
  ['the link between both', { links: [['us-west-2', 'us-east-1']] }, { 'us-east-1': LOCAL, 'us-west-2': LOCAL }],
])('in loadtest, without a witness, without %s', (_, loss, expected) => {
  test('these quorums remain', () => expect(quorums(loadtest, loss)).toEqual(expected));
});

describe('the questions can be answered with no', () => {
  const DATA = 'prod-us-east-1-data';

  test('two nodes in one rack lose the quorum with their zone', () => {
    const crowded = withChangedStack(prodStacks, DATA, (template) => {
      const data = resourceIn(template, 'AWS::EC2::LaunchTemplate', 'RING_NODE_NAME=ring-2\\n').Properties[
        'LaunchTemplateData'
      ];
      const launch = data as { UserData: { 'Fn::Base64': string } };
      launch.UserData['Fn::Base64'] = launch.UserData['Fn::Base64'].replace('RACK=use1-az2', 'RACK=use1-az1');
      const group = resourceIn(template, 'AWS::AutoScaling::AutoScalingGroup', '"prod ring-2"');
      const other = resourceIn(template, 'AWS::AutoScaling::AutoScalingGroup', '"prod ring-1"');
      group.Properties['VPCZoneIdentifier'] = other.Properties['VPCZoneIdentifier'];
    });
    expect(quorums(crowded, { zones: ['us-east-1a'] })['us-east-1']).toEqual(CLAIMS);
  });

  test('regions whose nodes cannot speak do not count for each other', () => {
    const deaf = withChangedStack(prodStacks, DATA, (template) => {
      for (const [id, { Type: type }] of Object.entries(template.Resources)) {
        if (type === 'AWS::EC2::SecurityGroupIngress' && /^RingUs(West|East)2ToNodes/.test(id))
          delete template.Resources[id];
      }
    });
    expect(quorums(deaf, {})).toEqual({ 'us-east-1': LOCAL, 'us-west-2': ALL });
  });

  test('a volume in another zone than its machine is seen', () => {
    const torn = withChangedStack(prodStacks, DATA, (template) => {
      resourceIn(template, 'AWS::EC2::Volume', '"prod ring-3"').Properties['AvailabilityZone'] = 'us-east-1a';
    });
    expect(readRing(torn).filter(({ zone, volumeZone }) => zone !== volumeZone)).toHaveLength(1);
  });

  test('two volumes of one name are refused, since a machine would find both', () =>
    expect(() =>
      readRing(
        withChangedStack(prodStacks, DATA, (template) => {
          template.Resources['Twin'] = resourceIn(template, 'AWS::EC2::Volume', '"prod ring-3"');
        }),
      ),
    ).toThrow('ring-3 looks for picl-idp:volume=prod/ring-3, which 2 resources have; allowed: one'));
});
