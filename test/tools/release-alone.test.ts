/** A release by itself: with Node and nothing else of the project, every role starts by its unit's own command, and answers. Slow: it bundles. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { get as getPlain } from 'node:http';
import { get as getSecure } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openDataFolder } from '../../app/box/data-folder.ts';
import { findPorts } from '../../app/box/ports.ts';
import { buildRelease } from '../../tools/release.ts';
import { processesBelow } from '../support/box.ts';
import { readUnit } from '../support/unit-file.ts';

const SLOW_MS_MAX = 60_000;
const ANSWER_MS_MAX = 30_000;
const HOST = 'localhost';
const COMMIT = '0123456789abcdef0123456789abcdef01234567';

let machine: string;
let release: string;
let authority: string;
let settings: Readonly<Record<string, Readonly<Record<string, string>>>>;
let urls: Readonly<Record<string, string>>;
const children: ChildProcess[] = [];

/** The commands of a unit, on this machine instead of `/opt`, `/run` and a host's own name. */
const commandsOf = (role: string) =>
  (readUnit(`picl-idp-${role}.service`).get('ExecStart') ?? []).map((line) =>
    line.replaceAll('/opt/', `${machine}/opt/`).replaceAll('%t/', `${machine}/run/`).replaceAll('%H', HOST).split(' '),
  );

beforeAll(async () => {
  machine = mkdtempSync(join(tmpdir(), 'picl-idp-machine-'));
  release = join(machine, 'opt/picl-idp/release');
  const node = join(machine, 'opt/picl-idp/node/bin/node');
  mkdirSync(dirname(node), { recursive: true });
  copyFileSync(process.execPath, node);
  const built = buildRelease({ root: process.cwd(), releases: join(process.cwd(), 'dist') });
  cpSync(built.folder, release, { recursive: true });
  writeFileSync(join(release, 'commit'), `${COMMIT}\n`);

  const tls = join(machine, 'run/picl-idp/tls');
  mkdirSync(tls, { recursive: true });
  for (const [program = '', ...parameters] of commandsOf('certificate'))
    execFileSync(program, parameters, { env: {}, stdio: 'pipe' });
  authority = join(tls, 'certificate.pem');
  expect(statSync(join(tls, 'private-key.pem')).mode & 0o777).toBe(0o640);
  await fillSettings(tls);
}, SLOW_MS_MAX);
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(machine, { recursive: true, force: true });
});

