/** What the single steps of any store must hold, above all when callers race: accounts. */

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { AccountStore } from '../../app/storage/ports.ts';
import { liveOneTimeToken, liveSession } from '../../app/storage/standing.ts';
import { accountOf, BIRTH, deviceOf, eventOf, passwordOf, sessionOf, tokenOf } from './records.ts';

export interface OpenedStore {
  readonly store: AccountStore;
  close(): Promise<void>;
}

export const RACERS = 10;

/** Starts so many callers of one thing at once. */
export function racing<Value>(start: (index: number) => Promise<Value>): Promise<Value[]> {
  return Promise.all(Array.from({ length: RACERS }, (_, index) => start(index)));
}

/** How often each answer was given. */
export function countAnswers(answers: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1;
  return counts;
}

export function describeAccountSteps(name: string, open: () => Promise<OpenedStore>): void {
  describe(`${name}: accounts`, () => {
    let opened: OpenedStore;
    let store: AccountStore;
    beforeEach(async () => {
      opened = await open();
      ({ store } = opened);
    });
    afterEach(() => opened.close());

    const kinds = async () => (await store.eventsAfter(undefined, 100)).map(({ kind }) => kind);
    const alive = { now: BIRTH, idleMsMax: 1000 };
    const isLive = async (storedId: string) =>
      liveSession(await store.sessionWithAccount(storedId), alive) !== undefined;
    const create = async (number: number, changes = {}) => {
      const account = accountOf(number, changes);
      expect(await store.createAccount(account, { replacesUid: undefined, events: [] })).toBe('created');
      return account;
    };
    /** An account with a session, a device and a key fetch token. */
    const createWhole = async (number: number, changes = {}) => {
      const account = await create(number, changes);
      const session = sessionOf(number, account);
      await store.createSession(session, { events: [] });
      await store.registerDevice(deviceOf(number, session));
      await store.createOneTimeToken(tokenOf('keyFetchToken', number, account));
      return { account, session };
    };
    const expectNothingOf = async (uid: string, number: number) => {
      const account = accountOf(number);
      expect(await store.accountByUid(uid)).toBeUndefined();
      expect(await store.sealedAccountByUid(uid)).toBeUndefined();
      expect(await store.devicesOf(uid)).toEqual([]);
      expect(await isLive(sessionOf(number, account).storedId)).toBe(false);
      const token = tokenOf('keyFetchToken', number, account);
      expect(await store.takeOneTimeToken('keyFetchToken', token.storedId, { deadAt: BIRTH })).toBe(false);
    };

    test('an account is found by uid and by e-mail, and only its sealed record holds what is sealed', async () => {
      const account = await create(1);
      const { sealedSecrets, sealedEmailCode, sealedUnlockCode, ...readable } = account;
      expect(await store.accountByUid(account.uid)).toEqual(readable);
      expect(await store.accountByEmail('person1@example.org')).toEqual(readable);
      expect(await store.sealedAccountByUid(account.uid)).toEqual(account);
      expect(await store.sealedAccountByEmail('person1@example.org')).toEqual(account);
    });

    test('an account that is not there is undefined, by either key', async () => {
      await create(1);
      expect(await store.accountByUid('00'.repeat(16))).toBeUndefined();
      expect(await store.accountByEmail('person2@example.org')).toBeUndefined();
      expect(await store.sealedAccountByEmail('')).toBeUndefined();
    });

    test('of parallel creators of one e-mail exactly one gets it, and its account is the one that is read', async () => {
      const answers = await racing((index) =>
        store.createAccount(accountOf(index, { normalizedEmail: 'one@example.org' }), {
          replacesUid: undefined,
          events: [eventOf('verified', accountOf(index))],
        }),
      );
      expect(countAnswers(answers)).toEqual({ created: 1, 'email-taken': RACERS - 1 });
      const winner = accountOf(answers.indexOf('created'));
      expect((await store.accountByEmail('one@example.org'))?.uid).toBe(winner.uid);
      expect((await store.eventsAfter(undefined, 100)).map(({ uid }) => uid)).toEqual([winner.uid]);
      for (const index of answers.keys()) {
        const found = await store.accountByUid(accountOf(index).uid);
        expect(found !== undefined).toBe(accountOf(index).uid === winner.uid);
      }
    });

    test('an unverified account dies when its e-mail is claimed anew, with all that it had', async () => {
      const { account } = await createWhole(1);
      const next = accountOf(2, { normalizedEmail: account.normalizedEmail });
      expect(await store.createAccount(next, { replacesUid: account.uid, events: [] })).toBe('created');
      await expectNothingOf(account.uid, 1);
      expect((await store.accountByEmail(account.normalizedEmail))?.uid).toBe(next.uid);
    });

    test('a verified account keeps its e-mail, whoever claims it', async () => {
      const { account, session } = await createWhole(1, { verified: true });
      const next = accountOf(2, { normalizedEmail: account.normalizedEmail });
      for (const replacesUid of [account.uid, undefined, '00'.repeat(16)]) {
        expect(await store.createAccount(next, { replacesUid, events: [eventOf('verified', next)] })).toBe(
          'email-taken',
        );
      }
      expect((await store.accountByEmail(account.normalizedEmail))?.uid).toBe(account.uid);
      expect(await isLive(session.storedId)).toBe(true);
      expect(await store.devicesOf(account.uid)).toHaveLength(1);
      expect(await kinds()).toEqual([]);
    });

    test('a claim that fails lets the account live that it was to replace', async () => {
      const { account, session } = await createWhole(1);
      const holder = await create(2);
      const next = accountOf(3, { normalizedEmail: holder.normalizedEmail });
      expect(await store.createAccount(next, { replacesUid: account.uid, events: [] })).toBe('email-taken');
      expect(await store.sealedAccountByUid(account.uid)).toEqual(account);
      expect(await isLive(session.storedId)).toBe(true);
    });

    test('of parallel claims over one unverified account exactly one wins', async () => {
      const old = await create(99);
      const answers = await racing((index) =>
        store.createAccount(accountOf(index, { normalizedEmail: old.normalizedEmail }), {
          replacesUid: old.uid,
          events: [],
        }),
      );
      expect(countAnswers(answers)).toEqual({ created: 1, 'email-taken': RACERS - 1 });
      expect((await store.accountByEmail(old.normalizedEmail))?.uid).toBe(accountOf(answers.indexOf('created')).uid);
    });

    test('of a claim over an unverified account and its verification exactly one wins, whichever comes first', async () => {
      for (let round = 0; round < 10; round += 1) {
        const old = await create(round);
        const next = accountOf(100 + round, { normalizedEmail: old.normalizedEmail });
        const claim = () => store.createAccount(next, { replacesUid: old.uid, events: [] });
        const verify = () => store.markVerified(old.uid, { unlock: false, events: [eventOf('verified', old)] });
        const [claimed, verified] =
          round % 2 === 0
            ? await Promise.all([claim(), verify()])
            : await Promise.all([verify(), claim()]).then(([second, first]) => [first, second] as const);
        const holder = await store.accountByEmail(old.normalizedEmail);
        if (claimed === 'created') {
          expect(verified).toBe('unknown-account');
          expect(holder).toMatchObject({ uid: next.uid, verified: false });
        } else {
          expect([claimed, verified]).toEqual(['email-taken', 'verified']);
          expect(holder).toMatchObject({ uid: old.uid, verified: true });
        }
      }
    });

    test('a password set changes all that it decides at once, and nothing else', async () => {
      const account = await create(1, { verified: true });
      const password = passwordOf(7, BIRTH + 5);
      const seen = { seenGeneration: BIRTH, password, events: [eventOf('reset', account)] };
      expect(await store.setPassword(account.uid, seen)).toBe('set');
      expect(await store.sealedAccountByUid(account.uid)).toEqual({ ...account, ...password });
      expect(await kinds()).toEqual(['reset']);
    });

    test('of parallel password sets that saw one generation exactly one is stored, whole, with its event', async () => {
      const account = await create(1);
      const answers = await racing((index) =>
        store.setPassword(account.uid, {
          seenGeneration: BIRTH,
          password: passwordOf(index, BIRTH + 1 + index),
          events: [eventOf('reset', account, BIRTH + index)],
        }),
      );
      expect(countAnswers(answers)).toEqual({ set: 1, 'generation-moved': RACERS - 1 });
      const winner = answers.indexOf('set');
      expect(await store.sealedAccountByUid(account.uid)).toMatchObject(passwordOf(winner, BIRTH + 1 + winner));
      expect((await store.eventsAfter(undefined, 100)).map(({ at }) => at)).toEqual([BIRTH + winner]);
    });

    test('a password set kills every older token and device; a session that is born late with the old generation is dead', async () => {
      const { account, session } = await createWhole(1);
      const set = { seenGeneration: BIRTH, password: passwordOf(1, BIRTH + 1), events: [] };
      expect(await store.setPassword(account.uid, set)).toBe('set');
      expect(await isLive(session.storedId)).toBe(false);
      expect(await store.devicesOf(account.uid)).toEqual([]);
      const fetch = tokenOf('keyFetchToken', 1, account);
      expect(await store.takeOneTimeToken('keyFetchToken', fetch.storedId, { deadAt: BIRTH })).toBe(false);
      const late = sessionOf(2, account);
      await store.createSession(late, { events: [] });
      const lateToken = tokenOf('accountResetToken', 2, account);
      await store.createOneTimeToken(lateToken);
      expect(await isLive(late.storedId)).toBe(false);
      const found = await store.oneTimeTokenWithAccount('accountResetToken', lateToken.storedId);
      expect(liveOneTimeToken(found, { now: BIRTH })).toBeUndefined();
      const fresh = sessionOf(3, account, { generation: BIRTH + 1 });
      await store.createSession(fresh, { events: [] });
      expect(await isLive(fresh.storedId)).toBe(true);
    });

    test('a password set of an account that is gone is refused, and tells nothing', async () => {
      const account = await create(1);
      await store.deleteAccount(account.uid, { deadAt: BIRTH, onlyUnverified: false, events: [] });
      const set = { seenGeneration: BIRTH, password: passwordOf(1, BIRTH + 1), events: [eventOf('reset', account)] };
      expect(await store.setPassword(account.uid, set)).toBe('unknown-account');
      expect(await store.setPassword('00'.repeat(16), set)).toBe('unknown-account');
      expect(await kinds()).toEqual([]);
    });

    test('secrets are sealed anew only over those that were seen', async () => {
      const account = await create(1);
      await store.resealSecrets(account.uid, { seen: 'a.00', sealedSecrets: 'b.11' });
      expect((await store.sealedAccountByUid(account.uid))?.sealedSecrets).toBe(account.sealedSecrets);
      await store.resealSecrets(account.uid, { seen: account.sealedSecrets, sealedSecrets: 'b.11' });
      expect((await store.sealedAccountByUid(account.uid))?.sealedSecrets).toBe('b.11');
    });

    test('of parallel verifications exactly one is the first, and one event tells of it', async () => {
      const account = await create(1);
      const answers = await racing(() =>
        store.markVerified(account.uid, { unlock: false, events: [eventOf('verified', account)] }),
      );
      expect(countAnswers(answers)).toEqual({ verified: 1, 'already-verified': RACERS - 1 });
      expect(await kinds()).toEqual(['verified']);
    });

    test('a verification unlocks only when it is to, also of an account that was verified before', async () => {
      const account = await create(1);
      const lock = { lockedAt: BIRTH, sealedUnlockCode: 'a.01' };
      await store.lockAccount(account.uid, lock);
      await store.markVerified(account.uid, { unlock: false, events: [] });
      expect(await store.sealedAccountByUid(account.uid)).toMatchObject({ verified: true, ...lock });
      expect(await store.markVerified(account.uid, { unlock: true, events: [] })).toBe('already-verified');
      expect(await store.sealedAccountByUid(account.uid)).toMatchObject({ lockedAt: null, sealedUnlockCode: null });
    });

    test('of parallel locks one holds, with its own code, and a lock is lifted as often as one likes', async () => {
      const account = await create(1);
      const answers = await racing((index) =>
        store.lockAccount(account.uid, { lockedAt: BIRTH + index, sealedUnlockCode: `a.0${index}` }),
      );
      expect(countAnswers(answers)).toEqual({ locked: 1, 'already-locked': RACERS - 1 });
      const winner = answers.indexOf('locked');
      const locked = { lockedAt: BIRTH + winner, sealedUnlockCode: `a.0${winner}` };
      expect(await store.sealedAccountByUid(account.uid)).toMatchObject(locked);
      await store.unlockAccount(account.uid);
      await store.unlockAccount(account.uid);
      expect((await store.accountByUid(account.uid))?.lockedAt).toBeNull();
    });

    test('a locale is set where there is none, and never replaced', async () => {
      const account = await create(1, { locale: null });
      await store.backfillLocale(account.uid, 'pt-BR');
      await store.backfillLocale(account.uid, 'en');
      expect((await store.accountByUid(account.uid))?.locale).toBe('pt-BR');
    });

    test('of parallel deletions one happens and is told; nothing can be read, and the e-mail is free', async () => {
      const { account } = await createWhole(1, { verified: true });
      const options = { deadAt: BIRTH, onlyUnverified: false, events: [eventOf('delete', account)] };
      const answers = await racing(() => store.deleteAccount(account.uid, options));
      expect(countAnswers(answers)).toEqual({ deleted: 1, 'unknown-account': RACERS - 1 });
      expect(await kinds()).toEqual(['delete']);
      await expectNothingOf(account.uid, 1);
      await create(2, { normalizedEmail: account.normalizedEmail });
    });

    test('nothing that comes late revives a deleted account', async () => {
      const { account, session } = await createWhole(1);
      await store.deleteAccount(account.uid, { deadAt: BIRTH, onlyUnverified: false, events: [] });
      await store.touchSession(session.storedId, { lastAccessAt: BIRTH + 1, userAgent: 'late' });
      await store.backfillLocale(account.uid, 'en');
      await store.unlockAccount(account.uid);
      await store.resealSecrets(account.uid, { seen: account.sealedSecrets, sealedSecrets: 'b.11' });
      await store.createOneTimeToken(tokenOf('passwordChangeToken', 5, account));
      const lateSession = sessionOf(6, account);
      await store.createSession(lateSession, { events: [] });
      const verify = { unlock: true, events: [eventOf('verified', account)] };
      expect(await store.markVerified(account.uid, verify)).toBe('unknown-account');
      expect(await store.lockAccount(account.uid, { lockedAt: 1, sealedUnlockCode: 'a.01' })).toBe('unknown-account');
      await expectNothingOf(account.uid, 1);
      expect(await isLive(lateSession.storedId)).toBe(false);
      expect(await kinds()).toEqual([]);
    });

    test('a deletion that is for unverified accounts spares a verified one', async () => {
      const { account, session } = await createWhole(1, { verified: true });
      const options = { deadAt: BIRTH, onlyUnverified: true, events: [eventOf('delete', account)] };
      expect(await store.deleteAccount(account.uid, options)).toBe('verified-account');
      expect(await isLive(session.storedId)).toBe(true);
      expect(await kinds()).toEqual([]);
    });
  });
}
