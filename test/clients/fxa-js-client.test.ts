/** The clients that people have: three generations of fxa-js-client, unchanged, against the real box. Slow: real scrypt. */

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startBox, type TestBox } from '../support/box.ts';
import { lastMailOf, mailsOf } from '../support/mailbox.ts';
import { spiltSecrets } from '../support/spilt-secrets.ts';

interface JsSession {
  readonly uid: string;
  readonly sessionToken: string;
  readonly keyFetchToken: string;
  readonly unwrapBKey: string;
  readonly verified?: boolean;
}
interface JsKeys {
  readonly kA: string;
  readonly kB: string;
}
/** What the three generations have in common; the newer ones have the devices too. */
interface JsClient {
  signUp(email: string, password: string, options?: object): Promise<JsSession>;
  signIn(email: string, password: string, options?: object): Promise<JsSession>;
  verifyCode(uid: string, code: string): Promise<unknown>;
  recoveryEmailStatus(sessionToken: string): Promise<{ verified: boolean }>;
  accountKeys(keyFetchToken: string, unwrapBKey: string): Promise<JsKeys>;
  passwordChange(email: string, oldPassword: string, newPassword: string, options?: object): Promise<unknown>;
  passwordForgotSendCode(email: string, options?: object): Promise<{ passwordForgotToken: string }>;
  passwordForgotResendCode(email: string, token: string, options?: object): Promise<unknown>;
  passwordForgotVerifyCode(code: string, token: string): Promise<{ accountResetToken: string }>;
  accountReset(email: string, password: string, token: string, options?: object): Promise<unknown>;
  certificateSign(sessionToken: string, publicKey: object, durationMs: number): Promise<{ cert: string }>;
  sessionStatus(sessionToken: string): Promise<unknown>;
  sessionDestroy(sessionToken: string): Promise<unknown>;
  accountDestroy(email: string, password: string): Promise<unknown>;
  accountStatus(uid: string): Promise<{ exists: boolean }>;
  getRandomBytes(): Promise<{ data: string }>;
  accountDevices?(sessionToken: string): Promise<readonly unknown[]>;
  deviceRegister?(sessionToken: string, name: string, type: string, options?: object): Promise<{ id: string }>;
  deviceUpdate?(sessionToken: string, id: string, name: string, options?: object): Promise<unknown>;
  deviceList?(sessionToken: string): Promise<readonly { id: string; name: string; isCurrentDevice: boolean }[]>;
  deviceDestroy?(sessionToken: string, id: string): Promise<unknown>;
}

const require = createRequire(join(process.cwd(), 'package.json'));
const CLIENTS = ['fxa-js-client-0.1', 'fxa-js-client-1.0.8', 'fxa-js-client-1.0.25'] as const;
const HASH_MS = 60_000;
const PASSWORD = 'pässwörd of a real client';

let box: TestBox;
const addresses: string[] = [];
beforeAll(async () => {
  box = await startBox();
}, 90_000);
afterAll(async () => {
  await box?.stop();
}, 60_000);

