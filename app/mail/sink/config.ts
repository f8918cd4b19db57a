/** Settings of the mail sink. */

import { z } from 'zod';
import { type Environment, hostname, logLevel, port, readConfig } from '../../platform/config.ts';

/** Settings of the mail sink. The topology renders the same schema, so a template cannot forget or invent one. */
const MAIL_SINK_SETTINGS = z.strictObject({
  MAIL_SINK_LISTEN_HOST: hostname,
  MAIL_SINK_HTTP_PORT: port.describe('TCP port of the inbox, for people and for tests'),
  MAIL_SINK_SMTP_PORT: port.describe('TCP port that takes mail'),
  MAIL_SINK_LOG_LEVEL: logLevel,
});

export type MailSinkConfig = Readonly<z.infer<typeof MAIL_SINK_SETTINGS>>;

/**
 * Reads a mail sink's settings from variables that begin with MAIL_SINK_.
 * @throws one ConfigError that names every fault: variable, what it got, what is allowed.
 */
export function readMailSinkConfig(environment: Environment): MailSinkConfig {
  return readConfig('MAIL_SINK_', MAIL_SINK_SETTINGS, environment);
}
