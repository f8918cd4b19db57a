/** prod with a reason in the place of its witness: two regions that know nothing of a third. */

import { expect, test } from '@jest/globals';
import { readTopology, type Topology } from '../../tools/topology/model.ts';
import { sharedTopology } from '../topology/support/assembly.ts';
import { stacksAfter } from '../topology/support/synthesized.ts';

const withWitness = sharedTopology('prod');
const without = readTopology(
  stacksAfter(
    {
      'prod.regions[2]': undefined,
      'prod.shape.twoRegions.witness': { none: 'This environment of a test has only two regions.' },
    },
    'prod',
  ),
);

const dataRegions = ({ stacks }: Topology) =>
  stacks
    .filter(({ layer }) => layer === 'data')
    .map(({ region }) => region)
    .sort();
const told = ({ machines }: Topology) =>
  machines.filter(({ role }) => role === 'ring-node').map(({ userData }) => userData.files['ring-node']);

test('no data are in a third region', () => {
  expect(dataRegions(withWitness)).toEqual(['us-east-1', 'us-east-2', 'us-west-2']);
  expect(dataRegions(without)).toEqual(['us-east-1', 'us-west-2']);
});

test('ring nodes are told the same as beside a witness', () => {
  expect(told(without)).toHaveLength(6);
  expect(told(without)).toEqual(told(withWitness).filter((one) => one?.['RING_NODE_NAME'] !== 'ring-7'));
});

test('no rule names an address of its region', () => {
  const ofWitness = ({ groups }: Topology) =>
    groups
      .flatMap(({ rules }) => rules)
      .filter(({ peer }) => 'cidr' in peer && peer.cidr.startsWith('10.22.'))
      .map(({ stack }) => stack.name);
  expect(ofWitness(withWitness)).toContain('prod-us-east-1-data');
  expect(ofWitness(without)).toEqual([]);
});
