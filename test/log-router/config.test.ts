/** Settings of a log router. */

import { expect, test } from '@jest/globals';
import { readLogRouterConfig } from '../../app/log-router/config.ts';

const GOOD = {
  LOG_ROUTER_NAME: 'log-router-1',
  LOG_ROUTER_REGION: 'us-east-1',
  LOG_ROUTER_PORT: '2514',
  LOG_ROUTER_QUEUE_FOLDER: '/var/lib/picl-idp/queues',
  LOG_ROUTER_SEARCH_URL: 'https://search.internal.idp.example.org',
  LOG_ROUTER_SEARCH_REGION: 'us-east-1',
  LOG_ROUTER_SEARCH_DAYS_KEPT: '14',
};

test('a router without a long copy is a router', () =>
  expect(readLogRouterConfig(GOOD)).toMatchObject({ LOG_ROUTER_PORT: 2514, LOG_ROUTER_SEARCH_DAYS_KEPT: 14 }));

test('every wrong setting is named at once', () => {
  const wrong = {
    ...GOOD,
    LOG_ROUTER_NAME: '../x',
    LOG_ROUTER_ARCHIVE_BUCKET: 'S3',
    LOG_ROUTER_QUEUE_FOLDER: 'queues',
  };
  expect(() => readLogRouterConfig({ ...wrong, LOG_ROUTER_SEARCH_URI: 'x' })).toThrow(
    [
      'settings are wrong:',
      '  LOG_ROUTER_NAME: got "../x", allowed: a name of lower-case letters, digits and dashes, for example log-router-1',
      '  LOG_ROUTER_QUEUE_FOLDER: got "queues", allowed: an absolute path',
      '  LOG_ROUTER_ARCHIVE_BUCKET: got "S3", allowed: the name of a bucket',
      '  LOG_ROUTER_SEARCH_URI: is no setting, did you mean LOG_ROUTER_SEARCH_URL?',
    ].join('\n'),
  );
});
