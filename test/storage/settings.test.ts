/** The settings by which a role finds its store. */

import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { ConfigError, readConfig } from '../../app/platform/config.ts';
import { checkStore, storeOf, storeSettings } from '../../app/storage/settings.ts';

const SCHEMA = z
  .strictObject(storeSettings('TEST'))
  .check(({ value, issues }) =>
    checkStore('TEST', value, (name, message) => issues.push({ code: 'custom', input: value, path: [name], message })),
  );
const EMBEDDED = { TEST_STORE: 'sqlite', TEST_SQLITE_FILE: '/var/lib/accounts.sqlite' };
const RING = {
  TEST_STORE: 'cassandra',
  TEST_CASSANDRA_CONTACT_POINTS: '10.20.64.10,10.20.65.10,10.20.66.10',
  TEST_CASSANDRA_PORT: '9042',
  TEST_CASSANDRA_DATA_CENTRE: 'us-east-1',
  TEST_CASSANDRA_ROLE_SECRET: 'secretsmanager:picl-idp/prod/ring-role/webhead',
  TEST_CASSANDRA_REQUESTS_MAX: '1024',
  TEST_CASSANDRA_REQUEST_MS_MAX: '2000',
};

type Settings = Readonly<Record<string, string | undefined>>;
const read = (environment: Settings) => readConfig('TEST_', SCHEMA, environment);

const faultsOf = (environment: Settings): readonly string[] => {
  try {
    read(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
  }
  return [];
};

test('an embedded store is named by its file', () => {
  expect(storeOf('TEST', read(EMBEDDED))).toEqual({ STORE: 'sqlite', SQLITE_FILE: '/var/lib/accounts.sqlite' });
});

test('a ring is named by addresses of its nodes, its data centre and a login', () => {
  expect(storeOf('TEST', read(RING))).toEqual({
    STORE: 'cassandra',
    CASSANDRA_CONTACT_POINTS: ['10.20.64.10', '10.20.65.10', '10.20.66.10'],
    CASSANDRA_PORT: 9042,
    CASSANDRA_DATA_CENTRE: 'us-east-1',
    CASSANDRA_ROLE_SECRET: 'secretsmanager:picl-idp/prod/ring-role/webhead',
    CASSANDRA_REQUESTS_MAX: 1024,
    CASSANDRA_REQUEST_MS_MAX: 2000,
  });
});

test('MySQL is a store that this release does not carry, and says so', () => {
  expect(faultsOf({ TEST_STORE: 'mysql' })).toEqual([
    'TEST_STORE: got "mysql", allowed: sqlite or cassandra (mysql is not in this release)',
  ]);
});

test('each setting that a store lacks is named with the store', () => {
  expect(faultsOf({ TEST_STORE: 'sqlite' })).toEqual(['TEST_SQLITE_FILE: is needed by the store sqlite']);
  expect(faultsOf({ TEST_STORE: 'cassandra' })).toEqual([
    'TEST_CASSANDRA_CONTACT_POINTS: is needed by the store cassandra',
    'TEST_CASSANDRA_PORT: is needed by the store cassandra',
    'TEST_CASSANDRA_DATA_CENTRE: is needed by the store cassandra',
    'TEST_CASSANDRA_ROLE_SECRET: is needed by the store cassandra',
    'TEST_CASSANDRA_REQUESTS_MAX: is needed by the store cassandra',
    'TEST_CASSANDRA_REQUEST_MS_MAX: is needed by the store cassandra',
  ]);
});

test("another store's settings are refused, and a secret's name among them is not shown", () => {
  expect(faultsOf({ ...RING, TEST_SQLITE_FILE: '/f' })).toEqual([
    'TEST_SQLITE_FILE: got "/f", allowed: none with the store cassandra',
  ]);
  const { TEST_CASSANDRA_PORT, TEST_CASSANDRA_ROLE_SECRET } = RING;
  expect(faultsOf({ ...EMBEDDED, TEST_CASSANDRA_PORT, TEST_CASSANDRA_ROLE_SECRET })).toEqual([
    'TEST_CASSANDRA_PORT: got "9042", allowed: none with the store sqlite',
    'TEST_CASSANDRA_ROLE_SECRET: got a value that is not shown, allowed: none with the store sqlite',
  ]);
});

const thirteen = Array.from({ length: 13 }, (_, index) => `10.0.0.${index + 1}`).join(',');
const ADDRESSES = '1 to 12 different IPv4 addresses with commas between them';

test.each([
  ['TEST_CASSANDRA_CONTACT_POINTS', thirteen, ADDRESSES],
  ['TEST_CASSANDRA_CONTACT_POINTS', '10.0.0.1,10.0.0.1', ADDRESSES],
  ['TEST_CASSANDRA_CONTACT_POINTS', '10.0.0.1, 10.0.0.2', ADDRESSES],
  ['TEST_CASSANDRA_CONTACT_POINTS', '10.0.0.1,', ADDRESSES],
  ['TEST_CASSANDRA_CONTACT_POINTS', 'ring.internal', ADDRESSES],
  ['TEST_CASSANDRA_CONTACT_POINTS', 'fd00::1', ADDRESSES],
  ['TEST_CASSANDRA_PORT', '0', 'a whole number from 1 to 65535'],
  ['TEST_CASSANDRA_DATA_CENTRE', 'US East', 'a region, for example us-east-1'],
  ['TEST_CASSANDRA_REQUESTS_MAX', '0', 'a whole number from 1 to 32768'],
  ['TEST_CASSANDRA_REQUEST_MS_MAX', '99', 'a whole number from 100 to 10000'],
])('%s=%s is refused', (name, value, allowed) => {
  expect(faultsOf({ ...RING, [name]: value })).toEqual([`${name}: got "${value}", allowed: ${allowed}`]);
});

test('an unknown store and a file whose path is not absolute are named together', () => {
  const faults = faultsOf({ TEST_STORE: 'redis', TEST_SQLITE_FILE: 'accounts.sqlite' });
  expect(faults).toHaveLength(2);
  expect(faults.join()).toMatch(/TEST_STORE: got "redis".*sqlite.*cassandra.*mysql.*TEST_SQLITE_FILE/);
});
