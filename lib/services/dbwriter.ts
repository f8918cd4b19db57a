/** Dbwriters: every write is a command of theirs, and they alone open what is sealed and send mail. */

import { readDbwriterConfig } from '../../app/dbwriter/config.ts';
import type { Environment, Region } from '../../regions/schema.ts';
import type { ClusterPlan } from '../cluster/cluster.ts';
import { textSettings } from '../machine/user-data.ts';
import { accountsUrl, bounceQueueUrl, internalName, secretReference } from '../names.ts';
import { SMTP_PORT } from '../ports.ts';
import { DAY_MS, listenSettings, ringSettings, SESSION_IDLE_MS } from './machine-settings.ts';
import { mailSinkAddress } from './mail-sink.ts';
import { readsSecrets } from './reads-secrets.ts';
import { sendsMail } from './sends-mail.ts';

const MINUTE_MS = 60_000;

/** @throws ConfigError that names each setting that a dbwriter would refuse. */
export function dbwriterPlan(environment: Environment, region: Region): ClusterPlan {
  const name = internalName(environment, 'dbwriter');
  const url = accountsUrl(environment);
  const settings = textSettings({
    DBWRITER_ENVIRONMENT: 'production',
    ...listenSettings('DBWRITER'),
    DBWRITER_URL: `https://${name}`,
    DBWRITER_REGION: region.name,
    ...ringSettings('DBWRITER', environment, region),
    DBWRITER_MIGRATE_AT_START: false,
    DBWRITER_PUBLIC_URL: url,
    DBWRITER_SEALING_KEYRING_SECRET: secretReference(environment, 'sealing-keyring'),
    DBWRITER_WEBHEAD_SECRET: secretReference(environment, 'webhead-dbwriter'),
    DBWRITER_WRITES_MAX: 256,
    ...mailSettings(environment, region),
    DBWRITER_MAIL_CONTENT_URL: `${url}/pages`,
    DBWRITER_MAIL_SYNC_URL: `${url}/pages/connect`,
    DBWRITER_LIMITS: true,
    DBWRITER_LOCKOUT: true,
    DBWRITER_RESEND_BLACKOUT_MS: 10 * MINUTE_MS,
    DBWRITER_SESSION_IDLE_MS: SESSION_IDLE_MS,
    // Longer than a region may be away, and what it still brings back with it.
    DBWRITER_DEAD_ROWS_KEPT_MS: 30 * DAY_MS,
    DBWRITER_EVENTS_KEPT_MS: 30 * DAY_MS,
  });
  readDbwriterConfig(settings);
  const secrets = ['sealing-keyring', 'webhead-dbwriter', 'ring-role/dbwriter'] as const;
  return {
    role: 'dbwriter',
    subnets: 'dbwriter',
    settings,
    statements: [readsSecrets(environment, region, secrets), ...sendsMail(environment, region)],
    sessions: true,
    exposure: 'internal',
    domainNames: [name],
    scalesWithLoad: false,
  };
}

function mailSettings(
  { mail, ...environment }: Environment,
  region: Region,
): Record<string, string | number | boolean> {
  if (mail.via === 'sink') {
    return {
      DBWRITER_MAIL_TRANSPORT: 'smtp',
      DBWRITER_MAIL_SENDER: `accounts@${environment.publicZone.name}`,
      DBWRITER_SMTP_HOST: mailSinkAddress({ mail, ...environment }),
      DBWRITER_SMTP_PORT: SMTP_PORT,
      DBWRITER_SMTP_TLS: false,
    };
  }
  return {
    DBWRITER_MAIL_TRANSPORT: 'ses',
    DBWRITER_MAIL_SENDER: mail.sender,
    DBWRITER_SES_REGION: region.name,
    DBWRITER_BOUNCE_QUEUE_URL: bounceQueueUrl({ mail, ...environment }, region),
  };
}
