/** The settings by which a role finds its store. */

import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { ConfigError, readConfig } from '../../app/platform/config.ts';
import { storeSettings } from '../../app/storage/settings.ts';

const read = (environment: Record<string, string>) =>
  readConfig('TEST_', z.strictObject(storeSettings('TEST')), environment);

test('an embedded store is named by its file', () => {
  expect(read({ TEST_STORE: 'sqlite', TEST_SQLITE_FILE: '/var/lib/accounts.sqlite' })).toEqual({
    TEST_STORE: 'sqlite',
    TEST_SQLITE_FILE: '/var/lib/accounts.sqlite',
  });
});

const faultsOf = (environment: Record<string, string>): readonly string[] => {
  try {
    read(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
  }
  return [];
};

test.each(['cassandra', 'mysql'])('%s is a store that this release does not carry, and says so', (kind) => {
  expect(faultsOf({ TEST_STORE: kind, TEST_SQLITE_FILE: '/f' })).toEqual([
    `TEST_STORE: got "${kind}", allowed: sqlite (the others are not in this release)`,
  ]);
});

test('an unknown store and a file whose path is not absolute are named together', () => {
  const faults = faultsOf({ TEST_STORE: 'redis', TEST_SQLITE_FILE: 'accounts.sqlite' });
  expect(faults).toHaveLength(2);
  expect(faults.join()).toMatch(/TEST_STORE: got "redis".*sqlite.*cassandra.*mysql.*TEST_SQLITE_FILE/);
});
