/** A ring node starts with a whole place in the ring, or says everything that is wrong with it. */

import { expect, test } from '@jest/globals';
import { readRingNodeConfig } from '../../app/cassandra-node/config.ts';

const SETTINGS = {
  RING_NODE_NAME: 'ring-2',
  RING_NODE_ADDRESS: '10.20.41.20',
  RING_NODE_INTERFACE_TAG: 'picl-idp:interface=prod/ring-2',
  RING_NODE_CLUSTER: 'picl-idp-prod',
  RING_NODE_DATA_CENTRE: 'us-east-1',
  RING_NODE_RACK: 'use1-az2',
  RING_NODE_SEEDS: '10.20.40.20,10.21.40.20',
  RING_NODE_REPLICATION_FACTOR: '3',
  RING_NODE_HOLDS: 'everything',
  RING_NODE_DATA_FOLDER: '/var/lib/cassandra',
  RING_NODE_CQL_PORT: '9042',
  RING_NODE_STORAGE_PORT: '7000',
  RING_NODE_HEALTH_PORT: '8080',
  RING_NODE_SECRET: 'secretsmanager:picl-idp/prod/ring-node/ring-2',
};

test('a whole place is read as addresses, numbers and a tag', () => {
  const config = readRingNodeConfig(SETTINGS);
  expect(config.RING_NODE_SEEDS).toEqual(['10.20.40.20', '10.21.40.20']);
  expect(config.RING_NODE_REPLICATION_FACTOR).toBe(3);
  expect(config.RING_NODE_INTERFACE_TAG).toEqual({ key: 'picl-idp:interface', value: 'prod/ring-2' });
});

test.each(Object.keys(SETTINGS))('without %s it is refused', (name) => {
  expect(() => readRingNodeConfig({ ...SETTINGS, [name]: undefined })).toThrow(new RegExp(`${name}: is missing`));
});

test.each([
  ['RING_NODE_NAME', 'node-1', 'ring-1, ring-2 and so on'],
  ['RING_NODE_ADDRESS', 'ring-2.internal', 'an IPv4 address'],
  ['RING_NODE_CLUSTER', 'Test Cluster', '1 to 48 letters, digits and hyphens'],
  ['RING_NODE_RACK', 'us east', 'a zone id, for example use1-az1'],
  ['RING_NODE_SEEDS', '10.20.40.20,10.20.40.20', '1 to 12 different IPv4 addresses with commas between them'],
  ['RING_NODE_SEEDS', 'seed.example', '1 to 12 different IPv4 addresses with commas between them'],
  ['RING_NODE_REPLICATION_FACTOR', '0', 'a whole number from 1 to 5'],
  ['RING_NODE_HOLDS', 'nothing', 'everything or claims'],
  ['RING_NODE_DATA_FOLDER', 'data', 'an absolute path'],
  ['RING_NODE_CQL_PORT', '0', 'a whole number from 1 to 65535'],
])('%s is refused as %j', (name, value, allowed) => {
  expect(() => readRingNodeConfig({ ...SETTINGS, [name]: value })).toThrow(
    `${name}: got "${value}", allowed: ${allowed}`,
  );
});

test('two uses of one port are refused', () => {
  expect(() => readRingNodeConfig({ ...SETTINGS, RING_NODE_HEALTH_PORT: '7000' })).toThrow(
    'RING_NODE_HEALTH_PORT: got "7000", allowed: a port other than RING_NODE_STORAGE_PORT',
  );
});

test('a misspelt setting is refused by its likely name', () => {
  expect(() => readRingNodeConfig({ ...SETTINGS, RING_NODE_SEED: '10.20.40.20' })).toThrow(
    'RING_NODE_SEED: is no setting, did you mean RING_NODE_SEEDS?',
  );
});
