/** Whatever is sent, the answer is one of the contract's: thousands of generated and mutated requests to every route. FUZZ_CASES raises their number. */

import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { LightMyRequestResponse } from 'fastify';
import { SERVICE_ERRORS } from '../../app/accounts/service-errors.ts';
import { deriveToken, type TokenKind } from '../../app/accounts/tokens.ts';
import { writeHawkHeader } from '../../app/platform/hawk/header.ts';
import { hawkMac, hawkPayloadHash } from '../../app/platform/hawk/mac.ts';
import { listeningPort } from '../../app/platform/http-server.ts';
import type { Route } from '../../app/webhead/route.ts';
import { allRoutes } from '../../app/webhead/routes/all.ts';
import { type AccountsService, startAccountsService } from '../support/accounts-service.ts';
import { PUBLIC_URL } from '../support/store-fixture.ts';

const CASES = Number(process.env['FUZZ_CASES'] ?? 3000);
const TIME_MS = 120_000;
const KNOWN_ERRNOS = new Set<number>(Object.values(SERVICE_ERRORS).map(({ errno }) => errno));

let accounts: AccountsService;
let tokens: Readonly<Record<TokenKind, string>>;
beforeAll(async () => {
  accounts = await startAccountsService({ remote: true });
  tokens = await makeTokens();
}, TIME_MS);
afterAll(async () => {
  await accounts.close();
});

const authPW = 'ab'.repeat(32);

/** A live token of each kind, so that requests get past the door. */
async function makeTokens(): Promise<Readonly<Record<TokenKind, string>>> {
  const email = `${randomBytes(6).toString('hex')}@example.org`;
  const post = async (path: string, body: object) =>
    (await accounts.app.inject({ method: 'POST', url: path, payload: body })).json();
  const created = await post('/v1/account/create?keys=true', { email, authPW, preVerified: true });
  const forgot = await post('/v1/password/forgot/send_code', { email });
  const change = await post('/v1/password/change/start', { email, oldAuthPW: authPW });
  return {
    sessionToken: created.sessionToken,
    keyFetchToken: created.keyFetchToken,
    passwordForgotToken: forgot.passwordForgotToken,
    passwordChangeToken: change.passwordChangeToken,
    accountResetToken: change.passwordChangeToken,
  };
}

const sign = ({
  kind,
  method,
  url,
  body,
}: {
  kind: TokenKind;
  method: string;
  url: string;
  body: string | undefined;
}) => {
  const { tokenId, hawkKey } = deriveToken(kind, Buffer.from(tokens[kind], 'hex'));
  const { hostname: host, port } = new URL(PUBLIC_URL);
  const ts = Math.floor(accounts.fixture.clock.now / 1000);
  const hash = body === undefined ? undefined : hawkPayloadHash('application/json', body);
  const mac = hawkMac(hawkKey, { ts, nonce: 'fuzz', method, resource: url, host, port, hash });
  return writeHawkHeader({ id: tokenId.toString('hex'), ts, nonce: 'fuzz', hash, mac });
};

/** Values that the routes take, those just beside them, and anything else. */
const someValue = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom<unknown>(
      'me@example.org',
      'ME@example.org',
      'a@b',
      authPW,
      authPW.toUpperCase(),
      'ab'.repeat(16),
      'true',
      true,
      0,
      3600,
      -1,
      1e300,
      '',
      null,
      [],
      {},
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>(
      { algorithm: 'RS', n: '1', e: '3' },
      { algorithm: 'DS', y: '1' },
      { algorithm: 'RS', n: '1', e: '3', foo: 1 },
      { name: 'x', type: 'y' },
      'https://push.example/x',
      'http://169.254.169.254/',
      'https://accounts.firefox.com/x',
      'x'.repeat(5000),
      '\ud800',
      '\u0000',
      'all',
      ['ab'.repeat(16)],
    ),
  },
  { weight: 2, arbitrary: fc.jsonValue() as fc.Arbitrary<unknown> },
);

const MEMBERS = [
  'email',
  'authPW',
  'oldAuthPW',
  'wrapKb',
  'code',
  'uid',
  'id',
  'name',
  'type',
  'publicKey',
  'duration',
  'device',
  'service',
  'redirectTo',
  'resume',
  'preVerified',
  'preVerifyToken',
  'pushCallback',
  'pushPublicKey',
  'pushAuthKey',
  'capabilities',
  'availableCommands',
  'sessionToken',
  'customSessionToken',
  'originalLoginEmail',
  'reason',
  'to',
  'excluded',
  'payload',
  'TTL',
  '__proto__',
  'constructor',
  'foo',
] as const;

const someBody = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .dictionary(fc.constantFrom(...MEMBERS), someValue, { maxKeys: 8 })
      .map((body) => JSON.stringify(body)),
  },
  { weight: 1, arbitrary: fc.jsonValue().map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.string({ maxLength: 200 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      '{',
      'null',
      '[]',
      '"x"',
      `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`,
      'x'.repeat(17_000),
    ),
  },
);

