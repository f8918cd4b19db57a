/** HTTPS of the box: the real Caddy, with the configuration that a release ships, in front of a service. */

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { FastifyRequest } from 'fastify';
import { requestContext } from '../../app/webhead/request-context.ts';
import type { Asked, Observations } from './children/behind-caddy.ts';

const run = promisify(execFile);
/** Network, names and processes of its own: it listens at the ports of HTTP and HTTPS, and ends with its first process. */
const APART = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
const AS_ROOT = process.getuid?.() === 0 ? [] : ['--map-root-user'];
const BEGIN = 'ip link set lo up && mount --bind "$1/hosts" /etc/hosts && exec "$2" "$3" "$1"';

let folder: string;
let seen: Observations;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'picl-idp-caddy-'));
  writeFileSync(join(folder, 'hosts'), '127.0.0.1 accounts.dev.idp.example.org authority.example.org\n');
  const child = [process.execPath, 'test/box/children/behind-caddy.ts'];
  const { stdout } = await run('unshare', [...AS_ROOT, ...APART, 'sh', '-c', BEGIN, 'sh', folder, ...child], {
    env: { ...process.env, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
  });
  seen = JSON.parse(stdout) as Observations;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The client as the service takes it, told that one server stands in front. */
const clientOf = ({ headers }: Asked) =>
  requestContext({ headers, ip: '127.0.0.1' } as unknown as FastifyRequest, 1).clientAddress;

test('it gets a certificate for its name from an authority that speaks ACME, and serves with it', () => {
  expect(seen.served).toMatchObject({ status: 200, body: 'of the service', headers: { 'x-of': 'the service' } });
});

test('after a stop it serves with the certificate that it keeps, though no authority is there', () => {
  expect(seen.servedWithoutAuthority.status).toBe(200);
  expect(seen.servedWithoutAuthority.serialNumber).toMatch(/^[0-9A-F]{16,}$/);
  expect(seen.servedWithoutAuthority.serialNumber).toBe(seen.served.serialNumber);
});

test('the service hears what the client sent: path, query and headers are under the MAC of its request', () => {
  expect(seen.asked).toMatchObject({
    method: 'POST',
    url: '/v1/verify%2Femail?uid=1&code=secretcode',
    headers: {
      host: 'accounts.dev.idp.example.org',
      authorization: 'Hawk id="1"',
      'content-type': 'text/plain',
      'x-forwarded-proto': 'https',
    },
  });
});

test('the service sees the address of the client', () => expect(clientOf(seen.asked)).toBe('127.0.0.7'));

test('a client that lies about its address is seen at its address all the same', () => {
  expect(clientOf(seen.askedWithLies)).toBe('127.0.0.7');
  expect(seen.askedWithLies.headers).toMatchObject({ 'x-forwarded-for': '127.0.0.7', 'x-forwarded-proto': 'https' });
});

test('who forgot TLS is sent to the same address with it, and keeps method and body', () => {
  expect(seen.redirected.status).toBe(308);
  expect(seen.redirected.headers.location).toBe(
    'https://accounts.dev.idp.example.org/v1/verify%2Femail?uid=1&code=secretcode',
  );
});

test('while the service is away the answer is its own 503, which says when to come back', () => {
  expect(seen.away.status).toBe(503);
  expect(seen.away.headers).toMatchObject({
    'retry-after': '30',
    'content-type': 'application/json; charset=utf-8',
    'strict-transport-security': 'max-age=15552000; includeSubdomains',
    'cache-control': 'no-cache',
  });
  expect(JSON.parse(seen.away.body)).toEqual({
    code: 503,
    errno: 201,
    error: 'Service Unavailable',
    message: 'Service unavailable',
    retryAfter: 30,
  });
});

test('headers of the service are neither doubled nor hidden, and none of Caddy’s is added', () => {
  expect(seen.served.headers['strict-transport-security']).toBe('max-age=1');
  for (const answer of [seen.served, seen.redirected, seen.away]) {
    expect(answer.headers).not.toHaveProperty('server');
    expect(answer.headers).not.toHaveProperty('alt-svc');
  }
});

test('headers without end are refused', () => expect(seen.overlong).toBe(431));

test('nobody on the machine can change it as it runs', () => expect(seen.adminRefused).toBe(true));

test('no code of a mail and no header gets into a log, though failures do', () => {
  expect(seen.log).toContain('connection refused');
  expect(seen.log).not.toContain('secretcode');
});

test('as shipped it asks public authorities, which can tell the operators', async () => {
  const env = {
    ...process.env,
    CADDY_SITE: 'a.example.org',
    CADDY_MAILBOX: 'operators@example.org',
    CADDY_UPSTREAM: '127.0.0.1:1',
    XDG_DATA_HOME: folder,
  };
  const { stdout } = await run(
    'caddy',
    ['adapt', '--adapter', 'caddyfile', '--config', 'app/units/picl-idp.caddyfile'],
    {
      env,
    },
  );
  const { policies } = JSON.parse(stdout).apps.tls.automation;
  expect(policies).toEqual([
    {
      issuers: [
        { module: 'acme', email: 'operators@example.org' },
        { module: 'zerossl', email: 'operators@example.org' },
      ],
      disable_ocsp_stapling: true,
    },
  ]);
});

test('its configuration asks for nothing that user data does not tell', () => {
  const text = readFileSync('app/units/picl-idp.caddyfile', 'utf8');
  expect([...new Set(text.match(/\{\$\w+/g))].sort()).toEqual(['{$CADDY_MAILBOX', '{$CADDY_SITE', '{$CADDY_UPSTREAM']);
});
