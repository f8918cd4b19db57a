/** Settings of `machine.js attach`: what is missing or wrong is named, all at once. */

import { expect, test } from '@jest/globals';
import { readAttachConfig } from '../../app/machine/config.ts';

const SETTINGS = {
  ATTACH_REGION: 'us-east-1',
  ATTACH_VOLUME_TAG: 'picl-idp:volume=loadtest/log-router-1',
  ATTACH_MOUNT_POINT: '/var/spool/picl-idp',
  ATTACH_WAIT_MS_MAX: '300000',
};

test('a volume alone, and a volume with an address, are read', () => {
  expect(readAttachConfig(SETTINGS)).toEqual({
    ATTACH_REGION: 'us-east-1',
    ATTACH_VOLUME_TAG: { key: 'picl-idp:volume', value: 'loadtest/log-router-1' },
    ATTACH_MOUNT_POINT: '/var/spool/picl-idp',
    ATTACH_WAIT_MS_MAX: 300_000,
  });
  expect(
    readAttachConfig({ ...SETTINGS, ATTACH_ADDRESS_ALLOCATION_TAG: 'picl-idp:elastic-address=dev/box' }),
  ).toMatchObject({
    ATTACH_ADDRESS_ALLOCATION_TAG: { key: 'picl-idp:elastic-address', value: 'dev/box' },
  });
});

test('everything that is wrong is named at once', () => {
  const wrong = {
    ATTACH_REGION: 'us-east-1a',
    ATTACH_VOLUME_TAG: 'log-router-1',
    ATTACH_MOUNT_POINT: 'var/spool',
    ATTACH_ADDRESS_ALLOCATION_TAG: 'picl-idp:elastic-address=',
    ATTACH_DEVICE: '/dev/sdg',
  };
  expect(() => readAttachConfig(wrong)).toThrow(
    [
      'settings are wrong:',
      '  ATTACH_REGION: got "us-east-1a", allowed: an AWS region, for example us-east-1',
      '  ATTACH_VOLUME_TAG: got "log-router-1", allowed: a tag as KEY=VALUE, each of letters, digits and _.:/@-',
      '  ATTACH_MOUNT_POINT: got "var/spool", allowed: an absolute path',
      '  ATTACH_ADDRESS_ALLOCATION_TAG: got "picl-idp:elastic-address=", allowed: a tag as KEY=VALUE, each of letters, digits and _.:/@-',
      '  ATTACH_WAIT_MS_MAX: is missing, allowed: a whole number from 1 to 3600000',
      '  ATTACH_DEVICE: is no setting',
    ].join('\n'),
  );
});
