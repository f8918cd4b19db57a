/** The dbwriter acts for a client on that client's own evidence alone, and its HTTP face refuses whatever is not a command. */

import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { handleBounce } from '../../app/dbwriter/bounces.ts';
import { checkPassword } from '../../app/dbwriter/commands/account-secrets.ts';
import { createDbwriterServer } from '../../app/dbwriter/server.ts';
import { writeHawkHeader } from '../../app/platform/hawk/header.ts';
import { hawkMac, hawkPayloadHash } from '../../app/platform/hawk/mac.ts';
import { COMMANDS, type CommandInput } from '../../app/storage/commands/table.ts';
import { StoreUnavailable } from '../../app/storage/errors.ts';
import {
  CONTEXT,
  openStoreFixture,
  proofOf,
  SILENT,
  type StoreFixture,
  stretched,
  TEST_KEYRING,
} from '../support/store-fixture.ts';

const EMAIL = 'somebody@example.org';
const SECRET = { id: 'webhead-1', key: 'cd'.repeat(32) };
const URL_OF_IT = 'http://dbwriter.internal:8080';

let fixture: StoreFixture;
beforeEach(async () => {
  fixture = await openStoreFixture();
});
afterEach(() => fixture.close());

const signUp = async (changes: Partial<CommandInput<'createAccount'>> = {}) => {
  const password = await stretched('secret');
  const input = { email: EMAIL, password, preVerified: true, wantsKeys: true, mail: {}, request: CONTEXT, ...changes };
  const created = await fixture.writer.createAccount(input);
  if (created.outcome !== 'created') throw new Error(created.outcome);
  return { ...created, password, token: created.session.sessionToken };
};

