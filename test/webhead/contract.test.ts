/** The HTTP contract, route by route, where clients depend on its letter. */

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { deriveToken, type TokenKind } from '../../app/accounts/tokens.ts';
import { type AccountsService, startAccountsService } from '../support/accounts-service.ts';
import { PUBLIC_URL } from '../support/store-fixture.ts';

/** The independent Hawk client. */
const hapiHawk = createRequire(join(process.cwd(), 'package.json'))('@hapi/hawk') as {
  client: {
    header(url: string, method: string, options: object): { header: string };
  };
};

let accounts: AccountsService;
beforeAll(async () => {
  accounts = await startAccountsService();
});
afterAll(async () => {
  await accounts.close();
});
afterEach(() => {
  accounts.fixture.transport.gone = false;
});

const authPW = 'ab'.repeat(32);
const address = () => `Some.${randomBytes(6).toString('hex')}@Example.org`;

type Signing = { kind: TokenKind; token: string; changes?: object; payload?: string; contentType?: string };

const authorization = (
  url: string,
  method: string,
  { kind, token, changes = {}, payload, contentType = 'application/json' }: Signing,
) => {
  const { tokenId, hawkKey } = deriveToken(kind, Buffer.from(token, 'hex'));
  // The library takes the key's bytes as they are.
  const credentials = { id: tokenId.toString('hex'), key: hawkKey, algorithm: 'sha256' };
  const timestamp = Math.floor(accounts.fixture.clock.now / 1000);
  return hapiHawk.client.header(PUBLIC_URL + url, method, {
    credentials,
    timestamp,
    ...(payload === undefined ? {} : { payload, contentType }),
    ...changes,
  }).header;
};

const call = async (
  method: 'GET' | 'POST',
  url: string,
  { body, signed, headers = {} }: { body?: unknown; signed?: Signing; headers?: Record<string, string> } = {},
) => {
  const payload = typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body);
  const response = await accounts.app.inject({
    method,
    url,
    headers: {
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      ...(signed === undefined ? {} : { authorization: authorization(url, method, signed) }),
      ...headers,
    },
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: response.statusCode, headers: response.headers, body: response.json() };
};

const create = async (changes: object = {}, query = '') => {
  const email = address();
  const { body } = await call('POST', `/v1/account/create${query}`, {
    body: { email, authPW, preVerified: true, ...changes },
  });
  const { tokenId } = deriveToken('sessionToken', Buffer.from(body.sessionToken, 'hex'));
  return { email, uid: body.uid, token: body.sessionToken, tokenId: tokenId.toString('hex'), body };
};
const bySession = (token: string): Signing => ({ kind: 'sessionToken', token });

