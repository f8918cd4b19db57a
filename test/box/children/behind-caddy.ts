/** Runs the shipped configuration of Caddy in a network of its own, and tells what clients and the service behind it saw. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';

// A name leads here, and an authority of ours speaks ACME. Nothing of the configuration is another one but which authority is asked, and how
// much is logged.
const [folder = ''] = process.argv.slice(2);
const SITE = 'accounts.dev.idp.example.org';
const AUTHORITY = 'authority.example.org';
const UPSTREAM_PORT = 9000;
const READY_MS_MAX = 20_000;
const CLIENT = '127.0.0.7';
const SECRET = 'secretcode';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly serialNumber: string | undefined;
}

/** What the service behind it was asked. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

export interface Observations {
  readonly redirected: Answer;
  readonly served: Answer;
  readonly asked: Asked;
  readonly askedWithLies: Asked;
  readonly overlong: number;
  readonly away: Answer;
  readonly servedWithoutAuthority: Answer;
  readonly adminRefused: boolean;
  readonly log: string;
}

const rootFile = join(folder, 'authority/caddy/pki/authorities/local/root.crt');
const running: ChildProcess[] = [];
let log = '';

function startCaddy(name: string, parameters: readonly string[]): ChildProcess {
  const env = { PATH: process.env['PATH'], XDG_DATA_HOME: join(folder, name), XDG_CONFIG_HOME: join(folder, name) };
  const child = spawn('caddy', ['run', ...parameters], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (name === 'machine') log += text;
  });
  running.push(child);
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  const exit = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  await exit;
}

/** The authority: another Caddy, with what it brings along for that. */
function startAuthority(): ChildProcess {
  const file = join(folder, 'authority.caddyfile');
  writeFileSync(
    file,
    `{
  admin off
  skip_install_trust
  auto_https disable_redirects
  https_port 14000
}
https://${AUTHORITY} {
  tls internal
  acme_server
}
`,
  );
  return startCaddy('authority', ['--adapter', 'caddyfile', '--config', file]);
}

/** The configuration as it is shipped, with the authority of this test in place of the public ones, and saying all that it could. */
function writeConfiguration(): string {
  const env = {
    ...process.env,
    CADDY_SITE: SITE,
    CADDY_MAILBOX: 'operators@example.org',
    CADDY_UPSTREAM: `127.0.0.1:${UPSTREAM_PORT}`,
  };
  const shipped = ['adapt', '--adapter', 'caddyfile', '--config', 'app/units/picl-idp.caddyfile'];
  const adapted = JSON.parse(execFileSync('caddy', shipped, { env, encoding: 'utf8' }));
  const [policy, ...others] = adapted.apps.tls.automation.policies;
  if (others.length > 0) throw new Error('there must be one policy of certificates');
  const directory = `https://${AUTHORITY}:14000/acme/local/directory`;
  policy.issuers = [{ ...policy.issuers[0], ca: directory, trusted_roots_pem_files: [rootFile] }];
  adapted.logging.logs.default.level = 'DEBUG';
  const file = join(folder, 'machine.json');
  writeFileSync(file, JSON.stringify(adapted));
  return file;
}

function ask(
  scheme: 'http' | 'https',
  path: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const ca = scheme === 'https' ? { ca: readFileSync(rootFile) } : {};
  const make = scheme === 'https' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const options = { host: SITE, path, method, headers, localAddress: CLIENT, agent: false, ...ca };
    const request = make(options, (response) => {
      const { serialNumber } = scheme === 'https' ? (response.socket as TLSSocket).getPeerCertificate() : {};
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text, serialNumber }),
      );
    });
    request.on('error', reject).end(body);
  });
}

async function patiently<Value>(look: () => Promise<Value>): Promise<Value> {
  const deadline = Date.now() + READY_MS_MAX;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`not ready in time; it said:\n${log}`, { cause: error });
      await wait(50);
    }
  }
}

function refuses(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => resolve(socket.destroy() === undefined));
    socket.on('error', () => resolve(true));
  });
}

async function observe(): Promise<Observations> {
  const asked: Asked[] = [];
  const service = createServer(({ method = '', url = '', headers }, response) => {
    asked.push({ method, url, headers });
    response.writeHead(200, { 'strict-transport-security': 'max-age=1', 'x-of': 'the service' }).end('of the service');
  });
  await new Promise<void>((resolve) => service.listen(UPSTREAM_PORT, '127.0.0.1', resolve));
  const authority = startAuthority();
  await patiently(async () => readFileSync(rootFile));
  const configuration = writeConfiguration();
  const first = startCaddy('machine', ['--config', configuration]);

  const path = `/v1/verify%2Femail?uid=1&code=${SECRET}`;
  const post = { method: 'POST', body: '{}', headers: { authorization: 'Hawk id="1"', 'content-type': 'text/plain' } };
  const served = await patiently(() => ask('https', path, post));
  const lies = { 'x-forwarded-for': '203.0.113.9, 203.0.113.10', 'x-forwarded-proto': 'http' };
  await ask('https', '/', { headers: lies });
  const [firstAsked, askedWithLies] = asked;
  if (firstAsked === undefined || askedWithLies === undefined) throw new Error('the service was not asked');
  const redirected = await ask('http', path);
  const overlong = await ask('https', '/', { headers: { 'x-long': 'a'.repeat(32_768) } });
  const adminRefused = await refuses(2019);
  await stop(first);
  await stop(authority);
  const second = startCaddy('machine', ['--config', configuration]);
  const servedWithoutAuthority = await patiently(() => ask('https', '/'));
  await new Promise((resolve) => {
    service.close(resolve);
    service.closeAllConnections();
  });
  const away = await ask('https', path, { headers: { authorization: SECRET } });
  // All that it had to say is read then.
  await stop(second);
  return {
    redirected,
    served,
    asked: firstAsked,
    askedWithLies,
    overlong: overlong.status,
    away,
    servedWithoutAuthority,
    adminRefused,
    log,
  };
}

try {
  process.stdout.write(JSON.stringify(await observe()));
} finally {
  for (const child of running) child.kill('SIGKILL');
}