describe('a proof', () => {
  test('for one route is none for another, nor with another method or path', async () => {
    const { token } = await signUp();
    const device = { name: 'a', type: 'b' };
    const elsewhere = proofOf('sessionToken', token, 'POST', '/v1/session/destroy');
    expect(await fixture.writer.putDevice({ proof: elsewhere, device })).toEqual({ outcome: 'invalid-token' });
    const right = proofOf('sessionToken', token, 'POST', '/v1/account/device');
    expect(await fixture.writer.putDevice({ proof: { ...right, method: 'GET' }, device })).toEqual({
      outcome: 'invalid-token',
    });
    expect(await fixture.writer.putDevice({ proof: { ...right, path: '/v1/account/device?x' }, device })).toEqual({
      outcome: 'invalid-token',
    });
    expect((await fixture.writer.putDevice({ proof: right, device })).outcome).toBe('registered');
  });

  test('of another kind of token, or of an unknown one, is none', async () => {
    const { session } = await signUp();
    const asSession = proofOf('sessionToken', session.keyFetchToken ?? '', 'GET', '/v1/account/keys');
    const unknown = proofOf('keyFetchToken', randomBytes(32).toString('hex'), 'GET', '/v1/account/keys');
    for (const proof of [asSession, unknown])
      expect(await fixture.writer.fetchKeys({ proof })).toEqual({ outcome: 'invalid-token' });
  });

  test('whose header was changed anywhere is none, and never an error', async () => {
    const { token } = await signUp();
    const { authorization } = proofOf('sessionToken', token, 'POST', '/v1/session/destroy');
    await fc.assert(
      fc.asyncProperty(
        fc.nat(authorization.length - 1),
        fc.constantFrom('A', '0', '"', '=', ' '),
        async (index, character) => {
          const changed = authorization.slice(0, index) + character + authorization.slice(index + 1);
          // The hex of the id may be of either case, as clients know it.
          fc.pre(changed.toLowerCase() !== authorization.toLowerCase());
          const proof = { authorization: changed, method: 'POST', path: '/v1/session/destroy' } as const;
          expect(await fixture.writer.destroySession({ proof })).toEqual({ outcome: 'invalid-token' });
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('a password', () => {
  test('stretched with another salt or version is neither right nor wrong: it moved', async () => {
    const { uid, password } = await signUp();
    const account = await fixture.store.sealedAccountByUid(uid);
    if (account === undefined) throw new Error('no account');
    expect(checkPassword(account, password, TEST_KEYRING).outcome).toBe('right');
    expect(checkPassword(account, { ...password, verifyHash: '00'.repeat(32) }, TEST_KEYRING).outcome).toBe(
      'wrong-password',
    );
    expect(checkPassword(account, { ...password, authSalt: '00'.repeat(32) }, TEST_KEYRING).outcome).toBe(
      'password-moved',
    );
    expect(checkPassword(account, { ...password, verifierVersion: 2 }, TEST_KEYRING).outcome).toBe('password-moved');
  });

  test('of a locked account opens nothing, the right one neither', async () => {
    const { uid, password } = await signUp();
    const evidence = { uid, password, request: CONTEXT };
    expect((await fixture.writer.lockAccount(evidence)).outcome).toBe('locked');
    expect((await fixture.writer.login({ ...evidence, wantsKeys: false })).outcome).toBe('locked');
    expect((await fixture.writer.destroyAccount(evidence)).outcome).toBe('locked');
    expect((await fixture.writer.startPasswordChange(evidence)).outcome).toBe('locked');
    await fixture.writer.sendUnlockCode({ uid, mail: {}, request: CONTEXT });
    const mail = fixture.mails.at(-1);
    if (mail?.kind !== 'unlock-account') throw new Error('no mail');
    expect((await fixture.writer.unlockAccount({ uid, code: '00'.repeat(16), request: CONTEXT })).outcome).toBe(
      'wrong-code',
    );
    expect((await fixture.writer.unlockAccount({ uid, code: mail.code, request: CONTEXT })).outcome).toBe('unlocked');
    expect((await fixture.writer.login({ ...evidence, wantsKeys: false })).outcome).toBe('session');
  });
});

test('in production what only test suites ask for is refused', async () => {
  const production = await openStoreFixture({ development: false });
  const input = {
    email: EMAIL,
    password: { ...(await stretched('x')), verifierVersion: 2 as const },
    preVerified: true,
    wantsKeys: false,
    mail: {},
    request: CONTEXT,
  };
  await expect(production.writer.createAccount(input)).rejects.toThrow('preVerified');
  await expect(production.writer.createAccount({ ...input, preVerified: false, sessionCreatedAt: 5 })).rejects.toThrow(
    'sessionCreatedAt',
  );
  await expect(
    production.writer.createAccount({ ...input, preVerified: false, password: await stretched('x') }),
  ).rejects.toThrow('verifierVersion');
  await production.close();
});

test('a mail that came back ends an unverified account, and spares a verified one', async () => {
  await signUp({ email: 'new@example.org', preVerified: false });
  await signUp();
  const parts = { store: fixture.store, now: () => fixture.clock.now, log: SILENT };
  for (const email of ['NEW@example.org', EMAIL, 'nobody@example.org'])
    await handleBounce({ kind: 'bounce', email }, parts);
  expect(await fixture.reader.accountByEmail('new@example.org')).toBeUndefined();
  expect(await fixture.reader.accountByEmail(EMAIL)).toBeDefined();
});

describe('the HTTP face', () => {
  const serve = (options: Partial<Parameters<typeof createDbwriterServer>[0]> = {}) =>
    createDbwriterServer({
      log: SILENT,
      commands: fixture.writer,
      url: URL_OF_IT,
      webheadSecrets: { current: SECRET },
      ping: () => fixture.store.ping(),
      writesMax: 10,
      now: () => fixture.clock.now,
      drainMs: 0,
      ...options,
    });
  const ask = async (app: ReturnType<typeof serve>, url: string, payload: string) => {
    const ts = Math.floor(fixture.clock.now / 1000);
    const hash = hawkPayloadHash('application/json', payload);
    const mac = hawkMac(Buffer.from(SECRET.key, 'hex'), {
      ts,
      nonce: 'n',
      method: 'POST',
      resource: url,
      host: 'dbwriter.internal',
      port: 8080,
      hash,
    });
    const headers = {
      authorization: writeHawkHeader({ id: SECRET.id, ts, nonce: 'n', hash, mac }),
      'content-type': 'application/json',
    };
    return app.inject({ method: 'POST', url, headers, payload });
  };

  test('takes commands from webheads alone', async () => {
    const app = serve();
    expect((await app.inject({ method: 'POST', url: '/v1/commands/ban', payload: { email: EMAIL } })).statusCode).toBe(
      401,
    );
    expect((await ask(app, '/v1/commands/ban', JSON.stringify({ email: EMAIL }))).json()).toEqual({
      outcome: 'banned',
    });
    expect((await ask(app, '/v1/commands/constructor', '{}')).statusCode).toBe(404);
  });

  test('names a wrong member without repeating it', async () => {
    const answer = await ask(serve(), '/v1/commands/login', JSON.stringify({ uid: 'hunter2' }));
    expect(answer.statusCode).toBe(400);
    expect(answer.body).toContain('uid');
    expect(answer.body).not.toContain('hunter2');
  });

  test('is never broken by an input, whatever it is', async () => {
    const app = serve();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(COMMANDS)), fc.json(), async (name, payload) => {
        expect((await ask(app, `/v1/commands/${name}`, payload)).statusCode).toBe(
          name === 'ban' && payload === '{}' ? 200 : 400,
        );
      }),
      { numRuns: 300 },
    );
  });

  test('answers 503 with a time to wait when the store is gone or too much is in flight, and 500 without details to what is unknown', async () => {
    const failing = (error: Error) => serve({ commands: { ...fixture.writer, ban: () => Promise.reject(error) } });
    const gone = await ask(failing(new StoreUnavailable('gone')), '/v1/commands/ban', '{}');
    expect([gone.statusCode, gone.headers['retry-after']]).toEqual([503, '5']);
    const unknown = await ask(failing(new Error('a secret detail')), '/v1/commands/ban', '{}');
    expect([unknown.statusCode, unknown.body]).toEqual([500, '{"error":"internal error"}']);
    const full = await ask(serve({ writesMax: 0 }), '/v1/commands/ban', '{}');
    expect([full.statusCode, full.headers['retry-after']]).toEqual([503, '5']);
  });
});
