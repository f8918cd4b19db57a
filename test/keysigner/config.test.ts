/** Settings of the keysigner: what is missing or wrong is named, all at once. */

import { describe, expect, test } from '@jest/globals';
import { readKeysignerConfig } from '../../app/keysigner/config.ts';

const MEMORY = {
  KEYSIGNER_LISTEN_HOST: '127.0.0.1',
  KEYSIGNER_PORT: '0',
  KEYSIGNER_URL: 'https://keysigner.internal',
  KEYSIGNER_LOG_LEVEL: 'info',
  KEYSIGNER_DOMAIN: 'accounts.example',
  KEYSIGNER_BACKEND: 'memory',
  KEYSIGNER_KEY_SET_SECRET: 'secretsmanager:idp/keys',
  KEYSIGNER_WEBHEAD_SECRET: 'secretsmanager:idp/webhead-keysigner',
  KEYSIGNER_DURATION_MS_MAX: '86400000',
  KEYSIGNER_SIGNATURES_PER_MINUTE_PER_UID: '120',
  KEYSIGNER_SIGNATURES_PER_MINUTE_PER_CALLER: '60000',
  KEYSIGNER_SIGNATURES_MAX: '256',
  KEYSIGNER_DRAIN_MS: '5000',
};
const { KEYSIGNER_KEY_SET_SECRET: _unused, ...WITHOUT_KEYS } = MEMORY;
const KMS = {
  ...WITHOUT_KEYS,
  KEYSIGNER_BACKEND: 'kms',
  KEYSIGNER_KMS_KEY_IDS: 'alias/idp,arn:aws:kms:us-east-1:111122223333:key/mrk-12',
  KEYSIGNER_KMS_REGION: 'us-east-1',
};

test('a key in memory and keys in KMS are read', () => {
  expect(readKeysignerConfig(MEMORY)).toMatchObject({ KEYSIGNER_DURATION_MS_MAX: 86_400_000 });
  expect(readKeysignerConfig(KMS)).toMatchObject({
    KEYSIGNER_KMS_KEY_IDS: ['alias/idp', 'arn:aws:kms:us-east-1:111122223333:key/mrk-12'],
  });
});

test.each(['accounts.example', 'accounts.example:9000', 'accounts.example:80', '127.0.0.1:9000', '[::1]:9000'])(
  'the domain may be %s',
  (KEYSIGNER_DOMAIN) =>
    expect(readKeysignerConfig({ ...MEMORY, KEYSIGNER_DOMAIN })).toMatchObject({ KEYSIGNER_DOMAIN }),
);

describe('the domain is refused, as relying services would compare it with another text', () => {
  test.each([
    '',
    'https://accounts.example',
    'accounts.example/',
    'Accounts.example',
    'a b',
    'accounts.example:',
    'a:b:c',
  ])('%j', (KEYSIGNER_DOMAIN) =>
    expect(() => readKeysignerConfig({ ...MEMORY, KEYSIGNER_DOMAIN })).toThrow('KEYSIGNER_DOMAIN'),
  );
});

describe('faults are named', () => {
  test.each([
    ['memory without a key set', WITHOUT_KEYS, ['KEYSIGNER_KEY_SET_SECRET']],
    [
      'KMS without keys or region',
      { ...WITHOUT_KEYS, KEYSIGNER_BACKEND: 'kms' },
      ['KEYSIGNER_KMS_KEY_IDS', 'KEYSIGNER_KMS_REGION'],
    ],
    ['more than four keys of KMS', { ...KMS, KEYSIGNER_KMS_KEY_IDS: 'a,b,c,d,e' }, ['KEYSIGNER_KMS_KEY_IDS']],
    ['an empty key id', { ...KMS, KEYSIGNER_KMS_KEY_IDS: 'a,,b' }, ['KEYSIGNER_KMS_KEY_IDS']],
    ['another back end', { ...MEMORY, KEYSIGNER_BACKEND: 'disk' }, ['KEYSIGNER_BACKEND']],
    [
      'a certificate without its key',
      { ...MEMORY, KEYSIGNER_TLS_CERTIFICATE_FILE: '/a' },
      ['KEYSIGNER_TLS_CERTIFICATE_FILE'],
    ],
    [
      'certificates that live longer than a day',
      { ...MEMORY, KEYSIGNER_DURATION_MS_MAX: '86400001' },
      ['KEYSIGNER_DURATION_MS_MAX'],
    ],
    ['a misspelt setting', { ...MEMORY, KEYSIGNER_DOMIAN: 'x' }, ['KEYSIGNER_DOMIAN']],
    [
      'several at once',
      { ...MEMORY, KEYSIGNER_PORT: '70000', KEYSIGNER_URL: 'ftp://x', KEYSIGNER_SIGNATURES_MAX: '0' },
      ['KEYSIGNER_PORT', 'KEYSIGNER_URL', 'KEYSIGNER_SIGNATURES_MAX'],
    ],
  ])('%s', (_name, environment, names) => {
    for (const name of names) expect(() => readKeysignerConfig(environment)).toThrow(name);
  });
});
