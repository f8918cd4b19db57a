/** Stacks: which there are, what they know of each other, and how an environment that is not meant to stay goes. */

import { describe, expect, test } from '@jest/globals';
import { type AssembledStack, stacksOf } from '../../app/operator/assembly.ts';
import { type Night, type Pass, readPasses, stacksLeft } from '../../tools/topology/deletion.ts';
import { findCycle, readReferences, type StackReference } from '../../tools/topology/stack-graph.ts';
import { createValues } from '../../tools/topology/values.ts';
import { sharedStacks } from './support/assembly.ts';
import { changedStacks } from './support/changed.ts';

const all = sharedStacks();
const ENVIRONMENTS = ['dev', 'loadtest', 'prod'];

const referencesOf = (stacks: readonly AssembledStack[]) => readReferences(stacks, createValues(stacks));
const needsOf = (stacks: readonly AssembledStack[], references: readonly StackReference[]) =>
  new Map(
    stacks.map(({ name, dependencies }) => [
      name,
      [...new Set([...dependencies, ...references.filter(({ from }) => from.name === name).map(({ to }) => to.name)])],
    ]),
  );
const kindOf = ({ target }: StackReference) => `${target?.resource.Type} ${target?.attribute}`;

test('these are the stacks, in the order of layers', () =>
  expect(all.map(({ name }) => name).sort()).toEqual([
    'dev-us-east-1-box',
    'loadtest-us-east-1-data',
    'loadtest-us-east-1-edge',
    'loadtest-us-east-1-generators',
    'loadtest-us-east-1-images',
    'loadtest-us-east-1-lifetime',
    'loadtest-us-east-1-logs',
    'loadtest-us-east-1-monitoring',
    'loadtest-us-east-1-network',
    'loadtest-us-east-1-peering',
    'loadtest-us-east-1-secrets',
    'loadtest-us-east-1-services',
    'loadtest-us-west-2-data',
    'loadtest-us-west-2-edge',
    'loadtest-us-west-2-images',
    'loadtest-us-west-2-lifetime',
    'loadtest-us-west-2-logs',
    'loadtest-us-west-2-monitoring',
    'loadtest-us-west-2-network',
    'loadtest-us-west-2-peering',
    'loadtest-us-west-2-services',
    'prod-us-east-1-data',
    'prod-us-east-1-edge',
    'prod-us-east-1-logs',
    'prod-us-east-1-monitoring',
    'prod-us-east-1-network',
    'prod-us-east-1-peering',
    'prod-us-east-1-secrets',
    'prod-us-east-1-services',
    'prod-us-east-2-data',
    'prod-us-east-2-monitoring',
    'prod-us-east-2-network',
    'prod-us-east-2-peering',
    'prod-us-west-2-data',
    'prod-us-west-2-edge',
    'prod-us-west-2-logs',
    'prod-us-west-2-monitoring',
    'prod-us-west-2-network',
    'prod-us-west-2-peering',
    'prod-us-west-2-services',
    'release-us-east-1',
    'release-us-east-2',
    'release-us-west-2',
  ]));

describe.each(ENVIRONMENTS)('in %s', (environment) => {
  const stacks = stacksOf(all, environment);
  const references = referencesOf(stacks);

  test('stacks do not need each other in a circle', () => expect(findCycle(needsOf(stacks, references))).toEqual([]));

  test('whatever a stack refers to is deployed before it', () => {
    const needs = needsOf(stacks, []);
    const isBefore = (name: string, wanted: string): boolean =>
      (needs.get(name) ?? []).some((one) => one === wanted || isBefore(one, wanted));
    expect(
      references
        .filter(({ from, to }) => !isBefore(from.name, to.name))
        .map(({ from, to }) => `${from.name} ${to.name}`),
    ).toEqual([]);
  });

  test('within a region stacks import, which CloudFormation guards; across regions they read once', () =>
    expect(references.filter(({ from, to, kind }) => kind !== (from.region === to.region ? 'strong' : 'weak'))).toEqual(
      [],
    ));

  test('across regions go ids of networks and of their connections, the search domain’s name and the addresses of generators only', () => {
    const kinds = new Set(references.filter(({ kind }) => kind === 'weak').map(kindOf));
    const allowed: readonly string[] =
      {
        dev: [],
        loadtest: [
          'AWS::EC2::EIP PublicIp',
          'AWS::EC2::VPC VpcId',
          'AWS::EC2::VPCPeeringConnection Id',
          'AWS::OpenSearchService::Domain DomainEndpoint',
        ],
        prod: [
          'AWS::EC2::VPC VpcId',
          'AWS::EC2::VPCPeeringConnection Id',
          'AWS::OpenSearchService::Domain DomainEndpoint',
        ],
      }[environment] ?? [];
    expect([...kinds].sort()).toEqual(allowed);
  });

  test('no stack imports a value that a change of image, size or version gives anew', () => {
    const changing = /LaunchTemplate|ImageBuilder|LatestVersionNumber|AutoScalingGroup/;
    const imports = references.filter(({ kind }) => kind === 'strong').filter((one) => changing.test(kindOf(one)));
    expect(imports.filter(({ from, target }) => !(from.layer === 'monitoring' && target?.attribute === 'Ref'))).toEqual(
      [],
    );
  });
});

