/** Settings of the dbwriter. */

import { z } from 'zod';
import {
  absolutePath,
  type Environment,
  flag,
  hostname,
  httpUrl,
  integerFrom,
  logLevel,
  mailAddress,
  oneOf,
  port,
  readConfig,
  regionName,
  secretReference,
} from '../platform/config.ts';
import { checkStore, storeSettings } from '../storage/settings.ts';

const DAY_MS = 86_400_000;
const RESEND_BLACKOUT_PRODUCTION_MS_MIN = 60_000;

/** Settings of the dbwriter. The topology renders the same schema, so a template cannot forget or invent one. */
const DBWRITER_SETTINGS = z
  .strictObject({
    DBWRITER_ENVIRONMENT: oneOf('development', 'production').describe(
      'development accepts what only test suites ask for',
    ),
    DBWRITER_LISTEN_HOST: hostname,
    DBWRITER_PORT: port.describe('TCP port that the internal load balancer forwards to'),
    DBWRITER_URL: httpUrl.describe('how callers reach the dbwriters: host and port are under their signature'),
    DBWRITER_TLS_CERTIFICATE_FILE: absolutePath.optional(),
    DBWRITER_TLS_PRIVATE_KEY_FILE: absolutePath.optional(),
    DBWRITER_LOG_LEVEL: logLevel,
    DBWRITER_REGION: regionName,
    ...storeSettings('DBWRITER'),
    DBWRITER_MIGRATE_AT_START: flag.describe(
      "bring the store to this release's schema at start; elsewhere an operator does",
    ),
    DBWRITER_PUBLIC_URL: httpUrl.describe('public URL of the webheads: host and port are under the MAC of each client'),
    DBWRITER_SEALING_KEYRING_SECRET: secretReference,
    DBWRITER_WEBHEAD_SECRET: secretReference.describe('shared with the webheads'),
    DBWRITER_WRITES_MAX: integerFrom(1, 4096).describe('writes in flight before the answer is 503'),
    DBWRITER_MAIL_TRANSPORT: oneOf('smtp', 'ses'),
    DBWRITER_MAIL_SENDER: mailAddress,
    DBWRITER_MAIL_CONTENT_URL: httpUrl.describe('where the pages that mails link to are'),
    DBWRITER_MAIL_SYNC_URL: httpUrl.describe('where a verified owner is sent to set up sync'),
    DBWRITER_SMTP_HOST: hostname.optional(),
    DBWRITER_SMTP_PORT: port.optional(),
    DBWRITER_SMTP_TLS: flag.optional().describe('require TLS'),
    DBWRITER_SES_REGION: regionName.optional(),
    DBWRITER_BOUNCE_QUEUE_URL: httpUrl
      .optional()
      .describe('queue of bounces and complaints that SES reports; unset: they are not read'),
    DBWRITER_LIMITS: flag.describe('count and block abuse'),
    DBWRITER_LOCKOUT: flag.describe('lock an account after many wrong passwords'),
    DBWRITER_RESEND_BLACKOUT_MS: integerFrom(0, DAY_MS),
    DBWRITER_SESSION_IDLE_MS: integerFrom(1000, 366 * DAY_MS),
    DBWRITER_DEAD_ROWS_KEPT_MS: integerFrom(1000, 366 * DAY_MS),
    DBWRITER_EVENTS_KEPT_MS: integerFrom(1000, 366 * DAY_MS),
    DBWRITER_DRAIN_MS: integerFrom(0, 20_000).describe('how long clients are told to go elsewhere before a stop'),
  })
  .check(({ value, issues }) => {
    const need: Need = (path, message) => issues.push({ code: 'custom', input: value, path: [path], message });
    checkStore('DBWRITER', value, need);
    if (value.DBWRITER_STORE === 'cassandra' && value.DBWRITER_MIGRATE_AT_START)
      need('DBWRITER_MIGRATE_AT_START', 'false with the store cassandra, whose schema an operator changes');
    checkMail(value, need);
    if ((value.DBWRITER_TLS_CERTIFICATE_FILE === undefined) !== (value.DBWRITER_TLS_PRIVATE_KEY_FILE === undefined))
      need('DBWRITER_TLS_CERTIFICATE_FILE', 'goes with DBWRITER_TLS_PRIVATE_KEY_FILE');
    if (value.DBWRITER_ENVIRONMENT === 'production') checkProduction(value, need);
  });

export type DbwriterConfig = Readonly<z.infer<typeof DBWRITER_SETTINGS>>;

type Need = (name: string, message: string) => void;

function checkMail(value: DbwriterConfig, need: Need): void {
  if (value.DBWRITER_MAIL_TRANSPORT === 'ses') {
    if (value.DBWRITER_SES_REGION === undefined) need('DBWRITER_SES_REGION', 'is needed by the transport ses');
    return;
  }
  if (value.DBWRITER_SMTP_HOST === undefined) need('DBWRITER_SMTP_HOST', 'is needed by the transport smtp');
  if (value.DBWRITER_SMTP_PORT === undefined) need('DBWRITER_SMTP_PORT', 'is needed by the transport smtp');
  if (value.DBWRITER_BOUNCE_QUEUE_URL !== undefined)
    need('DBWRITER_BOUNCE_QUEUE_URL', 'none without the transport ses');
}

function checkProduction(value: DbwriterConfig, need: Need): void {
  if (!value.DBWRITER_PUBLIC_URL.startsWith('https:')) need('DBWRITER_PUBLIC_URL', 'an https URL in production');
  if (!value.DBWRITER_LIMITS) need('DBWRITER_LIMITS', 'true in production');
  if (value.DBWRITER_RESEND_BLACKOUT_MS < RESEND_BLACKOUT_PRODUCTION_MS_MIN)
    need('DBWRITER_RESEND_BLACKOUT_MS', `at least ${RESEND_BLACKOUT_PRODUCTION_MS_MIN} in production`);
}

/**
 * Reads a dbwriter's settings from variables that begin with DBWRITER_.
 * @throws one ConfigError that names every fault: variable, what it got, what is allowed.
 */
export function readDbwriterConfig(environment: Environment): DbwriterConfig {
  return readConfig('DBWRITER_', DBWRITER_SETTINGS, environment);
}