describe('every answer', () => {
  test('carries the headers that clients and browsers rely on, errors too', async () => {
    for (const url of ['/v1/nothing', '/__lbheartbeat__']) {
      const { headers } = await call('GET', url);
      expect(headers).toMatchObject({
        'strict-transport-security': 'max-age=15552000; includeSubdomains',
        'x-frame-options': 'DENY',
        'x-xss-protection': '1; mode=block',
        'x-download-options': 'noopen',
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-cache',
        'access-control-allow-origin': '*',
        'access-control-expose-headers': 'WWW-Authenticate, Server-Authorization, Timestamp, Accept-Language',
        'content-type': 'application/json; charset=utf-8',
        timestamp: String(Math.floor(accounts.fixture.clock.now / 1000)),
      });
      expect(headers).not.toHaveProperty('www-authenticate');
    }
  });

  test('to a preflight is empty and allows what clients send', async () => {
    const { statusCode, body, headers } = await accounts.app.inject({ method: 'OPTIONS', url: '/v1/account/login' });
    expect([statusCode, body]).toEqual([200, '']);
    expect(headers).toMatchObject({
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
      'access-control-allow-headers': 'Authorization, Content-Type, If-None-Match',
      'access-control-max-age': '86400',
    });
  });

  test.each([
    ['GET', '/v1/nothing', undefined, 404, 999],
    ['GET', '/v1/account/create', undefined, 404, 999],
    ['GET', '/v0/account/create', undefined, 410, 116],
    ['POST', '/v0/x', {}, 410, 116],
    ['POST', '/v1/account/login', '{', 400, 106],
    ['POST', '/v1/account/login', 'x'.repeat(16_385), 413, 113],
    ['POST', '/v1/get_random_bytes', 'x'.repeat(16_385), 413, 113],
    ['POST', '/v1/account/login', {}, 400, 108],
    ['GET', '/v1/session/status', undefined, 401, 110],
  ] as const)('%s %s is refused as its number says', async (method, url, body, status, errno) => {
    const answer = await call(method, url, { body });
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({
      code: status,
      errno,
      error: expect.any(String),
      message: expect.any(String),
      info: expect.stringMatching(/^https:/),
    });
  });

  test('names what is missing, what is wrong, and where', async () => {
    expect((await call('POST', '/v1/account/login', { body: { authPW } })).body).toMatchObject({
      errno: 108,
      param: 'email',
      message: 'Missing parameter in request body: email',
    });
    expect((await call('POST', '/v1/account/login', { body: { email: 'a@b', authPW } })).body).toMatchObject({
      errno: 107,
      validation: { source: 'payload', keys: ['email'] },
    });
    expect((await call('GET', '/v1/account/status?uid=zz')).body).toMatchObject({
      errno: 107,
      validation: { source: 'query', keys: ['uid'] },
    });
    expect((await call('GET', '/v1/account/status')).body).toMatchObject({ errno: 108, param: 'uid' });
  });

  test('ignores members that it does not know, and a form is refused', async () => {
    const { status } = await call('POST', '/v1/account/create', {
      body: { email: address(), authPW, preVerified: true, metricsContext: { flowId: 'x' }, foo: 1 },
    });
    expect(status).toBe(200);
    const form = await accounts.app.inject({
      method: 'POST',
      url: '/v1/account/login',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'email=a',
    });
    expect([form.statusCode, form.json().errno]).toEqual([415, 999]);
  });

  test('of random bytes comes whatever the body is', async () => {
    for (const [type, payload] of [
      ['text/plain', 'x'],
      ['application/json', ''],
      ['application/json', '{}'],
    ] as const) {
      const { statusCode, body } = await accounts.app.inject({
        method: 'POST',
        url: '/v1/get_random_bytes',
        headers: { 'content-type': type },
        payload,
      });
      expect([statusCode, JSON.parse(body).data]).toEqual([200, expect.stringMatching(/^[0-9a-f]{64}$/)]);
    }
  });
});

