/** What outlives the stack that made it: in prod everything that holds data, elsewhere nothing that would be paid for. */

import { describe, expect, test } from '@jest/globals';
import { type AssembledStack, type PlacedResource, resourcesOf, stacksOf } from '../../app/operator/assembly.ts';
import { sharedStacks } from './support/assembly.ts';
import { changedStacks, resourceIn } from './support/changed.ts';

/** Types of resources that hold what cannot be made again, or, as an interface, an address that the ring knows for life. */
const STATEFUL = [
  'AWS::Backup::BackupVault',
  'AWS::DynamoDB::Table',
  'AWS::EC2::NetworkInterface',
  'AWS::EC2::Volume',
  'AWS::EFS::FileSystem',
  'AWS::KMS::Key',
  'AWS::OpenSearchService::Domain',
  'AWS::RDS::DBInstance',
  'AWS::S3::Bucket',
  'AWS::SecretsManager::Secret',
];

/** Keys of what is itself kept for days only, and goes with its stack. */
const OF_DAYS = /^FirewallLogKey/;

const all = sharedStacks();
const stateful = (stacks: readonly AssembledStack[]) =>
  resourcesOf(stacks, ...STATEFUL).filter(({ id }) => !OF_DAYS.test(id));
const names = (places: readonly PlacedResource[]) => places.map(({ stack, id }) => `${stack.name}/${id}`).sort();
const lostWithStack = (stacks: readonly AssembledStack[]) =>
  names(stateful(stacks).filter(({ resource }) => resource.DeletionPolicy !== 'Retain'));
const lostWhenReplaced = (stacks: readonly AssembledStack[]) =>
  names(stateful(stacks).filter(({ resource }) => resource.UpdateReplacePolicy !== 'Retain'));
const countsByType = (stacks: readonly AssembledStack[]) =>
  Object.fromEntries(
    [...Map.groupBy(stateful(stacks), ({ resource }) => resource.Type)].map(([type, own]) => [type, own.length]).sort(),
  );

describe('in prod', () => {
  const prod = stacksOf(all, 'prod');

  test('every resource that holds data outlives its stack', () => expect(lostWithStack(prod)).toEqual([]));

  test('every resource that holds data is left alone when a change replaces it', () =>
    expect(lostWhenReplaced(prod)).toEqual([]));

  test('these are seven ring nodes’ volumes and addresses, four routers’ volumes, and what is there once', () =>
    expect(countsByType(prod)).toEqual({
      'AWS::Backup::BackupVault': 2,
      'AWS::EC2::NetworkInterface': 7,
      'AWS::EC2::Volume': 11,
      'AWS::KMS::Key': 3,
      'AWS::OpenSearchService::Domain': 1,
      'AWS::S3::Bucket': 2,
      'AWS::SecretsManager::Secret': 17,
    }));

  test('every stack refuses to be deleted', () =>
    expect(prod.filter(({ terminationProtection }) => !terminationProtection).map(({ name }) => name)).toEqual([]));

  test('every ring volume of a serving region is backed up by its tag, into a locked vault', () => {
    const vaults = resourcesOf(prod, 'AWS::Backup::BackupVault').map(
      ({ resource }) => resource.Properties?.['LockConfiguration'],
    );
    expect(vaults).toEqual([
      { MinRetentionDays: 7, MaxRetentionDays: 90 },
      { MinRetentionDays: 7, MaxRetentionDays: 90 },
    ]);
    const tagged = resourcesOf(prod, 'AWS::EC2::Volume').filter(({ resource }) =>
      JSON.stringify(resource.Properties?.['Tags']).includes('{"Key":"picl-idp:backup","Value":"prod/ring"}'),
    );
    expect(tagged).toHaveLength(6);
  });
});

describe.each(['dev', 'loadtest'])('in %s', (environment) => {
  const stacks = stacksOf(all, environment);

  test('nothing outlives its stack', () =>
    expect(names(resourcesOf(stacks).filter(({ resource }) => resource.DeletionPolicy?.startsWith('Retain')))).toEqual(
      [],
    ));

  test('nothing that holds data is traded for an empty one by a change', () =>
    expect(lostWhenReplaced(stacks)).toEqual([]));

  test('every stack can be deleted', () =>
    expect(stacks.filter(({ terminationProtection }) => terminationProtection)).toEqual([]));

  test('no bucket and no vault would refuse to go with what is in it', () =>
    expect(resourcesOf(stacks, 'AWS::S3::Bucket', 'AWS::Backup::BackupVault')).toEqual([]));
});

test('a volume that would go with its stack is seen', () => {
  const careless = changedStacks(all, 'prod-us-west-2-data', (template) => {
    resourceIn(template, 'AWS::EC2::Volume', '"prod ring-5"').DeletionPolicy = 'Delete';
  });
  expect(lostWithStack(stacksOf(careless, 'prod'))).toEqual([
    expect.stringMatching(/^prod-us-west-2-data\/RingRing5NodeVolume/),
  ]);
});
