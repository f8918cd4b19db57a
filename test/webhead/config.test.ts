/** The webhead's settings: every fault at once, and nothing unsafe in production. */

import { expect, test } from '@jest/globals';
import { ConfigError } from '../../app/platform/config.ts';
import { readWebheadConfig } from '../../app/webhead/config.ts';

const PRODUCTION = {
  WEBHEAD_ENVIRONMENT: 'production',
  WEBHEAD_LISTEN_HOST: '0.0.0.0',
  WEBHEAD_PORT: '8000',
  WEBHEAD_LOG_LEVEL: 'info',
  WEBHEAD_PROCESSES: '2',
  WEBHEAD_PUBLIC_URL: 'https://accounts.example',
  WEBHEAD_CONTENT_URL: 'https://accounts.example/pages',
  WEBHEAD_PAGES_FOLDER: '/srv/pages',
  WEBHEAD_STORE: 'sqlite',
  WEBHEAD_SQLITE_FILE: '/srv/accounts.sqlite',
  WEBHEAD_DBWRITER_URL: 'http://127.0.0.1:8001',
  WEBHEAD_DBWRITER_SECRET: 'file:/srv/dbwriter',
  WEBHEAD_KEYSIGNER_URL: 'http://127.0.0.1:8002',
  WEBHEAD_KEYSIGNER_SECRET: 'file:/srv/keysigner',
  WEBHEAD_CALLS_MAX: '256',
  WEBHEAD_CALL_MS_MAX: '1700',
  WEBHEAD_VERIFIER_VERSION: '2',
  WEBHEAD_STRETCHER_THREADS: '2',
  WEBHEAD_STRETCHER_WAITING_MAX: '100',
  WEBHEAD_STRETCHER_WAIT_MS_MAX: '15000',
  WEBHEAD_LIMITS: 'true',
  WEBHEAD_CLIENT_ADDRESS_DEPTH: '1',
  WEBHEAD_CORS_ORIGIN: '*',
  WEBHEAD_REDIRECT_DOMAIN: 'firefox.com',
  WEBHEAD_SESSION_IDLE_MS: '2419200000',
  WEBHEAD_SESSION_TOUCH_AFTER_MS: '3600000',
  WEBHEAD_DRAIN_MS: '500',
};

function faultsOf(changes: Record<string, string | undefined>): readonly string[] {
  try {
    readWebheadConfig({ ...PRODUCTION, ...changes });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}
const variablesOf = (faults: readonly string[]) => faults.map((fault) => fault.split(':')[0]).sort();

test('good settings are read, each as what it is', () => {
  expect(readWebheadConfig(PRODUCTION)).toMatchObject({
    WEBHEAD_PORT: 8000,
    WEBHEAD_LIMITS: true,
    WEBHEAD_VERIFIER_VERSION: 2,
    WEBHEAD_SESSION_IDLE_MS: 2_419_200_000,
  });
});

test('everything that is unsafe in production is refused at once, by name', () => {
  const unsafe = {
    WEBHEAD_PUBLIC_URL: 'http://accounts.example',
    WEBHEAD_CONTENT_URL: 'http://accounts.example/pages',
    WEBHEAD_VERIFIER_VERSION: '0',
    WEBHEAD_LIMITS: 'false',
  };
  expect(variablesOf(faultsOf(unsafe))).toEqual(Object.keys(unsafe).sort());
  expect(faultsOf({ ...unsafe, WEBHEAD_ENVIRONMENT: 'development' })).toEqual([]);
});

test('every fault is told, with what it got; a misspelt setting is one', () => {
  const faults = faultsOf({
    WEBHEAD_PORT: '70000',
    WEBHEAD_CORS_ORIGIN: 'example.org',
    WEBHEAD_REDIRECT_DOMAIN: undefined,
    WEBHEAD_LIMIT: 'true',
  });
  expect(variablesOf(faults)).toEqual([
    'WEBHEAD_CORS_ORIGIN',
    'WEBHEAD_LIMIT',
    'WEBHEAD_PORT',
    'WEBHEAD_REDIRECT_DOMAIN',
  ]);
  expect(faults.join('\n')).toContain('70000');
});

test.each([
  ['a certificate without its key', { WEBHEAD_TLS_CERTIFICATE_FILE: '/srv/cert.pem' }, 'WEBHEAD_TLS_CERTIFICATE_FILE'],
  ['a store of this machine without a file', { WEBHEAD_SQLITE_FILE: undefined }, 'WEBHEAD_SQLITE_FILE'],
])('%s is refused', (_what, changes, variable) => {
  expect(variablesOf(faultsOf(changes))).toEqual([variable]);
});