test('releases know of no other stack, and no environment knows of another', () => {
  const releases = all.filter(({ environment }) => environment === undefined);
  expect(releases).toHaveLength(3);
  expect(referencesOf(releases)).toEqual([]);
  expect(releases.flatMap(({ dependencies }) => dependencies)).toEqual([]);
});

describe('the night of loadtest', () => {
  const stacks = stacksOf(all, 'loadtest');
  const references = referencesOf(stacks);
  const passes = readPasses(stacks);
  const morning = (night: Partial<Night>, left = passes) =>
    stacksLeft(stacks, references, left, { minutesToGo: () => 0, ...night });

  test('every stack has its passes, and at least three of them', () => {
    const counts = Map.groupBy(passes, ({ stack }) => stack);
    expect([...counts.keys()].sort()).toEqual(stacks.map(({ name }) => name).sort());
    expect([...counts.values()].filter((own) => own.length < 3)).toEqual([]);
  });

  test('each schedule deletes a stack of its own region', () =>
    expect(
      passes.filter(({ by, stack }) => by.replace(/lifetime$/, '') !== stack.slice(0, by.length - 'lifetime'.length)),
    ).toEqual([]));

  test.each([0, 3, 10, 25])('no stack is left when each takes %i minutes to go', (minutes) =>
    expect(morning({ minutesToGo: () => minutes })).toEqual([]),
  );

  test('no stack is left when the search domain takes an hour', () =>
    expect(morning({ minutesToGo: (stack) => (stack.endsWith('-logs') ? 60 : 10) })).toEqual([]));

  test('no stack is left when any one pass does nothing', () => {
    const survivors = passes.flatMap((failing) => {
      const left = morning({ minutesToGo: () => 10, fails: (pass: Pass) => pass === failing });
      return left.length === 0 ? [] : [`without ${failing.stack} at ${failing.minute}: ${left.join(', ')}`];
    });
    expect(survivors).toEqual([]);
  });

  test('no stack is left when nothing works in the first hour', () =>
    expect(morning({ minutesToGo: () => 10, fails: ({ minute }) => minute < 60 })).toEqual([]));

  test('the stacks with the schedules go last in their region', () => {
    const order: string[] = [];
    morning({
      minutesToGo: (stack) => {
        order.push(stack);
        return 0;
      },
    });
    for (const region of ['us-east-1', 'us-west-2']) {
      expect(order.filter((name) => name.includes(region)).at(-1)).toBe(`loadtest-${region}-lifetime`);
    }
  });

  test('one round of passes alone leaves stacks that were still in use', () => {
    const reversed = passes.filter(({ minute }) => minute < 20).toReversed();
    expect(
      morning(
        {},
        reversed.map((pass, minute) => ({ ...pass, minute })),
      ),
    ).not.toEqual([]);
  });

  test('a stack that never goes keeps what it uses, and the schedules', () => {
    const left = morning({ fails: ({ stack }) => stack === 'loadtest-us-west-2-data' });
    expect(left).toEqual(
      expect.arrayContaining(['loadtest-us-west-2-data', 'loadtest-us-west-2-lifetime', 'loadtest-us-west-2-network']),
    );
  });

  test('prod has no schedule that deletes', () => expect(readPasses(stacksOf(all, 'prod'))).toEqual([]));
});

describe('the questions can be answered with no', () => {
  test('stacks in a circle are told in their order', () =>
    expect(
      findCycle(
        new Map([
          ['a', ['b']],
          ['b', ['c']],
          ['c', ['b']],
        ]),
      ),
    ).toEqual(['b', 'c', 'b']));

  test('an import across regions finds nothing', () => {
    const crossed = changedStacks(all, 'prod-us-west-2-peering', (template) => {
      template.Resources['Crossed'] = {
        Type: 'AWS::EC2::Route',
        Properties: { RouteTableId: { 'Fn::ImportValue': 'prod-us-east-1-network:Vpc' } },
      };
    });
    expect(() => referencesOf(stacksOf(crossed, 'prod'))).toThrow(
      'prod-us-west-2-peering refers to a stack that is not there',
    );
  });
});