describe.each(CLIENTS)('%s', (name) => {
  const Client = require(name) as new (url: string, config?: object) => JsClient;
  const client = () => new Client(`${box.accountsUrl}/v1`);
  const address = () => {
    const email = `${randomBytes(6).toString('hex')}@restmail.test`;
    addresses.push(email);
    return email;
  };
  const password = PASSWORD;

  const codeIn = (html: string, member: string) => new RegExp(`${member}=([A-Za-z0-9]+)`).exec(html)?.[1] ?? '';
  /** The oldest client gives the unwrapping key only at login. */
  const signUp = async (email: string): Promise<JsSession> => {
    const session = await client().signUp(email, password, { keys: true, service: 'sync' });
    const unwrapBKey = session.unwrapBKey ?? (await client().signIn(email, password, { keys: true })).unwrapBKey;
    return { ...session, unwrapBKey };
  };
  const signUpVerified = async (email: string) => {
    const session = await signUp(email);
    await client().verifyCode(session.uid, codeIn((await lastMailOf(box.mailUrl, email)).html, 'code'));
    return session;
  };

  test(
    'signs up with keys, verifies by mail, and the keys of a later login are the same',
    async () => {
      const email = address();
      const created = await signUp(email);
      expect(await client().recoveryEmailStatus(created.sessionToken)).toMatchObject({ verified: false });
      await expect(client().accountKeys(created.keyFetchToken, created.unwrapBKey)).rejects.toMatchObject({
        errno: 104,
      });
      const mail = await lastMailOf(box.mailUrl, email);
      expect(mail.headers['x-verify-code']).toBe(codeIn(mail.html, 'code'));
      await client().verifyCode(created.uid, codeIn(mail.html, 'code'));
      expect(await client().recoveryEmailStatus(created.sessionToken)).toMatchObject({ verified: true });
      const keys = await client().accountKeys(created.keyFetchToken, created.unwrapBKey);
      const again = await client().signIn(email, password, { keys: true });
      expect(await client().accountKeys(again.keyFetchToken, again.unwrapBKey)).toEqual(keys);
      await expect(client().accountKeys(again.keyFetchToken, again.unwrapBKey)).rejects.toMatchObject({ errno: 110 });
    },
    HASH_MS,
  );

  test(
    'logs in with another case of the address, and not with another password',
    async () => {
      const email = address();
      await client().signUp(email, password, { preVerified: true });
      const opened = await client().signIn(email.toUpperCase(), password);
      expect(opened.verified).toBe(true);
      await expect(client().signIn(email, 'another password')).rejects.toMatchObject({ errno: 103 });
      await expect(client().signIn(`x${email}`, password)).rejects.toMatchObject({ errno: 102 });
      await expect(client().signUp(email, password)).rejects.toMatchObject({ errno: 101 });
    },
    HASH_MS,
  );

  test(
    'keeps kB over a change of the password, and every older session ends',
    async () => {
      const email = address();
      const created = await signUpVerified(email);
      const before = await client().accountKeys(created.keyFetchToken, created.unwrapBKey);
      await client().passwordChange(email, password, 'the new password', { keys: true });
      await expect(client().sessionStatus(created.sessionToken)).rejects.toMatchObject({ errno: 110 });
      await expect(client().signIn(email, password)).rejects.toMatchObject({ errno: 103 });
      const opened = await client().signIn(email, 'the new password', { keys: true });
      expect(await client().accountKeys(opened.keyFetchToken, opened.unwrapBKey)).toEqual(before);
    },
    HASH_MS,
  );

  test(
    'resets a forgotten password by mail: kA stays, kB is new',
    async () => {
      const email = address();
      const created = await signUpVerified(email);
      const before = await client().accountKeys(created.keyFetchToken, created.unwrapBKey);
      const { passwordForgotToken } = await client().passwordForgotSendCode(email, { service: 'sync' });
      await client().passwordForgotResendCode(email, passwordForgotToken);
      const mail = await lastMailOf(box.mailUrl, email, 4);
      expect(codeIn(mail.html, 'token')).toBe(passwordForgotToken);
      const code = codeIn(mail.html, 'code');
      await expect(client().passwordForgotVerifyCode('0'.repeat(32), passwordForgotToken)).rejects.toMatchObject({
        errno: 105,
        tries: 2,
      });
      const { accountResetToken } = await client().passwordForgotVerifyCode(code, passwordForgotToken);
      await client().accountReset(email, 'the password after', accountResetToken);
      const opened = await client().signIn(email, 'the password after', { keys: true });
      const after = await client().accountKeys(opened.keyFetchToken, opened.unwrapBKey);
      expect(after.kA).toBe(before.kA);
      expect(after.kB).not.toBe(before.kB);
    },
    HASH_MS,
  );

  test(
    'has its public key signed',
    async () => {
      const email = address();
      const { sessionToken, uid } = await client().signUp(email, password, { preVerified: true });
      const { n = '', e = '' } = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
        format: 'jwk',
      });
      const { cert } = await client().certificateSign(sessionToken, { algorithm: 'RS', n, e }, 60_000);
      const [, payload = ''] = cert.split('.');
      const host = new URL(box.accountsUrl).host;
      expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
        iss: host,
        principal: { email: `${uid}@${host}` },
        'public-key': { algorithm: 'RS', n, e },
        'fxa-verifiedEmail': email,
      });
    },
    HASH_MS,
  );

  test(
    'ends a session and an account, and what is ended stays so',
    async () => {
      const email = address();
      const { sessionToken, uid } = await client().signUp(email, password, { preVerified: true });
      await client().sessionDestroy(sessionToken);
      await expect(client().sessionStatus(sessionToken)).rejects.toMatchObject({ errno: 110 });
      await expect(client().accountDestroy(email, 'another password')).rejects.toMatchObject({ errno: 103 });
      await client().accountDestroy(email, password);
      expect(await client().accountStatus(uid)).toMatchObject({ exists: false });
      await expect(client().signIn(email, password)).rejects.toMatchObject({ errno: 102 });
      expect((await client().getRandomBytes()).data).toMatch(/^[0-9a-f]{64}$/);
    },
    HASH_MS,
  );

  test(
    'registers, renames, lists and destroys a device, as far as its generation knows of devices',
    async () => {
      const email = address();
      const { sessionToken } = await client().signUp(email, password, { preVerified: true });
      const { accountDevices, deviceRegister, deviceUpdate, deviceList, deviceDestroy } = client();
      if (deviceRegister === undefined || deviceUpdate === undefined) {
        expect(name).toBe('fxa-js-client-0.1');
        expect(await accountDevices?.call(client(), sessionToken)).toEqual([]);
        return;
      }
      const { id } = await deviceRegister.call(client(), sessionToken, 'Laptop', 'desktop');
      await deviceUpdate.call(client(), sessionToken, id, 'Old laptop');
      expect(await deviceList?.call(client(), sessionToken)).toMatchObject([
        { id, name: 'Old laptop', isCurrentDevice: true },
      ]);
      await deviceDestroy?.call(client(), sessionToken, id);
      await expect(client().sessionStatus(sessionToken)).rejects.toMatchObject({ errno: 110 });
    },
    HASH_MS,
  );
});

test('of the addresses, tokens, keys, codes and passwords of these clients none stands in the logs', async () => {
  const codes: string[] = [];
  for (const email of addresses)
    for (const { headers } of await mailsOf(box.mailUrl, email, 0))
      codes.push(...['x-verify-code', 'x-recovery-code'].flatMap((name) => headers[name] ?? []));
  expect(codes.length).toBeGreaterThan(0);
  expect(box.logs()).toContain('/v1/account/create');
  expect(spiltSecrets(box.logs(), [PASSWORD, ...codes])).toEqual([]);
});