describe('a signed request', () => {
  test('is taken with and without a hash, and with another time within 20 years', async () => {
    const { token } = await create();
    const status = (changes: object) => call('GET', '/v1/session/status', { signed: { ...bySession(token), changes } });
    const now = Math.floor(accounts.fixture.clock.now / 1000);
    expect((await status({})).status).toBe(200);
    expect((await status({ payload: '', contentType: '' })).status).toBe(200);
    expect((await status({ ext: 'some "thing"'.replaceAll('"', '') })).status).toBe(200);
    expect((await status({ timestamp: now - 5 * 365 * 86_400 })).status).toBe(200);
    const late = await status({ timestamp: now - 21 * 365 * 86_400 });
    expect([late.status, late.body.errno, late.body.serverTime]).toEqual([401, 111, now]);
  });

  test('is taken twice: clients repeat theirs', async () => {
    const { token } = await create();
    const headers = { authorization: authorization('/v1/session/status', 'GET', bySession(token)) };
    expect((await call('GET', '/v1/session/status', { headers })).status).toBe(200);
    expect((await call('GET', '/v1/session/status', { headers })).status).toBe(200);
  });

  test('for another path, method or host is refused with a bad MAC', async () => {
    const { token } = await create();
    const wrong = [
      authorization('/v1/session/other', 'GET', bySession(token)),
      authorization('/v1/session/status', 'POST', bySession(token)),
    ];
    for (const header of wrong) {
      const { status, body } = await call('GET', '/v1/session/status', { headers: { authorization: header } });
      expect([status, body.errno, body.message]).toEqual([401, 109, 'Bad mac']);
    }
  });

  test('by an unknown, malformed or otherwise meant id is refused alike', async () => {
    const { token } = await create();
    const unknown = await call('GET', '/v1/session/status', { signed: bySession('00'.repeat(32)) });
    const otherKind = await call('GET', '/v1/session/status', { signed: { kind: 'keyFetchToken', token } });
    const notHex = await call('GET', '/v1/session/status', {
      headers: { authorization: 'Hawk id="zz", ts="1", nonce="a", mac="b"' },
    });
    for (const { status, body } of [unknown, otherKind, notHex]) {
      expect([status, body.errno, body.message]).toEqual([
        401,
        110,
        'Invalid authentication token in request signature',
      ]);
    }
  });

  test.each([
    ['', 401, 110],
    ['Bearer abc', 401, 110],
    ['Hawk id="a"', 400, 999],
    ['Hawk', 400, 999],
    [`Hawk id="${'a'.repeat(64)}", ts="x", nonce="a", mac="b"`, 400, 999],
  ])('with the header %j is refused with %i', async (header, status, errno) => {
    const answer = await call('GET', '/v1/session/status', header === '' ? {} : { headers: { authorization: header } });
    expect([answer.status, answer.body.errno]).toEqual([status, errno]);
  });

  test('with strict clocks is refused late, and refused twice', async () => {
    const strict = await startAccountsService({ hawkSkewSeconds: 60 });
    const { sessionToken } = (
      await strict.app.inject({
        method: 'POST',
        url: '/v1/account/create',
        payload: { email: address(), authPW, preVerified: true },
      })
    ).json();
    const ask = (header: string) =>
      strict.app.inject({ method: 'GET', url: '/v1/session/status', headers: { authorization: header } });
    const header = authorization('/v1/session/status', 'GET', bySession(sessionToken));
    expect((await ask(header)).statusCode).toBe(200);
    expect((await ask(header)).json()).toMatchObject({ code: 401, errno: 115 });
    const late = authorization('/v1/session/status', 'GET', {
      ...bySession(sessionToken),
      changes: { timestamp: Math.floor(accounts.fixture.clock.now / 1000) - 61 },
    });
    expect((await ask(late)).json()).toMatchObject({ code: 401, errno: 111 });
    await strict.close();
  });
});

describe('login', () => {
  test('refuses in the known order: account, case, lock, password', async () => {
    const { email } = await create();
    const login = (body: object) => call('POST', '/v1/account/login', { body: { email, authPW, ...body } });
    expect((await login({ email: 'nobody@example.org' })).body).toMatchObject({
      errno: 102,
      email: 'nobody@example.org',
    });
    expect((await login({ email: email.toLowerCase(), authPW: '00'.repeat(32) })).body).toMatchObject({
      errno: 120,
      email,
    });
    expect((await login({ originalLoginEmail: 'other@example.org' })).body).toMatchObject({ errno: 142 });
    expect((await login({ originalLoginEmail: email.toUpperCase() })).status).toBe(200);
    expect((await login({ authPW: '00'.repeat(32) })).body).toMatchObject({ errno: 103, email });
    expect((await login({ authPW: authPW.toUpperCase() })).status).toBe(200);
    await call('POST', '/v1/account/lock', { body: { email, authPW } });
    expect((await login({})).body).toMatchObject({ errno: 121 });
    expect((await call('POST', '/v1/account/lock', { body: { email, authPW } })).status).toBe(200);
  });

  test('gives keys for keys=true alone, and says the time in seconds', async () => {
    const { email } = await create();
    const withKeys = await call('POST', '/v1/account/login?keys=true', { body: { email, authPW } });
    expect(withKeys.body).toEqual({
      uid: expect.any(String),
      sessionToken: expect.any(String),
      keyFetchToken: expect.any(String),
      verified: true,
      authAt: Math.floor(accounts.fixture.clock.now / 1000),
    });
    expect((await call('POST', '/v1/account/login?keys=TRUE', { body: { email, authPW } })).body).not.toHaveProperty(
      'keyFetchToken',
    );
  });

  test('tells newer clients how an unverified account is verified', async () => {
    const { email } = await create({ preVerified: false });
    expect((await call('POST', '/v1/account/login', { body: { email, authPW } })).body).toMatchObject({
      verified: false,
      verificationMethod: 'email',
      verificationReason: 'signup',
    });
  });
});

