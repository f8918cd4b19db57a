/** Settings of the box: from its command line, or, where a machine starts it, from variables. */

import { z } from 'zod';
import {
  absolutePath,
  type Environment,
  flag,
  httpUrl,
  integerFrom,
  mailAddress,
  port,
  readConfig,
  regionName,
} from '../platform/config.ts';

const SMTP_SERVER = /^([a-zA-Z0-9.-]{1,253}):(\d{1,5})$/;

const smtpServer = z
  .string()
  .regex(SMTP_SERVER, { error: 'HOST:PORT' })
  .transform((text) => {
    const [, host = '', portText = ''] = SMTP_SERVER.exec(text) ?? [];
    return { host, port: Number(portText) };
  })
  .refine((server) => server.port >= 1 && server.port <= 65_535, { error: 'HOST:PORT, a port from 1 to 65535' });

/** Settings of the box. The topology renders the same schema, so a template cannot forget or invent one. */
const BOX_SETTINGS = z
  .strictObject({
    BOX_PORT: port.describe('port of the accounts service on loopback; 0 picks a free one'),
    BOX_MAIL_PORT: port.describe("port of the mail sink's inbox on loopback; 0 picks a free one"),
    BOX_DATA_FOLDER: absolutePath.describe('where accounts and secrets are kept'),
    BOX_PUBLIC_URL: httpUrl
      .optional()
      .describe('how clients reach the service: Hawk signs its host and port; unset: at 127.0.0.1 and the port'),
    BOX_PRODUCTION: flag.describe('no development switches'),
    BOX_SMTP: smtpServer.optional().describe('send real mail through this server instead of the sink'),
    BOX_SES_REGION: regionName.optional().describe('send real mail by Amazon SES in this region instead of the sink'),
    BOX_BOUNCE_QUEUE_URL: httpUrl.optional().describe('queue of bounces and complaints that SES reports'),
    BOX_MAIL_SENDER: mailAddress.describe('the address that mails come from'),
    BOX_PROCESSES: integerFrom(1, 256).optional().describe('webhead processes; unset: one for each core'),
  })
  .check(({ value, issues }) => {
    const need = (path: string, message: string) =>
      issues.push({ code: 'custom', input: value, path: [path], message });
    const { BOX_PUBLIC_URL: url, BOX_SMTP: smtp, BOX_SES_REGION: ses } = value;
    if (smtp !== undefined && ses !== undefined) need('BOX_SMTP', 'none beside BOX_SES_REGION: mail goes one way');
    if (value.BOX_BOUNCE_QUEUE_URL !== undefined && ses === undefined)
      need('BOX_BOUNCE_QUEUE_URL', 'none without BOX_SES_REGION');
    if (!value.BOX_PRODUCTION) return;
    if (url === undefined) need('BOX_PUBLIC_URL', 'is missing; production needs an https URL');
    else if (!url.startsWith('https:')) need('BOX_PUBLIC_URL', 'an https URL in production');
    if (smtp === undefined && ses === undefined)
      need('BOX_SMTP', 'is missing, and so is BOX_SES_REGION; production sends real mail by one of the two');
    if (value.BOX_MAIL_SENDER.endsWith('.localdomain')) need('BOX_MAIL_SENDER', 'an address of yours in production');
  });

export type BoxConfig = Readonly<z.infer<typeof BOX_SETTINGS>>;

/**
 * Reads the box's settings from variables that begin with BOX_.
 * @throws one ConfigError that names every fault: variable, what it got, what is allowed.
 */
export function readBoxConfig(environment: Environment): BoxConfig {
  return readConfig('BOX_', BOX_SETTINGS, environment);
}
