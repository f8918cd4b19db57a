/** Our own client, every method of it, against the real box; its certificates before an independent verifier. Slow: real scrypt. */

import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeBackedAssertion, makeBrowserIdKeyPair } from '../../app/client/browserid.ts';
import { createAccountsClient } from '../../app/client/client.ts';
import { deriveTokenKeys } from '../../app/client/onepw.ts';
import { startBox, type TestBox } from '../support/box.ts';
import { lastMailOf } from '../support/mailbox.ts';
import { spiltSecrets } from '../support/spilt-secrets.ts';

interface Verifier {
  verify(
    options: {
      assertion: string;
      audience: string;
      now?: Date;
      httpRequest(domain: string, path: string, answer: HttpAnswer): void;
    },
    done: (error: unknown, verified: unknown) => void,
  ): void;
}
type HttpAnswer = (error: null, statusCode: number, headers: Record<string, string>, body: string) => void;
/** The relying services' own code. */
const verifier = createRequire(join(process.cwd(), 'package.json'))('browserid-local-verify') as Verifier;

const PASSWORD = 'pässwörd of our own client';
const NEW_PASSWORD = 'the next pässwörd';
const AUDIENCE = 'https://token.example.org';
const STEP_MS = 60_000;

let box: TestBox;
const told: string[] = [PASSWORD, NEW_PASSWORD];
beforeAll(async () => {
  box = await startBox();
}, 90_000);
afterAll(async () => {
  await box?.stop();
}, STEP_MS);

const client = () => createAccountsClient({ url: box.accountsUrl });
const address = () => `Own.${randomBytes(6).toString('hex')}@restmail.test`;
const mailOf = async (email: string, count: number) => {
  const mail = await lastMailOf(box.mailUrl, email, count);
  const code = mail.headers['x-verify-code'] ?? mail.headers['x-recovery-code'] ?? mail.headers['x-unlock-code'] ?? '';
  if (code !== '') told.push(code);
  return { code, headers: mail.headers, html: mail.html };
};
const signUp = async () => {
  const email = address();
  return { email, ...(await client().createAccount({ email, password: PASSWORD, preVerified: true })) };
};

describe('an account', () => {
  test(
    'is made with keys, told about, activated by mail, profiled, and ended',
    async () => {
      const email = address();
      expect(await client().accountExists(email)).toBe(false);
      const made = await client().createAccount({ email, password: PASSWORD, keys: true, service: 'sync' });
      expect(made).toMatchObject({ verified: false, keyFetchToken: expect.stringMatching(/^[0-9a-f]{64}$/) });
      const { uid, sessionToken, keyFetchToken = '', unwrapBkey } = made;
      expect(await client().emailStatus(sessionToken)).toMatchObject({ email, verified: false });
      await expect(client().fetchKeys({ keyFetchToken, unwrapBkey })).rejects.toMatchObject({ errno: 104 });

      const { code, headers } = await mailOf(email, 1);
      expect(headers).toMatchObject({ 'x-uid': uid, 'x-service-id': 'sync' });
      await client().resendVerifyCode(sessionToken, { service: 'sync' });
      expect((await mailOf(email, 2)).code).toBe(code);
      await expect(client().verifyEmail({ uid, code: '0'.repeat(32) })).rejects.toMatchObject({ errno: 105 });
      await client().verifyEmail({ uid, code });
      const keys = await client().fetchKeys({ keyFetchToken, unwrapBkey });
      expect(keys).toEqual({
        kA: expect.stringMatching(/^[0-9a-f]{64}$/),
        kB: expect.stringMatching(/^[0-9a-f]{64}$/),
      });

      expect(await client().accountExists(email.toLowerCase())).toBe(true);
      expect(await client().accountStatus(uid)).toEqual({ exists: true });
      expect(await client().profile(sessionToken)).toMatchObject({ email });
      await client().destroyAccount({ email, password: PASSWORD });
      expect(await client().accountStatus(uid)).toEqual({ exists: false });
      await expect(client().emailStatus(sessionToken)).rejects.toMatchObject({ errno: 110 });
    },
    STEP_MS,
  );

  test(
    'is locked and opened by mail; its session works all the while',
    async () => {
      const { email, uid, sessionToken } = await signUp();
      await expect(client().sendUnlockCode(email)).rejects.toMatchObject({ errno: 122 });
      await client().lockAccount({ email, password: PASSWORD });
      await expect(client().login({ email, password: PASSWORD })).rejects.toMatchObject({ errno: 121 });
      expect(await client().sessionStatus(sessionToken)).toMatchObject({ uid });
      await client().sendUnlockCode(email);
      await client().unlockAccount({ uid, code: (await mailOf(email, 1)).code });
      expect(await client().login({ email, password: PASSWORD })).toMatchObject({ uid, verified: true });
    },
    STEP_MS,
  );
});