describe('sign-up', () => {
  test('refuses a verified address in any case, and echoes it as it was sent', async () => {
    const { email } = await create();
    const again = await call('POST', '/v1/account/create', { body: { email: email.toUpperCase(), authPW } });
    expect(again.body).toMatchObject({ errno: 101, email: email.toUpperCase() });
  });

  test('in production knows neither preVerified nor a back-dated session nor the lock', async () => {
    const production = await startAccountsService({ development: false });
    const post = async (url: string, payload: object) =>
      (await production.app.inject({ method: 'POST', url, payload })).json();
    expect(await post('/v1/account/create', { email: address(), authPW, preVerified: true })).toMatchObject({
      errno: 107,
      validation: { keys: ['preVerified'] },
    });
    expect(await post('/v1/account/lock', { email: address(), authPW })).toMatchObject({ code: 404 });
    const created = await post('/v1/account/create?_createdAt=5', { email: address(), authPW });
    expect(created.authAt).toBe(Math.floor(production.fixture.clock.now / 1000));
    await production.close();
  });

  test('back-dates a session for test suites, but not into the future', async () => {
    expect((await create({}, '?_createdAt=5000')).body.authAt).toBe(5);
    const future = await call('POST', `/v1/account/create?_createdAt=${accounts.fixture.clock.now + 1}`, {
      body: { email: address(), authPW },
    });
    expect(future.body.errno).toBe(107);
  });

  test('never trusts a token that verifies beforehand, and follows only to the configured domain', async () => {
    expect(
      (await call('POST', '/v1/account/create', { body: { email: address(), authPW, preVerifyToken: 'a.b.c' } })).body,
    ).toMatchObject({ errno: 105 });
    expect(
      (
        await call('POST', '/v1/account/create', {
          body: { email: address(), authPW, redirectTo: 'https://evil.example/firefox.com' },
        })
      ).body,
    ).toMatchObject({ errno: 107 });
    expect(
      (
        await call('POST', '/v1/account/create', {
          body: { email: address(), authPW, redirectTo: 'https://accounts.firefox.com/x' },
        })
      ).status,
    ).toBe(200);
  });

  test('stands although its mail cannot be sent; a code that is asked for is told to come later', async () => {
    accounts.fixture.transport.gone = true;
    const { token, email } = await create({ preVerified: false });
    const resend = await call('POST', '/v1/recovery_email/resend_code', { body: {}, signed: bySession(token) });
    expect([resend.status, resend.body.errno, resend.body.retryAfter, resend.headers['retry-after']]).toEqual([
      503,
      201,
      30,
      '30',
    ]);
    expect((await call('POST', '/v1/password/forgot/send_code', { body: { email } })).status).toBe(503);
  });

  test('brings its device along', async () => {
    const { body, token } = await create({
      device: { name: 'Laptop', type: 'desktop', pushCallback: '', pushPublicKey: '' },
    });
    expect(body.device).toMatchObject({ id: expect.stringMatching(/^[0-9a-f]{32}$/), name: 'Laptop' });
    expect((await call('GET', '/v1/account/devices', { signed: bySession(token) })).body).toMatchObject([
      { name: 'Laptop', isCurrentDevice: true },
    ]);
  });
});

