/** What any store must hold, driven by the commands that services use: one suite for every store, in process and through a dbwriter. */

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { storedTokenId } from '../../app/accounts/sealing.ts';
import { deriveToken } from '../../app/accounts/tokens.ts';
import type { CommandInput, CommandOutcome } from '../../app/storage/commands/table.ts';
import { liveSession } from '../../app/storage/standing.ts';
import { CONTEXT, proofOf, SESSION_IDLE_MS, type StoreFixture, stretched } from '../support/store-fixture.ts';

const EMAIL = 'Somebody@Example.org';
const NORMALIZED = 'somebody@example.org';
const RACERS = 10;

export function describeStoreConformance(name: string, open: () => Promise<StoreFixture>): void {
  describe(name, () => {
    let fixture: StoreFixture;
    beforeEach(async () => {
      fixture = await open();
    });
    afterEach(async () => {
      await fixture.close();
    });

    const racing = <Value>(start: (index: number) => Promise<Value>) =>
      Promise.all(Array.from({ length: RACERS }, (_, index) => start(index)));

    const create = async (changes: Partial<CommandInput<'createAccount'>> = {}) => {
      const created = await fixture.writer.createAccount({
        email: EMAIL,
        password: await stretched('secret'),
        preVerified: true,
        wantsKeys: true,
        mail: {},
        request: CONTEXT,
        ...changes,
      });
      if (created.outcome !== 'created') throw new Error(created.outcome);
      return created;
    };
    const evidence = async (password = 'secret') => {
      const account = await fixture.reader.accountByEmail(NORMALIZED);
      return { uid: account?.uid ?? '', password: await stretched(password, account?.authSalt), request: CONTEXT };
    };
    const login = async (password = 'secret') =>
      fixture.writer.login({ ...(await evidence(password)), wantsKeys: false });
    const sessionOf = async (token: string) => {
      const storedId = storedTokenId(deriveToken('sessionToken', Buffer.from(token, 'hex')).tokenId.toString('hex'));
      return liveSession(await fixture.reader.sessionWithAccount(storedId), {
        now: fixture.clock.now,
        idleMsMax: SESSION_IDLE_MS,
      });
    };
    const startChange = async () => {
      const started = await fixture.writer.startPasswordChange(await evidence());
      if (started.outcome !== 'started') throw new Error(started.outcome);
      return started;
    };
    const finishChange = async (token: string, password: string) =>
      fixture.writer.finishPasswordChange({
        proof: proofOf('passwordChangeToken', token, 'POST', '/v1/password/change/finish'),
        password: await stretched(password),
        wrapKb: '11'.repeat(32),
        wantsSession: false,
        wantsKeys: false,
        request: CONTEXT,
      });
    const forgot = async () => {
      const sent = await fixture.writer.sendForgotCode({ email: EMAIL, mail: {}, request: CONTEXT });
      const mail = fixture.mails.at(-1);
      if (sent.outcome !== 'sent' || mail?.kind !== 'reset-password') throw new Error(sent.outcome);
      return { token: sent.passwordForgotToken, code: mail.code };
    };
    const verifyForgot = (token: string, code: string) =>
      fixture.writer.verifyForgotCode({
        proof: proofOf('passwordForgotToken', token, 'POST', '/v1/password/forgot/verify_code'),
        code,
        notify: true,
        request: CONTEXT,
      });
    const reset = async (token: string, password: string) =>
      fixture.writer.resetAccount({
        proof: proofOf('accountResetToken', token, 'POST', '/v1/account/reset'),
        password: await stretched(password),
        wantsSession: true,
        wantsKeys: true,
        request: CONTEXT,
      });
    const fetchKeys = (token: string) =>
      fixture.writer.fetchKeys({ proof: proofOf('keyFetchToken', token, 'GET', '/v1/account/keys') });
    const outcomes = (all: readonly { outcome: string }[]) => all.map(({ outcome }) => outcome).sort();
    const kinds = async () => (await fixture.store.eventsAfter(undefined, 100)).map(({ kind }) => kind);

    test('of parallel sign-ups with one verified e-mail exactly one account comes to be', async () => {
      const password = await stretched('secret');
      const input = { email: EMAIL, password, preVerified: true, wantsKeys: false, mail: {}, request: CONTEXT };
      const all = await racing(() => fixture.writer.createAccount(input));
      expect(outcomes(all)).toEqual(['created', ...Array.from({ length: RACERS - 1 }, () => 'email-taken')].sort());
    });

    test('of parallel sign-ups over one unverified account at most one lives, and its sessions alone', async () => {
      await create({ preVerified: false });
      const password = await stretched('other');
      const all = await racing(() =>
        fixture.writer.createAccount({
          email: EMAIL,
          password,
          preVerified: false,
          wantsKeys: false,
          mail: {},
          request: CONTEXT,
        }),
      );
      const account = await fixture.reader.accountByEmail(NORMALIZED);
      const created = all.filter(
        (one): one is Extract<CommandOutcome<'createAccount'>, { outcome: 'created' }> => one.outcome === 'created',
      );
      expect(created.length).toBeGreaterThan(0);
      const alive = await Promise.all(
        created.map(async ({ uid, session }) => ({ uid, live: await sessionOf(session.sessionToken) })),
      );
      expect(alive.filter(({ live }) => live !== undefined).map(({ uid }) => uid)).toEqual([account?.uid]);
    });

    test('the new account over an unverified one is another one, and the old tokens are dead', async () => {
      const first = await create({ preVerified: false });
      const second = await create({ preVerified: false });
      expect(second.uid).not.toBe(first.uid);
      expect(await sessionOf(first.session.sessionToken)).toBeUndefined();
      expect(await sessionOf(second.session.sessionToken)).toBeDefined();
      expect(await fixture.reader.accountByUid(first.uid)).toBeUndefined();
    });

    test('a sign-up over an unverified account and the verification of that account cannot both win', async () => {
      for (let round = 0; round < 5; round += 1) {
        const email = `round${round}@example.org`;
        const first = await create({ email, preVerified: false });
        const mail = fixture.mails.at(-1);
        if (mail?.kind !== 'verify-email') throw new Error('no mail');
        const password = await stretched('other');
        const [verified, created] = await Promise.all([
          fixture.writer.verifyEmail({ uid: first.uid, code: mail.code, request: CONTEXT }),
          fixture.writer.createAccount({
            email,
            password,
            preVerified: false,
            wantsKeys: false,
            mail: {},
            request: CONTEXT,
          }),
        ]);
        const account = await fixture.reader.accountByEmail(email);
        if (verified.outcome === 'verified') {
          expect(created.outcome).toBe('email-taken');
          expect(account).toMatchObject({ uid: first.uid, verified: true });
        } else {
          expect(created.outcome).toBe('created');
          expect(account).toMatchObject({ verified: false });
          expect(account?.uid).not.toBe(first.uid);
        }
      }
    });

    test('of parallel uses of one password change token exactly one sets a password, and that one is stored', async () => {
      await create();
      const { passwordChangeToken } = await startChange();
      const all = await racing((index) => finishChange(passwordChangeToken, `new ${index}`));
      expect(outcomes(all)).toEqual([...Array.from({ length: RACERS - 1 }, () => 'invalid-token'), 'password-set']);
      const winner = all.findIndex(({ outcome }) => outcome === 'password-set');
      expect((await login(`new ${winner}`)).outcome).toBe('session');
      expect((await login(`new ${(winner + 1) % RACERS}`)).outcome).toBe('wrong-password');
    });

    test('a change and a reset at once: exactly one sets the password', async () => {
      await create();
      const { passwordChangeToken } = await startChange();
      const { token, code } = await forgot();
      const verified = await verifyForgot(token, code);
      if (verified.outcome !== 'verified') throw new Error(verified.outcome);
      const all = await Promise.all([
        finishChange(passwordChangeToken, 'changed'),
        reset(verified.accountResetToken, 'reset'),
      ]);
      expect(outcomes(all)).toEqual(['invalid-token', 'password-set']);
    });

    test('a password set raises the generation even when the clock went back, and every older token is dead', async () => {
      const created = await create();
      const { passwordChangeToken, keyFetchToken } = await startChange();
      const before = await fixture.reader.accountByEmail(NORMALIZED);
      fixture.clock.now -= 60_000;
      expect((await finishChange(passwordChangeToken, 'new')).outcome).toBe('password-set');
      const after = await fixture.reader.accountByEmail(NORMALIZED);
      expect(after?.generation).toBe((before?.generation ?? 0) + 1);
      expect(after?.keysChangedAt).toBe(before?.keysChangedAt);
      expect(await sessionOf(created.session.sessionToken)).toBeUndefined();
      expect((await fetchKeys(keyFetchToken)).outcome).toBe('invalid-token');
      expect((await finishChange(passwordChangeToken, 'again')).outcome).toBe('invalid-token');
    });

    test('a reset gives new keys a new time, a session of the new generation, and clears the old ones', async () => {
      const created = await create();
      const before = await fixture.reader.accountByEmail(NORMALIZED);
      fixture.clock.now += 5000;
      const { token, code } = await forgot();
      const verified = await verifyForgot(token, code);
      if (verified.outcome !== 'verified') throw new Error(verified.outcome);
      const set = await reset(verified.accountResetToken, 'new');
      if (set.outcome !== 'password-set') throw new Error(set.outcome);
      const after = await fixture.reader.accountByEmail(NORMALIZED);
      expect(after?.keysChangedAt).toBe(after?.generation);
      expect(after?.keysChangedAt).toBeGreaterThan(before?.keysChangedAt ?? 0);
      expect(await sessionOf(created.session.sessionToken)).toBeUndefined();
      expect(await sessionOf(set.session?.sessionToken ?? '')).toBeDefined();
      expect((await fetchKeys(set.session?.keyFetchToken ?? '')).outcome).toBe('keys');
    });

    test('of parallel fetches with one key fetch token exactly one gets the keys', async () => {
      const { session } = await create();
      const all = await racing(() => fetchKeys(session.keyFetchToken ?? ''));
      expect(outcomes(all)).toEqual([...Array.from({ length: RACERS - 1 }, () => 'invalid-token'), 'keys']);
    });

    test('the key fetch token of an unverified account stays', async () => {
      const { session, uid } = await create({ preVerified: false });
      expect((await fetchKeys(session.keyFetchToken ?? '')).outcome).toBe('unverified-account');
      await fixture.store.markVerified(uid, { unlock: false, events: [] });
      expect((await fetchKeys(session.keyFetchToken ?? '')).outcome).toBe('keys');
    });

    test('parallel wrong codes are all counted: three tries, and the token is dead', async () => {
      await create();
      const { token, code } = await forgot();
      const all = await racing(() => verifyForgot(token, '00'.repeat(16)));
      const tries = all.flatMap((one) => (one.outcome === 'wrong-code' ? [one.tries] : []));
      expect(tries.sort()).toEqual([0, 1, 2]);
      expect((await verifyForgot(token, code)).outcome).toBe('invalid-token');
    });

    test('of parallel right codes exactly one gets a reset token', async () => {
      await create();
      const { token, code } = await forgot();
      const all = await racing(() => verifyForgot(token, code));
      expect(outcomes(all).filter((outcome) => outcome === 'verified')).toHaveLength(1);
    });

    test('the newest forgot token of an account is the only one', async () => {
      await create();
      const first = await forgot();
      const second = await forgot();
      expect((await verifyForgot(first.token, first.code)).outcome).toBe('invalid-token');
      expect((await verifyForgot(second.token, second.code)).outcome).toBe('verified');
    });

    test('a token is refused when its time is over', async () => {
      await create();
      const { token, code } = await forgot();
      const { passwordChangeToken } = await startChange();
      fixture.clock.now += 15 * 60_000;
      expect((await finishChange(passwordChangeToken, 'new')).outcome).toBe('invalid-token');
      fixture.clock.now += 45 * 60_000;
      expect((await verifyForgot(token, code)).outcome).toBe('invalid-token');
    });

    test('of parallel registrations on one session exactly one device comes to be', async () => {
      const { session } = await create();
      const proof = proofOf('sessionToken', session.sessionToken, 'POST', '/v1/account/device');
      const all = await racing((index) =>
        fixture.writer.putDevice({ proof, device: { name: `device ${index}`, type: 'desktop' } }),
      );
      expect(outcomes(all)).toEqual(['registered', ...Array.from({ length: RACERS - 1 }, () => 'session-has-device')]);
      const { uid } = (await fixture.reader.accountByEmail(NORMALIZED)) ?? { uid: '' };
      expect(await fixture.reader.devicesOf(uid)).toHaveLength(1);
    });

    test('a device that moves to another session leaves the old one free', async () => {
      const { session, uid } = await create();
      const second = await login();
      if (second.outcome !== 'session') throw new Error(second.outcome);
      const put = (token: string, device: CommandInput<'putDevice'>['device']) =>
        fixture.writer.putDevice({ proof: proofOf('sessionToken', token, 'POST', '/v1/account/device'), device });
      const registered = await put(session.sessionToken, {
        name: 'one',
        type: 'desktop',
        pushCallback: 'https://push.example/1',
      });
      if (registered.outcome !== 'registered') throw new Error(registered.outcome);
      expect((await put(second.session.sessionToken, { id: registered.id, pushCallback: '' })).outcome).toBe('updated');
      fixture.clock.now += 1;
      expect((await put(session.sessionToken, { name: 'two', type: 'mobile' })).outcome).toBe('registered');
      const devices = await fixture.reader.devicesOf(uid);
      expect(devices.map(({ device }) => [device.name, device.pushCallback])).toEqual([
        ['one', null],
        ['two', null],
      ]);
      expect((await put(session.sessionToken, { id: registered.id, name: 'three' })).outcome).toBe(
        'session-has-device',
      );
      expect((await put(session.sessionToken, { id: 'ab'.repeat(16), name: 'three' })).outcome).toBe('unknown-device');
    });

    test('a destroyed device takes its session along, and a destroyed session its device', async () => {
      const { session, uid } = await create();
      const second = await login();
      if (second.outcome !== 'session') throw new Error(second.outcome);
      const { sessionToken } = second.session;
      const put = (token: string) =>
        fixture.writer.putDevice({
          proof: proofOf('sessionToken', token, 'POST', '/v1/account/device'),
          device: { name: 'one', type: 'desktop' },
        });
      const registered = await put(sessionToken);
      if (registered.outcome !== 'registered') throw new Error(registered.outcome);
      const proof = proofOf('sessionToken', session.sessionToken, 'POST', '/v1/account/device/destroy');
      expect((await fixture.writer.destroyDevice({ proof, id: registered.id })).outcome).toBe('destroyed');
      expect(await sessionOf(sessionToken)).toBeUndefined();
      expect((await fixture.writer.destroyDevice({ proof, id: registered.id })).outcome).toBe('unknown-device');
      await put(session.sessionToken);
      const destroy = proofOf('sessionToken', session.sessionToken, 'POST', '/v1/session/destroy');
      expect((await fixture.writer.destroySession({ proof: destroy })).outcome).toBe('destroyed');
      expect(await fixture.reader.devicesOf(uid)).toEqual([]);
    });

    test('a destroyed session stays dead, whatever touches it later', async () => {
      const { session } = await create();
      const proof = proofOf('sessionToken', session.sessionToken, 'POST', '/v1/session/destroy');
      expect((await fixture.writer.destroySession({ proof })).outcome).toBe('destroyed');
      expect((await fixture.writer.touchSession({ proof, request: CONTEXT })).outcome).toBe('invalid-token');
      const { tokenId } = deriveToken('sessionToken', Buffer.from(session.sessionToken, 'hex'));
      await fixture.store.touchSession(storedTokenId(tokenId.toString('hex')), {
        lastAccessAt: fixture.clock.now + 1,
        userAgent: 'late',
      });
      expect(await sessionOf(session.sessionToken)).toBeUndefined();
    });

    test('one session ends another of the same account, and none of another', async () => {
      const { session } = await create();
      const stranger = await create({ email: 'stranger@example.org' });
      const second = await login();
      if (second.outcome !== 'session') throw new Error(second.outcome);
      const proof = proofOf('sessionToken', session.sessionToken, 'POST', '/v1/session/destroy');
      const idOf = (token: string) => deriveToken('sessionToken', Buffer.from(token, 'hex')).tokenId.toString('hex');
      const end = (token: string) => fixture.writer.destroySession({ proof, otherTokenId: idOf(token) });
      expect((await end(stranger.session.sessionToken)).outcome).toBe('invalid-token');
      expect((await end(second.session.sessionToken)).outcome).toBe('destroyed');
      expect(await sessionOf(second.session.sessionToken)).toBeUndefined();
      expect(await sessionOf(stranger.session.sessionToken)).toBeDefined();
      expect(await sessionOf(session.sessionToken)).toBeDefined();
    });

    test('a deleted account cannot be read, its e-mail is free, and its tokens are dead', async () => {
      const { session, uid } = await create();
      expect((await fixture.writer.destroyAccount(await evidence('wrong'))).outcome).toBe('wrong-password');
      expect((await fixture.writer.destroyAccount(await evidence())).outcome).toBe('destroyed');
      expect(await fixture.reader.accountByEmail(NORMALIZED)).toBeUndefined();
      expect(await fixture.reader.accountByUid(uid)).toBeUndefined();
      expect(await sessionOf(session.sessionToken)).toBeUndefined();
      expect((await fetchKeys(session.keyFetchToken ?? '')).outcome).toBe('invalid-token');
      expect(await fixture.store.markVerified(uid, { unlock: true, events: [] })).toBe('unknown-account');
      expect((await create()).uid).not.toBe(uid);
    });

    test('only a session that is used, or held by a device, outlives the idle time', async () => {
      const idle = await create();
      const used = await login();
      const held = await login();
      if (used.outcome !== 'session' || held.outcome !== 'session') throw new Error('no session');
      const device = proofOf('sessionToken', held.session.sessionToken, 'POST', '/v1/account/device');
      await fixture.writer.putDevice({ proof: device, device: { name: 'one', type: 'desktop' } });
      fixture.clock.now += SESSION_IDLE_MS - 1;
      const touch = proofOf('sessionToken', used.session.sessionToken, 'GET', '/v1/recovery_email/status');
      expect((await fixture.writer.touchSession({ proof: touch, request: CONTEXT })).outcome).toBe('touched');
      fixture.clock.now += 2;
      expect(await sessionOf(idle.session.sessionToken)).toBeUndefined();
      expect(await sessionOf(used.session.sessionToken)).toBeDefined();
      expect(await sessionOf(held.session.sessionToken)).toBeDefined();
    });

    test('what is dead goes after its time, in bounded steps, and nothing that lives', async () => {
      const { session } = await create();
      for (let index = 0; index < 6; index += 1) await create({ email: `idle${index}@example.org` });
      const keep = { sessionIdleMs: SESSION_IDLE_MS, deadRowsKeptMs: 1000, eventsKeptMs: 3_600_000, rowsMax: 5 };
      const device = proofOf('sessionToken', session.sessionToken, 'POST', '/v1/account/device');
      await fixture.writer.putDevice({ proof: device, device: { name: 'one', type: 'desktop' } });
      fixture.clock.now += SESSION_IDLE_MS + 7_200_000;
      const steps: number[] = [];
      do steps.push(await fixture.store.prune({ ...keep, now: fixture.clock.now }));
      while (steps.at(-1) === 5);
      fixture.clock.now += 10_000;
      do steps.push(await fixture.store.prune({ ...keep, now: fixture.clock.now }));
      while (steps.at(-1) === 5);
      expect(Math.max(...steps)).toBeLessThanOrEqual(5);
      expect(await fixture.store.prune({ ...keep, now: fixture.clock.now })).toBe(0);
      expect(await sessionOf(session.sessionToken)).toBeDefined();
      expect(await fixture.reader.accountByEmail('idle3@example.org')).toBeDefined();
      expect(await fixture.store.eventsAfter(undefined, 10)).toEqual([]);
    });

    test('events tell what happened, in order, once, and can be read on from a cursor', async () => {
      await create({ mail: { service: 'sync' } });
      const { passwordChangeToken } = await startChange();
      await racing((index) => finishChange(passwordChangeToken, `new ${index}`));
      expect(await kinds()).toEqual(['verified', 'login', 'passwordChange']);
      const [first, ...others] = await fixture.store.eventsAfter(undefined, 100);
      expect(first?.details).toEqual({ email: EMAIL, locale: 'en' });
      expect(await fixture.store.eventsAfter(first?.cursor, 100)).toEqual(others);
      fixture.clock.now -= 60_000;
      await create({ email: 'later@example.org' });
      expect(await kinds()).toEqual(['verified', 'login', 'passwordChange', 'verified']);
    });

    test('a step that did not happen tells no event', async () => {
      await create();
      const password = await stretched('x');
      await fixture.writer.createAccount({
        email: EMAIL,
        password,
        preVerified: true,
        wantsKeys: false,
        mail: {},
        request: CONTEXT,
      });
      await fixture.writer.destroyAccount(await evidence('wrong'));
      expect(await kinds()).toEqual(['verified']);
    });
  });
}
