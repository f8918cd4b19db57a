/** Who has a copy of the whole embedded store, byte for byte, has no usable token, no verifier, no key and no code. */

import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openHawkKey, openWithKeyring, SealBroken, storedTokenId } from '../../app/accounts/sealing.ts';
import { deriveToken, type TokenKind } from '../../app/accounts/tokens.ts';
import { openKeyBundle } from '../../app/client/onepw.ts';
import type { CommandOutcome } from '../../app/storage/commands/table.ts';
import { CONTEXT, openStoreFixture, proofOf, type StoreFixture, stretched } from '../support/store-fixture.ts';

const EMAIL = 'Somebody@Example.org';
let fixture: StoreFixture;
beforeEach(async () => {
  fixture = await openStoreFixture();
});
afterEach(() => fixture.close());

type Outcomes = { readonly outcome: string };
/** The outcome that a step must have had. */
function having<All extends Outcomes, Name extends All['outcome']>(
  all: All,
  name: Name,
): Extract<All, { outcome: Name }> {
  if (all.outcome !== name) throw new Error(`${all.outcome}, not ${name}`);
  return all as Extract<All, { outcome: Name }>;
}

/** Every secret of one account's life, as it is lived: by what it is, the bytes. */
function collector() {
  const secrets = new Map<string, Uint8Array>();
  return {
    secrets,
    hex: (name: string, value: string) => secrets.set(name, Buffer.from(value, 'hex')),
    token: (name: string, kind: TokenKind, token: string | undefined) => {
      const bytes = Buffer.from(token ?? '', 'hex');
      secrets.set(name, bytes);
      for (const [part, value] of Object.entries(deriveToken(kind, bytes))) secrets.set(`${name}, ${part}`, value);
      return token ?? '';
    },
    keys: (name: string, token: string, { bundle }: Extract<CommandOutcome<'fetchKeys'>, { outcome: 'keys' }>) => {
      const { bundleKey } = deriveToken('keyFetchToken', Buffer.from(token, 'hex'));
      for (const [key, value] of Object.entries(openKeyBundle(bundleKey, bundle)))
        secrets.set(`${name}, ${key}`, value);
    },
  };
}

const mailedCode = () => {
  const mail = fixture.mails.at(-1);
  if (mail === undefined || !('code' in mail)) throw new Error('no code was mailed');
  return mail.code;
};
const fetchKeys = async (token: string) =>
  having(await fixture.writer.fetchKeys({ proof: proofOf('keyFetchToken', token, 'GET', '/v1/account/keys') }), 'keys');

/** Signs up, verifies, fetches keys, changes the password, locks and unlocks, forgets the password and resets it. */
async function live() {
  const { writer, reader } = fixture;
  const { secrets, hex, token, keys } = collector();
  const secret = async (word: string, authSalt?: string) => {
    const password = await stretched(word, authSalt);
    secrets.set(`authPW of ${word}`, Buffer.alloc(32, word));
    hex(`verifyHash of ${word}`, password.verifyHash);
    hex(`wrapwrapKey of ${word}`, password.wrapwrapKey);
    return password;
  };
  const common = { request: CONTEXT, wantsKeys: true };
  const first = await secret('first');
  const signUp = { email: EMAIL, password: first, preVerified: false, mail: {}, ...common };
  const { uid, session } = having(await writer.createAccount(signUp), 'created');
  token('session token', 'sessionToken', session.sessionToken);
  const keyFetch = token('key fetch token', 'keyFetchToken', session.keyFetchToken);
  hex('e-mail code', mailedCode());
  having(await writer.verifyEmail({ uid, code: mailedCode(), request: CONTEXT }), 'verified');
  keys('first keys', keyFetch, await fetchKeys(keyFetch));

  const started = having(await writer.startPasswordChange({ uid, password: first, request: CONTEXT }), 'started');
  token('key fetch token of the change', 'keyFetchToken', started.keyFetchToken);
  const change = token('change token', 'passwordChangeToken', started.passwordChangeToken);
  hex('wrapKb of the change', '5a'.repeat(32));
  const second = await secret('second');
  const changed = await writer.finishPasswordChange({
    proof: proofOf('passwordChangeToken', change, 'POST', '/v1/password/change/finish'),
    password: second,
    wrapKb: '5a'.repeat(32),
    wantsSession: false,
    ...common,
  });
  having(changed, 'password-set');

  having(await writer.lockAccount({ uid, password: second, request: CONTEXT }), 'locked');
  having(await writer.sendUnlockCode({ uid, mail: {}, request: CONTEXT }), 'sent');
  hex('unlock code', mailedCode());

  const sent = having(await writer.sendForgotCode({ email: EMAIL, mail: {}, request: CONTEXT }), 'sent');
  const forgot = token('forgot token', 'passwordForgotToken', sent.passwordForgotToken);
  hex('forgot code', mailedCode());
  const verified = await writer.verifyForgotCode({
    proof: proofOf('passwordForgotToken', forgot, 'POST', '/v1/password/forgot/verify_code'),
    code: mailedCode(),
    notify: false,
    request: CONTEXT,
  });
  const reset = token('reset token', 'accountResetToken', having(verified, 'verified').accountResetToken);
  const set = await writer.resetAccount({
    proof: proofOf('accountResetToken', reset, 'POST', '/v1/account/reset'),
    password: await secret('third'),
    wantsSession: true,
    ...common,
  });
  const last = having(set, 'password-set').session;
  const sessionToken = token('last session token', 'sessionToken', last?.sessionToken);
  const lastFetch = token('last key fetch token', 'keyFetchToken', last?.keyFetchToken);
  keys('last keys', lastFetch, await fetchKeys(lastFetch));
  return { secrets, uid, account: await reader.accountByUid(uid), sessionToken };
}

test('the bytes of the store hold none of the secrets of an account, in whatever writing', async () => {
  const { secrets } = await live();
  expect(secrets.size).toBeGreaterThan(40);
  const files = [fixture.file, `${fixture.file}-wal`];
  const dump = Buffer.concat(await Promise.all(files.map((path) => readFile(path))));
  // What is there by right is found, so that the search can be believed.
  expect(dump.includes(EMAIL)).toBe(true);
  const found = [...secrets].filter(([, bytes]) => {
    const value = Buffer.from(bytes);
    const writings = [value, value.toString('hex'), value.toString('hex').toUpperCase(), value.toString('base64url')];
    return writings.some((writing) => dump.includes(writing)) || dump.includes(value.toString('base64').slice(0, -2));
  });
  expect(found.map(([name]) => name)).toEqual([]);
});

test('a row opens neither with what the store holds beside it nor with the keys of another dbwriter', async () => {
  const { uid, sessionToken } = await live();
  const tokenId = deriveToken('sessionToken', Buffer.from(sessionToken, 'hex')).tokenId.toString('hex');
  const found = await fixture.reader.sessionWithAccount(storedTokenId(tokenId));
  if (found === undefined) throw new Error('no session');
  const { sealedHawkKey, storedId } = found.token;
  expect(() => openHawkKey(sealedHawkKey, storedId)).toThrow(SealBroken);
  expect(openHawkKey(sealedHawkKey, tokenId)).toHaveLength(32);
  const sealed = await fixture.store.sealedAccountByUid(uid);
  if (sealed === undefined) throw new Error('no account');
  const keyring = { currentKeyId: 'a', keys: new Map([['a', Buffer.alloc(32, 8)]]) };
  const context = `secrets:${uid}:${sealed.generation}`;
  expect(() => openWithKeyring(sealed.sealedSecrets, { keyring, context })).toThrow(SealBroken);
});