describe('the address', () => {
  test('is verified by its code, whoever is told once; devices are woken', async () => {
    const { uid, token, email } = await create({
      preVerified: false,
      device: { name: 'a', type: 'b', pushCallback: 'https://push.example/x' },
    });
    const mail = accounts.fixture.mails.findLast(({ to }) => to === email);
    const code = mail?.kind === 'verify-email' ? mail.code : '';
    const verify = (body: object) => call('POST', '/v1/recovery_email/verify_code', { body });
    expect((await verify({ uid, code: '0'.repeat(32) })).body).toMatchObject({ errno: 105 });
    expect((await verify({ uid: 'ab'.repeat(16), code })).body).toMatchObject({ errno: 102 });
    expect((await call('GET', '/v1/recovery_email/status', { signed: bySession(token) })).body).toEqual({
      email,
      verified: false,
      emailVerified: false,
      sessionVerified: false,
    });
    expect((await verify({ uid: uid.toUpperCase(), code, service: 'sync', reminder: 'first' })).status).toBe(200);
    expect((await verify({ uid, code: '0'.repeat(32) })).body).toEqual({});
    expect(
      (await call('GET', '/v1/recovery_email/status?reason=push', { signed: bySession(token) })).body,
    ).toMatchObject({ verified: true });
    expect(accounts.pushed.at(-1)?.devices.map(({ pushCallback }) => pushCallback)).toEqual(['https://push.example/x']);
    expect(accounts.fixture.mails.filter(({ to }) => to === email).map(({ kind }) => kind)).toEqual([
      'verify-email',
      'email-verified',
    ]);
  });

  test("of mails' links leads on to the pages", async () => {
    for (const path of [
      'verify_email?uid=a&code=b',
      'complete_reset_password?token=a',
      'complete_unlock_account?uid=a',
    ]) {
      const { statusCode, headers } = await accounts.app.inject({ method: 'GET', url: `/v1/${path}` });
      expect([statusCode, headers.location]).toEqual([302, `${PUBLIC_URL}/pages/v1/${path}`]);
    }
  });
});

describe('devices', () => {
  const put = (token: string, body: object) => call('POST', '/v1/account/device', { body, signed: bySession(token) });

  test('are refused by the names that clients know', async () => {
    const { token } = await create();
    expect((await put(token, { name: 'x' })).body).toMatchObject({ errno: 108, param: 'id' });
    expect((await put(token, { id: 'ab'.repeat(16) })).body).toMatchObject({ errno: 108, param: 'value' });
    expect((await put(token, { id: 'ab'.repeat(16), name: 'x' })).body).toMatchObject({ errno: 123 });
    expect((await put(token, { name: 'x', type: 'y', pushPublicKey: 'BASE64url_-' })).body).toMatchObject({
      errno: 108,
      param: 'pushAuthKey',
    });
    expect((await put(token, { name: 'x', type: 'y', pushCallback: 'ftp://a/' })).body).toMatchObject({ errno: 107 });
    const { id, createdAt } = (await put(token, { name: 'x', type: 'y' })).body;
    expect(createdAt).toBe(accounts.fixture.clock.now);
    expect((await put(token, { name: 'z', type: 'y' })).body).toMatchObject({ errno: 124, deviceId: id });
    expect((await put(token, { id, name: 'z' })).body).toEqual({ id, name: 'z' });
  });

  test('are listed with their nulls, and with what newer ones said', async () => {
    const { token } = await create();
    await put(token, {
      name: 'x',
      type: 'y',
      pushCallback: 'https://push.example/1',
      pushPublicKey: 'ab'.repeat(32),
      availableCommands: { 'https://x/c': 'y' },
    });
    const [device] = (await call('GET', '/v1/account/devices', { signed: bySession(token) })).body;
    expect(device).toEqual({
      id: expect.any(String),
      isCurrentDevice: true,
      lastAccessTime: accounts.fixture.clock.now,
      name: 'x',
      type: 'y',
      pushCallback: 'https://push.example/1',
      pushPublicKey: 'ab'.repeat(32),
      availableCommands: { 'https://x/c': 'y' },
    });
  });

  test('are sent only messages that they understand', async () => {
    const { token } = await create();
    const notify = (body: object) => call('POST', '/v1/account/devices/notify', { body, signed: bySession(token) });
    const payload = { version: 1, command: 'sync:collection_changed', data: { collections: ['tabs'] } };
    expect((await notify({ to: 'all', payload })).body).toEqual({});
    expect(accounts.pushed.at(-1)).toEqual({ devices: [], payload: JSON.stringify(payload) });
    expect((await notify({ to: 'all', payload: { version: 1, command: 'rm -rf', data: {} } })).body).toMatchObject({
      errno: 107,
    });
    expect((await notify({ to: ['zz'], payload })).body).toMatchObject({ errno: 107 });
  });
});