const someRequest = fc.record({
  route: fc.nat(1000),
  method: fc.constantFrom('GET', 'POST', 'POST', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD'),
  properMethod: fc.integer({ min: 0, max: 9 }).map((die) => die > 0),
  query: fc.constantFrom(
    '',
    '',
    '',
    '?keys=true',
    '?keys=TRUE&keys=true',
    '?service=sync',
    '?uid=zz',
    `?uid=${'ab'.repeat(16)}`,
    '?_createdAt=5',
    '?_createdAt=x',
    '?%ff',
    '?a[b]=c',
    `?x=${'y'.repeat(3000)}`,
    `?x=${'y'.repeat(5000)}`,
  ),
  body: someBody,
  contentType: fc.constantFrom(
    'application/json',
    'application/json; charset=utf-8',
    'APPLICATION/JSON',
    'application/x-www-form-urlencoded',
    'text/plain',
    'multipart/form-data',
    '',
  ),
  properType: fc.integer({ min: 0, max: 5 }).map((die) => die > 0),
  authorization: fc.oneof(
    { weight: 6, arbitrary: fc.constant('signed') },
    { weight: 1, arbitrary: fc.constant('signed without a hash') },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '',
        'Hawk',
        'Hawk id="x"',
        'Bearer x',
        'Hawk id="\u00e9", ts="1", nonce="a", mac="b"',
        `Hawk id="${'a'.repeat(64)}", ts="1", nonce="a", mac="b"`,
        `Hawk id="${'a'.repeat(5000)}"`,
      ),
    },
    { weight: 1, arbitrary: fc.string({ maxLength: 60 }).map((text) => `Hawk ${text.replace(/[^\x20-\x7e]/g, '?')}`) },
  ),
  language: fc.constantFrom('en', '', 'pt-BR,*;q=0.1', ';;;q=,', 'x'.repeat(600)),
});

type SomeRequest = typeof someRequest extends fc.Arbitrary<infer Value> ? Value : never;

/** The request as it is sent: to one of the routes, signed with a token of its kind where it is to be signed. */
function requestOf(some: SomeRequest, route: Route) {
  const method = some.properMethod ? route.method : some.method;
  const url = route.path + some.query;
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const payload = hasBody ? some.body : undefined;
  const contentType = some.properType ? 'application/json' : some.contentType;
  const authorization = authorizationOf(some, route, { method, url, body: payload });
  return {
    method: method as 'GET',
    url,
    headers: {
      ...(authorization === '' ? {} : { authorization }),
      ...(hasBody ? { 'content-type': contentType } : {}),
      'accept-language': some.language,
    },
    ...(payload === undefined ? {} : { payload }),
  };
}

function authorizationOf(
  { authorization }: SomeRequest,
  { authentication }: Route,
  { method, url, body }: { method: string; url: string; body: string | undefined },
): string {
  if (!authorization.startsWith('signed')) return authorization;
  if (authentication === 'none') return '';
  const kind = authentication === 'optionalSessionToken' ? 'sessionToken' : authentication;
  return sign({ kind, method, url, body: authorization === 'signed' ? body : undefined });
}

function checkAnswer(method: string, { statusCode, headers, json }: LightMyRequestResponse): void {
  expect(headers['timestamp']).toMatch(/^\d+$/);
  if (method === 'OPTIONS' || method === 'HEAD') return;
  expect(headers['content-type']).toBe('application/json; charset=utf-8');
  const told = json();
  if (statusCode === 200) return;
  const text = expect.any(String);
  expect(told).toMatchObject({ code: statusCode, info: text, message: text, error: text });
  expect(KNOWN_ERRNOS.has(told.errno)).toBe(true);
  expect(statusCode).toBeLessThan(500);
}

test(
  'every answer is one of the contract, and never an unknown error',
  async () => {
    const routes = allRoutes(accounts.service);
    const seen = new Set<number>();
    await fc.assert(
      fc.asyncProperty(someRequest, async (some) => {
        const route = routes[some.route % routes.length];
        if (route === undefined) throw new Error('no route');
        const request = requestOf(some, route);
        const answer = await accounts.app.inject(request);
        seen.add(answer.statusCode);
        checkAnswer(request.method, answer);
      }),
      { numRuns: CASES },
    );
    // A generator that never gets past the door would prove nothing.
    expect([...seen]).toEqual(expect.arrayContaining([200, 400, 401, 404, 413, 415]));
  },
  TIME_MS,
);

test(
  'bytes that are no request are answered and the connection is closed, within a second',
  async () => {
    await accounts.app.listen({ host: '127.0.0.1', port: 0 });
    const port = listeningPort(accounts.app);
    const exchange = (bytes: string | Buffer) =>
      new Promise<string>((resolve, reject) => {
        let text = '';
        const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(bytes));
        socket.setTimeout(5000, () => reject(new Error(`no end of ${JSON.stringify(bytes.toString().slice(0, 60))}`)));
        socket.on('data', (chunk) => {
          text += chunk.toString('latin1');
        });
        socket.on('error', () => resolve(text));
        socket.on('close', () => resolve(text));
      });
    const malformed = [
      'nonsense\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      'GET /v1/account/status HTTP/1.1\r\nhost: a\r\nhost: b\r\ncontent-length: x\r\n\r\n',
      `GET / HTTP/1.1\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`,
      'POST /v1/account/login HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\nhello',
      'POST /v1/account/login HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
      'GET /%zz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
      'GET /v1/%ff%fe HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
      randomBytes(500),
    ];
    for (const bytes of malformed) {
      const answer = await exchange(bytes);
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(answer.toLowerCase()).toContain('content-type: application/json; charset=utf-8');
      expect(answer).toMatch(/"errno":\d+/);
    }
  },
  TIME_MS,
);
