/** The settings of every role on one machine: development's, or, turned round, production's. */

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { BoxConfig } from './config.ts';
import type { DataFolder } from './data-folder.ts';

const LOOPBACK = '127.0.0.1';
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const SESSION_IDLE_MS = 28 * DAY_MS;

export interface BoxPorts {
  readonly webhead: number;
  readonly mailHttp: number;
  readonly mailSmtp: number;
  readonly dbwriter: number;
  readonly keysigner: number;
}

/**
 * Small heaps are collected more often and stay small: what is asked rarely had better leave a laptop's memory alone. Webheads and
 * the keysigner, on the path of every request, have Node's own sizes.
 */
const NODE_FLAGS: Readonly<Record<Role['name'], readonly string[]>> = {
  'mail-sink': ['--optimize-for-size', '--max-semi-space-size=1'],
  keysigner: [],
  dbwriter: ['--max-semi-space-size=4'],
  webhead: [],
};

export interface Role {
  readonly name: 'mail-sink' | 'keysigner' | 'dbwriter' | 'webhead';
  readonly settings: Readonly<Record<string, string>>;
  readonly nodeFlags: readonly string[];
  /** What to ask whether it serves. */
  readonly heartbeatUrl: string;
}

export interface BoxPlan {
  readonly publicUrl: string;
  readonly mailUrl: string;
  readonly roles: readonly Role[];
}

/** @param release the folder of the release that runs. */
export function planBox(
  config: BoxConfig,
  { ports, data, release }: { ports: BoxPorts; data: DataFolder; release: string },
): BoxPlan {
  const publicUrl = config.BOX_PUBLIC_URL ?? `http://${LOOPBACK}:${ports.webhead}`;
  const mailUrl = `http://${LOOPBACK}:${ports.mailHttp}`;
  const role = (
    name: Role['name'],
    port: number,
    settings: Readonly<Record<string, string | number | boolean>>,
    probe: string,
  ): Role => ({
    name,
    nodeFlags: NODE_FLAGS[name],
    settings: Object.fromEntries(Object.entries(settings).map(([setting, value]) => [setting, String(value)])),
    heartbeatUrl: `http://${LOOPBACK}:${port}/${probe}`,
  });
  const shared = { config, ports, data, publicUrl };
  return {
    publicUrl,
    mailUrl,
    roles: [
      role('mail-sink', ports.mailHttp, mailSinkSettings(ports), '__lbheartbeat__'),
      role('keysigner', ports.keysigner, keysignerSettings(shared), '__heartbeat__'),
      role('dbwriter', ports.dbwriter, dbwriterSettings(shared), '__heartbeat__'),
      role('webhead', ports.webhead, webheadSettings(shared, release), '__heartbeat__'),
    ],
  };
}

interface Shared {
  readonly config: BoxConfig;
  readonly ports: BoxPorts;
  readonly data: DataFolder;
  readonly publicUrl: string;
}

function mailSinkSettings(ports: BoxPorts) {
  return {
    MAIL_SINK_LISTEN_HOST: LOOPBACK,
    MAIL_SINK_HTTP_PORT: ports.mailHttp,
    MAIL_SINK_SMTP_PORT: ports.mailSmtp,
    MAIL_SINK_LOG_LEVEL: 'info',
  };
}

function keysignerSettings({ config, ports, data, publicUrl }: Shared) {
  const { BOX_PRODUCTION: production } = config;
  return {
    KEYSIGNER_LISTEN_HOST: LOOPBACK,
    KEYSIGNER_PORT: ports.keysigner,
    KEYSIGNER_URL: `http://${LOOPBACK}:${ports.keysigner}`,
    KEYSIGNER_LOG_LEVEL: 'info',
    KEYSIGNER_DOMAIN: new URL(publicUrl).host,
    KEYSIGNER_BACKEND: 'memory',
    KEYSIGNER_KEY_SET_SECRET: data.secrets.keySet,
    KEYSIGNER_WEBHEAD_SECRET: data.secrets.webheadToKeysigner,
    KEYSIGNER_DURATION_MS_MAX: DAY_MS,
    KEYSIGNER_SIGNATURES_PER_MINUTE_PER_UID: production ? 120 : 1_000_000,
    KEYSIGNER_SIGNATURES_PER_MINUTE_PER_CALLER: production ? 60_000 : 10_000_000,
    KEYSIGNER_SIGNATURES_MAX: 256,
    KEYSIGNER_DRAIN_MS: 0,
  };
}