describe('a certificate', () => {
  const { n = '', e = '' } = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
  const key = { algorithm: 'RS', n, e };
  const sign = (token: string, body: object, changes: object = {}) => {
    const payload = JSON.stringify(body);
    return call('POST', '/v1/certificate/sign', { body: payload, signed: { ...bySession(token), payload, changes } });
  };

  test('says who, until when, and since when', async () => {
    const { token, uid, email } = await create();
    const { clock } = accounts.fixture;
    const { cert } = (await sign(token, { publicKey: key, duration: 3_600_000 })).body;
    const [header = '', payload = ''] = cert.split('.');
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
    expect(read(header)).toEqual({ alg: 'RS256', kid: expect.any(String) });
    const claims = read(payload);
    // The keysigner's clock is the real one: it also dates the calls that it takes.
    expect(Math.abs(claims.iat + 10_000 - Date.now())).toBeLessThan(60_000);
    expect(claims).toEqual({
      iss: 'accounts.example:9000',
      iat: expect.any(Number),
      exp: claims.iat + 10_000 + 3_600_000,
      'public-key': key,
      principal: { email: `${uid}@accounts.example:9000` },
      'fxa-generation': clock.now,
      'fxa-lastAuthAt': Math.floor(clock.now / 1000),
      'fxa-verifiedEmail': email,
      'fxa-deviceId': null,
      'fxa-tokenVerified': true,
      'fxa-keysChangedAt': clock.now,
    });
  });

  test('needs the hash of its payload under the MAC', async () => {
    const { token } = await create();
    const body = JSON.stringify({ publicKey: key, duration: 1000 });
    const without = await call('POST', '/v1/certificate/sign', { body, signed: bySession(token) });
    expect([without.status, without.body.errno, without.body.message]).toEqual([
      401,
      110,
      'Missing payload authentication',
    ]);
    const other = await call('POST', '/v1/certificate/sign', { body, signed: { ...bySession(token), payload: '{}' } });
    expect([other.status, other.body.errno, other.body.message]).toEqual([401, 109, 'Payload is invalid']);
    const charset = { ...bySession(token), payload: body, contentType: 'application/json; charset=utf-8' };
    expect((await call('POST', '/v1/certificate/sign', { body, signed: charset })).status).toBe(200);
  });

  test.each([
    [{ publicKey: { algorithm: 'RS', n: '1' }, duration: 1 }, 108, { param: 'e' }],
    [{ publicKey: { algorithm: 'DS', y: '1', p: '1', q: '1' }, duration: 1 }, 108, { param: 'g' }],
    [
      { publicKey: { algorithm: 'RS', n: '1', e: '3', foo: 1 }, duration: 1 },
      107,
      { validation: { source: 'payload', keys: ['publicKey.foo'] } },
    ],
    [{ publicKey: { algorithm: 'XX' }, duration: 1 }, 107, {}],
    [{ publicKey: { algorithm: 'RS', n: '1', e: '3' }, duration: 86_400_001 }, 107, {}],
    [{ publicKey: { algorithm: 'RS', n: '1', e: '3' } }, 108, { param: 'duration' }],
  ])('is refused for %j', async (body, errno, extras) => {
    const { token } = await create();
    expect((await sign(token, body)).body).toMatchObject({ errno, ...extras });
  });

  test('takes a duration as text, and refuses an unverified account', async () => {
    const { token } = await create();
    expect((await sign(token, { publicKey: key, duration: '1000' })).status).toBe(200);
    const unverified = await create({ preVerified: false });
    expect((await sign(unverified.token, { publicKey: key, duration: 1000 })).body).toMatchObject({ errno: 104 });
  });

  test("comes with the keys to check it by, one unless they are being rotated, and old verifiers' pages", async () => {
    const document = await call('GET', '/.well-known/browserid?domain=x');
    expect(document.headers['cache-control']).toBe('max-age=10, must-revalidate, public');
    expect(document.body).toEqual({
      'public-key': { algorithm: 'RS', n: expect.stringMatching(/^\d+$/), e: '65537' },
      authentication: '/.well-known/browserid/sign_in.html',
      provisioning: '/.well-known/browserid/provision.html',
      keys: [
        {
          kid: expect.any(String),
          kty: 'RSA',
          algorithm: 'RS',
          use: 'sig',
          n: expect.stringMatching(/^[\w-]{342}$/),
          e: 'AQAB',
        },
      ],
    });
    for (const page of ['sign_in.html', 'provision.html']) {
      const { statusCode, headers } = await accounts.app.inject({
        method: 'GET',
        url: `/.well-known/browserid/${page}`,
      });
      expect([statusCode, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    }
  });
});

describe('limits', () => {
  test('answer 429 with the time to wait, and count the address that the balancer saw', async () => {
    const limited = await startAccountsService({ limits: true, clientAddressDepth: 1 });
    const ask = (forwarded: string) =>
      limited.app.inject({
        method: 'POST',
        url: '/v1/account/status',
        headers: { 'x-forwarded-for': forwarded },
        payload: { email: address() },
      });
    for (let count = 0; count < 5; count += 1) expect((await ask(`${count}.2.3.4, 192.0.2.9`)).statusCode).toBe(200);
    const blocked = await ask('9.2.3.4, 192.0.2.9');
    expect([
      blocked.statusCode,
      blocked.json().errno,
      blocked.json().retryAfter,
      blocked.headers['retry-after'],
    ]).toEqual([429, 114, 900, '900']);
    expect((await ask('192.0.2.10')).statusCode).toBe(200);
    limited.fixture.clock.now += 901_000;
    expect((await ask('192.0.2.9')).statusCode).toBe(200);
    await limited.close();
  });

  test('block the fourth try after three wrong passwords, and a reset by mail lifts that', async () => {
    const limited = await startAccountsService({ limits: true });
    const email = address();
    const post = async (url: string, payload: object) =>
      (await limited.app.inject({ method: 'POST', url, payload })).json();
    await post('/v1/account/create', { email, authPW, preVerified: true });
    for (let count = 0; count < 3; count += 1)
      expect(await post('/v1/account/login', { email, authPW: '00'.repeat(32) })).toMatchObject({ errno: 103 });
    expect(await post('/v1/account/login', { email, authPW })).toMatchObject({ errno: 114 });
    const { passwordForgotToken } = await post('/v1/password/forgot/send_code', { email });
    const mail = limited.fixture.mails.findLast(({ kind }) => kind === 'reset-password');
    const signedPost = (kind: TokenKind, token: string, url: string, body: object) => {
      const payload = JSON.stringify(body);
      const headers = {
        authorization: authorization(url, 'POST', { kind, token, payload }),
        'content-type': 'application/json',
      };
      return limited.app.inject({ method: 'POST', url, payload, headers });
    };
    const verified = await signedPost('passwordForgotToken', passwordForgotToken, '/v1/password/forgot/verify_code', {
      code: mail !== undefined && 'code' in mail ? mail.code : '',
    });
    const { accountResetToken } = verified.json();
    await signedPost('accountResetToken', accountResetToken, '/v1/account/reset', { authPW });
    expect(await post('/v1/account/login', { email, authPW })).toMatchObject({ verified: true });
    await limited.close();
  });
});

test('the version tells the release in the known order, in lines', async () => {
  for (const url of ['/', '/__version__']) {
    const { body } = await accounts.app.inject({ method: 'GET', url });
    expect(body).toMatch(/^\{\n {2}"version": ".*",\n {2}"commit": ".*",\n {2}"source": ".*"/);
    expect(body.endsWith('}\n')).toBe(true);
  }
});

test('a profile is for its owner', async () => {
  const { token, email } = await create();
  expect((await call('GET', '/v1/account/profile', { signed: bySession(token) })).body).toEqual({ email });
  expect((await call('GET', '/v1/account/profile')).status).toBe(401);
});
