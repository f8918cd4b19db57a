/** Settings of a log router. */

import { z } from 'zod';
import {
  absolutePath,
  type Environment,
  httpUrl,
  integerFrom,
  port,
  readConfig,
  regionName,
  text,
} from '../platform/config.ts';

const DAYS_KEPT_MAX = 90;

const name = text('a name of lower-case letters, digits and dashes, for example log-router-1', (value) =>
  /^[a-z][a-z0-9-]{0,62}$/.test(value),
);
const bucketName = text('the name of a bucket', (value) => /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(value));

/** Settings of a log router. The topology renders the same schema, so a template cannot forget or invent one. */
const LOG_ROUTER_SETTINGS = z.strictObject({
  LOG_ROUTER_NAME: name.describe('its name in its region, and the folder of the long copy that it may write into'),
  LOG_ROUTER_REGION: regionName,
  LOG_ROUTER_PORT: port.describe('TCP port that takes lines, by RELP over TLS'),
  LOG_ROUTER_QUEUE_FOLDER: absolutePath.describe('where lines wait, on a volume that outlives the machine'),
  LOG_ROUTER_SEARCH_URL: httpUrl.describe('the search domain that lines end in'),
  LOG_ROUTER_SEARCH_REGION: regionName.describe('the region that requests to the search domain are signed for'),
  LOG_ROUTER_SEARCH_DAYS_KEPT: integerFrom(1, DAYS_KEPT_MAX).describe('how long lines can be searched'),
  LOG_ROUTER_ARCHIVE_BUCKET: bucketName.optional().describe('the bucket of the long copy; unset: there is none'),
});

export type LogRouterConfig = Readonly<z.infer<typeof LOG_ROUTER_SETTINGS>>;

/**
 * Reads a log router's settings from variables that begin with LOG_ROUTER_.
 * @throws one ConfigError that names every fault: variable, what it got, what is allowed.
 */
export function readLogRouterConfig(environment: Environment): LogRouterConfig {
  return readConfig('LOG_ROUTER_', LOG_ROUTER_SETTINGS, environment);
}