describe('a password', () => {
  test(
    'is changed: the keys stay, the session is replaced, and so it is from another case of the address',
    async () => {
      const { email, sessionToken } = await signUp();
      const opened = await client().login({ email, password: PASSWORD, keys: true });
      const keys = await client().fetchKeys({ keyFetchToken: '', ...opened });
      const changed = await client().changePassword({
        email: email.toUpperCase(),
        oldPassword: PASSWORD,
        newPassword: NEW_PASSWORD,
        sessionToken,
        keys: true,
      });
      expect(changed).toMatchObject({ uid: opened.uid, verified: true });
      if (changed === undefined) throw new Error('no session');
      expect(await client().fetchKeys({ keyFetchToken: '', ...changed })).toEqual(keys);
      await expect(client().sessionStatus(sessionToken)).rejects.toMatchObject({ errno: 110 });
      await expect(client().login({ email, password: PASSWORD })).rejects.toMatchObject({ errno: 103 });
    },
    STEP_MS,
  );

  test(
    'is reset by mail: kA stays, kB is new, and three wrong codes end the try',
    async () => {
      const { email } = await signUp();
      const before = await client().login({ email, password: PASSWORD, keys: true });
      const keysBefore = await client().fetchKeys({ keyFetchToken: '', ...before });

      const spent = await client().sendForgotCode(email);
      await mailOf(email, 1);
      for (const tries of [2, 1, 0]) {
        const guess = client().verifyForgotCode(spent.passwordForgotToken, '0'.repeat(32));
        await expect(guess).rejects.toMatchObject({ errno: 105, extras: { tries } });
      }
      await expect(client().forgotStatus(spent.passwordForgotToken)).rejects.toMatchObject({ errno: 110 });

      const { passwordForgotToken, ttl, codeLength, tries } = await client().sendForgotCode(email);
      expect({ ttl, codeLength, tries }).toEqual({ ttl: 3600, codeLength: 16, tries: 3 });
      const { code } = await mailOf(email, 2);
      await client().resendForgotCode(passwordForgotToken, email);
      expect((await mailOf(email, 3)).code).toBe(code);
      expect(await client().forgotStatus(passwordForgotToken)).toMatchObject({ tries: 3 });
      const accountResetToken = await client().verifyForgotCode(passwordForgotToken, code);
      const reset = { accountResetToken, email, newPassword: NEW_PASSWORD, wantsSession: true, keys: true };
      const after = await client().resetAccount(reset);
      if (after === undefined) throw new Error('no session');
      const keysAfter = await client().fetchKeys({ keyFetchToken: '', ...after });
      expect(keysAfter.kA).toBe(keysBefore.kA);
      expect(keysAfter.kB).not.toBe(keysBefore.kB);
      await expect(client().resetAccount(reset)).rejects.toMatchObject({ errno: 110 });
    },
    STEP_MS,
  );
});

