/** Settings of the webhead. */

import { z } from 'zod';
import type { VerifierVersion } from '../accounts/verifier.ts';
import {
  absolutePath,
  type Environment,
  flag,
  hostname,
  httpUrl,
  integerFrom,
  logLevel,
  oneOf,
  port,
  readConfig,
  secretReference,
} from '../platform/config.ts';
import { checkStore, storeSettings } from '../storage/settings.ts';

const DAY_MS = 86_400_000;

/** Settings of the webhead. The topology renders the same schema, so a template cannot forget or invent one. */
const WEBHEAD_SETTINGS = z
  .strictObject({
    WEBHEAD_ENVIRONMENT: oneOf('development', 'production').describe(
      'development accepts what only test suites ask for',
    ),
    WEBHEAD_LISTEN_HOST: hostname,
    WEBHEAD_PORT: port.describe('TCP port that the public load balancer forwards to'),
    WEBHEAD_TLS_CERTIFICATE_FILE: absolutePath.optional(),
    WEBHEAD_TLS_PRIVATE_KEY_FILE: absolutePath.optional(),
    WEBHEAD_LOG_LEVEL: logLevel,
    WEBHEAD_PROCESSES: integerFrom(1, 256).describe('processes that share the port'),
    WEBHEAD_PUBLIC_URL: httpUrl.describe(
      'how clients reach the service: host and port are under the MAC of each of their requests',
    ),
    WEBHEAD_CONTENT_URL: httpUrl.describe('where the pages that mails link to are'),
    WEBHEAD_PAGES_FOLDER: absolutePath.describe('the built pages'),
    ...storeSettings('WEBHEAD'),
    WEBHEAD_DBWRITER_URL: httpUrl,
    WEBHEAD_DBWRITER_SECRET: secretReference.describe('shared with the dbwriters'),
    WEBHEAD_KEYSIGNER_URL: httpUrl,
    WEBHEAD_KEYSIGNER_SECRET: secretReference.describe('shared with the keysigners'),
    WEBHEAD_AUTHORITY_FILE: absolutePath
      .optional()
      .describe('PEM of the authority of the internal balancers, where it is not a public one'),
    WEBHEAD_CALLS_MAX: integerFrom(1, 10_000).describe(
      'calls of one process in flight to each neighbour before the answer is 503',
    ),
    WEBHEAD_CALL_MS_MAX: integerFrom(100, 30_000).describe('a neighbour that did not answer by then is gone'),
    WEBHEAD_VERIFIER_VERSION: oneOf('0', '1', '2')
      .transform((text) => Number(text) as VerifierVersion)
      .describe('how new passwords are stretched'),
    WEBHEAD_STRETCHER_THREADS: integerFrom(1, 128).describe('passwords stretched at once, 64 MiB each'),
    WEBHEAD_STRETCHER_WAITING_MAX: integerFrom(0, 10_000),
    WEBHEAD_STRETCHER_WAIT_MS_MAX: integerFrom(100, 25_000),
    WEBHEAD_LIMITS: flag.describe('ask whether a client does something too often'),
    WEBHEAD_CLIENT_ADDRESS_DEPTH: integerFrom(0, 10).describe(
      'how many entries from the right of X-Forwarded-For the client is: one for each balancer in front; 0 for none',
    ),
    WEBHEAD_CORS_ORIGIN: z.string().regex(/^(\*|https?:\/\/[^\s/]+)$/, { error: '* or an origin' }),
    WEBHEAD_REDIRECT_DOMAIN: hostname.describe('pages lead on to this domain and below it only'),
    WEBHEAD_HAWK_SKEW_SECONDS: integerFrom(1, 3600)
      .optional()
      .describe(
        "strict clocks: a request's time may differ by so much, and none is taken twice; unset: lenient, as clients expect",
      ),
    WEBHEAD_SESSION_IDLE_MS: integerFrom(1000, 366 * DAY_MS),
    WEBHEAD_SESSION_TOUCH_AFTER_MS: integerFrom(0, 30 * DAY_MS).describe(
      "how old a session's last use may be before it is written anew",
    ),
    WEBHEAD_DRAIN_MS: integerFrom(0, 20_000).describe('how long clients are told to go elsewhere before a stop'),
  })
  .check(({ value, issues }) => {
    const need = (path: string, message: string) =>
      issues.push({ code: 'custom', input: value, path: [path], message });
    checkStore('WEBHEAD', value, need);
    if ((value.WEBHEAD_TLS_CERTIFICATE_FILE === undefined) !== (value.WEBHEAD_TLS_PRIVATE_KEY_FILE === undefined)) {
      need('WEBHEAD_TLS_CERTIFICATE_FILE', 'goes with WEBHEAD_TLS_PRIVATE_KEY_FILE');
    }
    if (value.WEBHEAD_ENVIRONMENT === 'production') {
      if (!value.WEBHEAD_PUBLIC_URL.startsWith('https:')) need('WEBHEAD_PUBLIC_URL', 'an https URL in production');
      if (!value.WEBHEAD_CONTENT_URL.startsWith('https:')) need('WEBHEAD_CONTENT_URL', 'an https URL in production');
      if (!value.WEBHEAD_LIMITS) need('WEBHEAD_LIMITS', 'true in production');
      if (value.WEBHEAD_VERIFIER_VERSION === 0) need('WEBHEAD_VERIFIER_VERSION', '1 or 2 in production');
    }
  });

export type WebheadConfig = Readonly<z.infer<typeof WEBHEAD_SETTINGS>>;

/**
 * Reads a webhead's settings from variables that begin with WEBHEAD_.
 * @throws one ConfigError that names every fault.
 */
export function readWebheadConfig(environment: Environment): WebheadConfig {
  return readConfig('WEBHEAD_', WEBHEAD_SETTINGS, environment);
}