function dbwriterSettings({ config, ports, data, publicUrl }: Shared) {
  const { BOX_PRODUCTION: production } = config;
  return {
    DBWRITER_ENVIRONMENT: production ? 'production' : 'development',
    DBWRITER_LISTEN_HOST: LOOPBACK,
    DBWRITER_PORT: ports.dbwriter,
    DBWRITER_URL: `http://${LOOPBACK}:${ports.dbwriter}`,
    DBWRITER_LOG_LEVEL: 'info',
    DBWRITER_REGION: 'local',
    DBWRITER_STORE: 'sqlite',
    DBWRITER_SQLITE_FILE: data.sqliteFile,
    DBWRITER_MIGRATE_AT_START: true,
    DBWRITER_PUBLIC_URL: publicUrl,
    DBWRITER_SEALING_KEYRING_SECRET: data.secrets.sealingKeyring,
    DBWRITER_WEBHEAD_SECRET: data.secrets.webheadToDbwriter,
    DBWRITER_WRITES_MAX: 256,
    DBWRITER_MAIL_SENDER: config.BOX_MAIL_SENDER,
    DBWRITER_MAIL_CONTENT_URL: `${publicUrl}/pages`,
    DBWRITER_MAIL_SYNC_URL: `${publicUrl}/pages/connect`,
    ...mailTransportSettings(config, ports),
    DBWRITER_LIMITS: production,
    DBWRITER_LOCKOUT: production,
    DBWRITER_RESEND_BLACKOUT_MS: production ? 10 * MINUTE_MS : 0,
    DBWRITER_SESSION_IDLE_MS: SESSION_IDLE_MS,
    DBWRITER_DEAD_ROWS_KEPT_MS: 2 * DAY_MS,
    DBWRITER_EVENTS_KEPT_MS: 7 * DAY_MS,
    DBWRITER_DRAIN_MS: 0,
  };
}

function mailTransportSettings(
  config: BoxConfig,
  ports: BoxPorts,
): Readonly<Record<string, string | number | boolean>> {
  const { BOX_SES_REGION: region, BOX_BOUNCE_QUEUE_URL: queueUrl, BOX_SMTP: smtp } = config;
  if (region !== undefined) {
    return {
      DBWRITER_MAIL_TRANSPORT: 'ses',
      DBWRITER_SES_REGION: region,
      ...(queueUrl === undefined ? {} : { DBWRITER_BOUNCE_QUEUE_URL: queueUrl }),
    };
  }
  return {
    DBWRITER_MAIL_TRANSPORT: 'smtp',
    DBWRITER_SMTP_HOST: smtp?.host ?? LOOPBACK,
    DBWRITER_SMTP_PORT: smtp?.port ?? ports.mailSmtp,
    DBWRITER_SMTP_TLS: config.BOX_PRODUCTION,
  };
}

function webheadSettings({ config, ports, data, publicUrl }: Shared, release: string) {
  const { BOX_PRODUCTION: production, BOX_PROCESSES: processes = availableParallelism() } = config;
  return {
    WEBHEAD_ENVIRONMENT: production ? 'production' : 'development',
    WEBHEAD_LISTEN_HOST: LOOPBACK,
    WEBHEAD_PORT: ports.webhead,
    WEBHEAD_LOG_LEVEL: 'info',
    WEBHEAD_PROCESSES: processes,
    WEBHEAD_PUBLIC_URL: publicUrl,
    WEBHEAD_CONTENT_URL: `${publicUrl}/pages`,
    WEBHEAD_PAGES_FOLDER: join(release, 'pages'),
    WEBHEAD_STORE: 'sqlite',
    WEBHEAD_SQLITE_FILE: data.sqliteFile,
    WEBHEAD_DBWRITER_URL: `http://${LOOPBACK}:${ports.dbwriter}`,
    WEBHEAD_DBWRITER_SECRET: data.secrets.webheadToDbwriter,
    WEBHEAD_KEYSIGNER_URL: `http://${LOOPBACK}:${ports.keysigner}`,
    WEBHEAD_KEYSIGNER_SECRET: data.secrets.webheadToKeysigner,
    WEBHEAD_CALLS_MAX: 256,
    WEBHEAD_CALL_MS_MAX: 1700,
    WEBHEAD_VERIFIER_VERSION: 2,
    WEBHEAD_STRETCHER_THREADS: availableParallelism(),
    WEBHEAD_STRETCHER_WAITING_MAX: 100,
    WEBHEAD_STRETCHER_WAIT_MS_MAX: 15_000,
    WEBHEAD_LIMITS: production,
    // In production a proxy that speaks TLS stands in front.
    WEBHEAD_CLIENT_ADDRESS_DEPTH: production ? 1 : 0,
    WEBHEAD_CORS_ORIGIN: '*',
    WEBHEAD_REDIRECT_DOMAIN: production ? new URL(publicUrl).hostname : 'firefox.com',
    WEBHEAD_SESSION_IDLE_MS: SESSION_IDLE_MS,
    WEBHEAD_SESSION_TOUCH_AFTER_MS: 60 * MINUTE_MS,
    WEBHEAD_DRAIN_MS: 2000,
  };
}