describe('sessions and devices', () => {
  test(
    'a session ends another of its account, and none of a stranger',
    async () => {
      const mine = await signUp();
      const other = await client().login({ email: mine.email, password: PASSWORD });
      const stranger = await signUp();
      const idOf = (token: string) => deriveTokenKeys('sessionToken', token).id;
      const theft = client().destroySession(mine.sessionToken, idOf(stranger.sessionToken));
      await expect(theft).rejects.toMatchObject({ errno: 110 });
      await client().destroySession(mine.sessionToken, idOf(other.sessionToken));
      await expect(client().sessionStatus(other.sessionToken)).rejects.toMatchObject({ errno: 110 });
      expect(await client().sessionStatus(mine.sessionToken)).toMatchObject({ uid: mine.uid });
      expect(await client().sessionStatus(stranger.sessionToken)).toMatchObject({ uid: stranger.uid });
    },
    STEP_MS,
  );

  test(
    'a device is registered, changed, listed on each session as what it is to it, told things, and ended',
    async () => {
      const { email, sessionToken } = await signUp();
      const { id } = await client().putDevice(sessionToken, {
        name: 'Läptop',
        type: 'desktop',
        pushCallback: 'https://push.example.org/x',
      });
      const phone = await client().login({ email, password: PASSWORD });
      await client().putDevice(phone.sessionToken, { name: 'Phone', type: 'mobile' });
      await expect(client().putDevice(phone.sessionToken, { name: 'Second', type: 'mobile' })).rejects.toMatchObject({
        errno: 124,
      });
      await client().putDevice(sessionToken, { id, name: 'Old laptop' });
      expect(await client().devices(phone.sessionToken)).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ id, name: 'Old laptop', isCurrentDevice: false }),
          expect.objectContaining({ name: 'Phone', isCurrentDevice: true, pushCallback: null }),
        ]),
      );
      await expect(
        client().notifyDevices(sessionToken, { to: 'all', payload: { command: 'of no schema' } }),
      ).rejects.toMatchObject({ errno: 107 });
      await client().destroyDevice(phone.sessionToken, id);
      await expect(client().sessionStatus(sessionToken)).rejects.toMatchObject({ errno: 110 });
      await expect(client().destroyDevice(phone.sessionToken, id)).rejects.toMatchObject({ errno: 123 });
    },
    STEP_MS,
  );

  test('random bytes are new each time', async () => {
    const [first, second] = await Promise.all([client().randomBytes(), client().randomBytes()]);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(second).not.toBe(first);
  });
});

describe('a certificate, before the verifier that relying services use', () => {
  const verify = (assertion: string, options: { audience?: string; now?: Date } = {}) =>
    new Promise((resolve, reject) =>
      verifier.verify(
        {
          assertion,
          audience: AUDIENCE,
          ...options,
          // The verifier asks https://issuer/, which a box on loopback has not; all else is its own.
          httpRequest: (domain, path, answer) => {
            fetch(`http://${domain}${path}`).then(async (response) =>
              answer(null, response.status, Object.fromEntries(response.headers), await response.text()),
            );
          },
        },
        (error, verified) => (error ? reject(new Error(String(error))) : resolve(verified)),
      ),
    );

  const certify = async () => {
    const account = await signUp();
    const pair = await makeBrowserIdKeyPair();
    const signing = { publicKey: pair.publicKey, durationMs: 3_600_000 };
    return { account, pair, certificate: await client().signCertificate(account.sessionToken, signing) };
  };

  test(
    'backs an assertion of its owner for the audience that it names, and no other, and for no longer than it says',
    async () => {
      const { account, pair, certificate } = await certify();
      const { host } = new URL(box.accountsUrl);
      const expiresAt = Date.now() + 60_000;
      const assertion = await makeBackedAssertion(pair, { certificate, audience: AUDIENCE, expiresAt });
      expect(await verify(assertion)).toMatchObject({
        audience: AUDIENCE,
        email: `${account.uid}@${host}`,
        issuer: host,
        idpClaims: {
          'fxa-verifiedEmail': account.email,
          'fxa-lastAuthAt': account.authAt,
          'fxa-generation': expect.any(Number),
          'fxa-keysChangedAt': expect.any(Number),
        },
      });
      await expect(verify(assertion, { audience: 'https://other.example.org' })).rejects.toThrow('domain mismatch');
      await expect(verify(assertion, { now: new Date(expiresAt + 1) })).rejects.toThrow('expired');
    },
    STEP_MS,
  );

  test(
    'backs nothing that another key signed, and nothing once it is changed',
    async () => {
      const { pair, certificate } = await certify();
      const statement = { certificate, audience: AUDIENCE, expiresAt: Date.now() + 60_000 };
      const stolen = await makeBackedAssertion(await makeBrowserIdKeyPair(), statement);
      await expect(verify(stolen)).rejects.toThrow('invalid signature');
      const [header, payload = '', signature] = certificate.split('.');
      const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), 'fxa-generation': 1 };
      const forged = [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
      const backed = await makeBackedAssertion(pair, { ...statement, certificate: forged });
      await expect(verify(backed)).rejects.toThrow('invalid signature');
    },
    STEP_MS,
  );
});

test('none of all that stands in the logs', () => {
  expect(box.logs()).toContain('/v1/account/login');
  expect(spiltSecrets(box.logs(), told)).toEqual([]);
});