async function fillSettings(tls: string): Promise<void> {
  const data = await openDataFolder(join(machine, 'data'));
  data.release();
  const ports = await findPorts({ webhead: 0, keysigner: 0, dbwriter: 0, sink: 0, smtp: 0, box: 0, boxMail: 0 });
  urls = {
    webhead: `https://${HOST}:${ports.webhead}`,
    keysigner: `https://${HOST}:${ports.keysigner}`,
    dbwriter: `https://${HOST}:${ports.dbwriter}`,
    'mail-sink': `http://${HOST}:${ports.sink}`,
    box: `http://127.0.0.1:${ports.box}`,
  };
  const { webhead = '', keysigner = '', dbwriter = '' } = urls;
  /** What every server is told. */
  const server = (role: string, port: number, url: string) => ({
    [`${role}_LISTEN_HOST`]: '127.0.0.1',
    [`${role}_PORT`]: String(port),
    [`${role}_URL`]: url,
    [`${role}_TLS_CERTIFICATE_FILE`]: join(tls, 'certificate.pem'),
    [`${role}_TLS_PRIVATE_KEY_FILE`]: join(tls, 'private-key.pem'),
    [`${role}_LOG_LEVEL`]: 'info',
    [`${role}_DRAIN_MS`]: '0',
  });
  const { WEBHEAD_URL: _, ...webheadServer } = server('WEBHEAD', ports.webhead, webhead);
  settings = {
    webhead: {
      ...webheadServer,
      WEBHEAD_ENVIRONMENT: 'production',
      WEBHEAD_PROCESSES: '1',
      WEBHEAD_PUBLIC_URL: webhead,
      WEBHEAD_CONTENT_URL: `${webhead}/pages`,
      WEBHEAD_PAGES_FOLDER: join(release, 'pages'),
      WEBHEAD_STORE: 'sqlite',
      WEBHEAD_SQLITE_FILE: data.sqliteFile,
      WEBHEAD_DBWRITER_URL: dbwriter,
      WEBHEAD_DBWRITER_SECRET: data.secrets.webheadToDbwriter,
      WEBHEAD_KEYSIGNER_URL: keysigner,
      WEBHEAD_KEYSIGNER_SECRET: data.secrets.webheadToKeysigner,
      WEBHEAD_AUTHORITY_FILE: authority,
      WEBHEAD_CALLS_MAX: '64',
      WEBHEAD_CALL_MS_MAX: '5000',
      WEBHEAD_VERIFIER_VERSION: '2',
      WEBHEAD_STRETCHER_THREADS: '1',
      WEBHEAD_STRETCHER_WAITING_MAX: '10',
      WEBHEAD_STRETCHER_WAIT_MS_MAX: '5000',
      WEBHEAD_LIMITS: 'true',
      WEBHEAD_CLIENT_ADDRESS_DEPTH: '1',
      WEBHEAD_CORS_ORIGIN: '*',
      WEBHEAD_REDIRECT_DOMAIN: 'example.org',
      WEBHEAD_SESSION_IDLE_MS: '2419200000',
      WEBHEAD_SESSION_TOUCH_AFTER_MS: '3600000',
    },
    keysigner: {
      ...server('KEYSIGNER', ports.keysigner, keysigner),
      KEYSIGNER_DOMAIN: new URL(webhead).host,
      KEYSIGNER_BACKEND: 'memory',
      KEYSIGNER_KEY_SET_SECRET: data.secrets.keySet,
      KEYSIGNER_WEBHEAD_SECRET: data.secrets.webheadToKeysigner,
      KEYSIGNER_DURATION_MS_MAX: '86400000',
      KEYSIGNER_SIGNATURES_PER_MINUTE_PER_UID: '120',
      KEYSIGNER_SIGNATURES_PER_MINUTE_PER_CALLER: '60000',
      KEYSIGNER_SIGNATURES_MAX: '64',
    },
    dbwriter: {
      ...server('DBWRITER', ports.dbwriter, dbwriter),
      DBWRITER_ENVIRONMENT: 'production',
      DBWRITER_REGION: 'us-east-1',
      DBWRITER_STORE: 'sqlite',
      DBWRITER_SQLITE_FILE: data.sqliteFile,
      DBWRITER_MIGRATE_AT_START: 'true',
      DBWRITER_PUBLIC_URL: webhead,
      DBWRITER_SEALING_KEYRING_SECRET: data.secrets.sealingKeyring,
      DBWRITER_WEBHEAD_SECRET: data.secrets.webheadToDbwriter,
      DBWRITER_WRITES_MAX: '64',
      DBWRITER_MAIL_TRANSPORT: 'smtp',
      DBWRITER_MAIL_SENDER: 'no-reply@example.org',
      DBWRITER_MAIL_CONTENT_URL: `${webhead}/pages`,
      DBWRITER_MAIL_SYNC_URL: `${webhead}/pages/connect`,
      DBWRITER_SMTP_HOST: HOST,
      DBWRITER_SMTP_PORT: String(ports.smtp),
      DBWRITER_SMTP_TLS: 'false',
      DBWRITER_LIMITS: 'true',
      DBWRITER_LOCKOUT: 'true',
      DBWRITER_RESEND_BLACKOUT_MS: '600000',
      DBWRITER_SESSION_IDLE_MS: '2419200000',
      DBWRITER_DEAD_ROWS_KEPT_MS: '172800000',
      DBWRITER_EVENTS_KEPT_MS: '604800000',
    },
    'mail-sink': {
      MAIL_SINK_LISTEN_HOST: '127.0.0.1',
      MAIL_SINK_HTTP_PORT: String(ports.sink),
      MAIL_SINK_SMTP_PORT: String(ports.smtp),
      MAIL_SINK_LOG_LEVEL: 'info',
    },
    box: {
      BOX_PORT: String(ports.box),
      BOX_MAIL_PORT: String(ports.boxMail),
      BOX_DATA_FOLDER: join(machine, 'box'),
      BOX_PRODUCTION: 'false',
      BOX_MAIL_SENDER: 'no-reply@localhost.localdomain',
      BOX_PROCESSES: '1',
    },
  };
}

/** Starts a role as systemd would: its unit's command, its settings, and no other variable. */
function startRole(role: string): ChildProcess {
  const [[program = '', ...parameters] = []] = commandsOf(role);
  const child = spawn(program, parameters, {
    cwd: machine,
    env: { ...settings[role] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function ask(url: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const answered = (response: import('node:http').IncomingMessage) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    };
    const request = url.startsWith('https:')
      ? getSecure(url, { agent: false, ca: readFileSync(authority) }, answered)
      : getPlain(url, { agent: false }, answered);
    request.on('error', reject);
  });
}

async function askUntilServing(role: string, child: ChildProcess): Promise<Answer> {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes) => (said += bytes));
  const deadline = Date.now() + ANSWER_MS_MAX;
  for (;;) {
    const answer = await ask(`${urls[role]}/__lbheartbeat__`).catch(() => undefined);
    if (answer !== undefined) return answer;
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${role} does not serve:\n${said}`);
    await wait(50);
  }
}

const versionText = (commit: string) =>
  `${JSON.stringify({ version: '0.1.0', commit, source: 'picl-idp', release: releaseId() }, null, 2)}\n`;
const releaseId = () => JSON.parse(readFileSync(join(release, 'release.json'), 'utf8')).release;

test('no package of the project is within its reach', () => {
  for (let folder = release; folder !== dirname(folder); folder = dirname(folder))
    expect(existsSync(join(folder, 'node_modules'))).toBe(false);
});

test.each(['keysigner', 'dbwriter', 'webhead', 'mail-sink', 'box'])(
  '%s starts, and tells its heartbeat and the release',
  async (role) => {
    const child = startRole(role);
    expect(await askUntilServing(role, child)).toEqual({ status: 200, body: '{}' });
    expect(await ask(`${urls[role]}/__version__`)).toEqual({ status: 200, body: versionText(COMMIT) });
  },
  SLOW_MS_MAX,
);

test('the webhead has a stretcher, and reaches the keysigner and the store, over TLS with the certificate', async () => {
  const [keysigner, dbwriter, webhead] = children;
  expect(dbwriter?.exitCode ?? keysigner?.exitCode).toBeNull();
  const programs = (await processesBelow(webhead?.pid ?? 0)).map(({ command }) => command);
  expect(programs.some((command) => command.endsWith(`${release}/stretcher.js`))).toBe(true);
  for (const role of ['keysigner', 'dbwriter', 'webhead'])
    expect(await ask(`${urls[role]}/__heartbeat__`)).toEqual({ status: 200, body: '{}' });
});

test(
  'each ends with 0 when systemd asks it to stop',
  async () => {
    const ends = children.map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of children) child.kill('SIGTERM');
    expect(await Promise.all(ends)).toEqual([0, 0, 0, 0, 0]);
  },
  SLOW_MS_MAX,
);

test(
  'a release without a label says that it does not know its commit',
  async () => {
    rmSync(join(release, 'commit'));
    await askUntilServing('mail-sink', startRole('mail-sink'));
    expect((await ask(`${urls['mail-sink']}/__version__`)).body).toBe(versionText('unknown'));
  },
  SLOW_MS_MAX,
);
