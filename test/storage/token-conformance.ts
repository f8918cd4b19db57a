/** What the single steps of any store must hold: sessions, one-time tokens, devices, limits, events, and clearing away. */

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type AccountStore, DEVICES_MAX } from '../../app/storage/ports.ts';
import { liveOneTimeToken, liveSession } from '../../app/storage/standing.ts';
import { accountOf, BIRTH, deviceOf, eventOf, hexOf, sessionOf, tokenOf } from './records.ts';
import { countAnswers, type OpenedStore, RACERS, racing } from './store-conformance.ts';

const HOUR_MS = 3_600_000;

export function describeTokenSteps(name: string, open: () => Promise<OpenedStore>): void {
  describe(`${name}: tokens and devices`, () => {
    let opened: OpenedStore;
    let store: AccountStore;
    const account = accountOf(1);
    beforeEach(async () => {
      opened = await open();
      ({ store } = opened);
      await store.createAccount(account, { replacesUid: undefined, events: [] });
    });
    afterEach(() => opened.close());

    const isLive = async (storedId: string, now = BIRTH) =>
      liveSession(await store.sessionWithAccount(storedId), { now, idleMsMax: 1000 }) !== undefined;
    const createSession = async (number: number, changes = {}) => {
      const session = sessionOf(number, account, changes);
      await store.createSession(session, { events: [] });
      return session;
    };
    const createDevice = async (number: number) => {
      const device = deviceOf(number, await createSession(number));
      expect(await store.registerDevice(device)).toEqual({ outcome: 'registered' });
      return device;
    };
    const die = { deadAt: BIRTH + 1 };

    test('a session is read with its account as it stands', async () => {
      const session = await createSession(1);
      const { sealedSecrets, sealedEmailCode, sealedUnlockCode, ...readable } = account;
      expect(await store.sessionWithAccount(session.storedId)).toEqual({ token: session, account: readable });
      expect(await store.sessionWithAccount(hexOf(0xb0, 2, 32))).toBeUndefined();
    });

    test('a touch moves the time of use forward and never back', async () => {
      const { storedId } = await createSession(1);
      await store.touchSession(storedId, { lastAccessAt: BIRTH + 9, userAgent: null });
      await store.touchSession(storedId, { lastAccessAt: BIRTH + 8, userAgent: 'late' });
      const { token } = (await store.sessionWithAccount(storedId)) ?? {};
      expect(token).toMatchObject({ lastAccessAt: BIRTH + 9, userAgent: null });
    });

    test('a killed session stays dead, is killed as often as one likes, and takes its device along', async () => {
      const { sessionStoredId: storedId } = await createDevice(1);
      await racing(() => store.killSession(storedId, die));
      await store.touchSession(storedId, { lastAccessAt: BIRTH + 9, userAgent: 'late' });
      expect((await store.sessionWithAccount(storedId))?.token).toMatchObject({ ...die, lastAccessAt: BIRTH });
      expect(await store.devicesOf(account.uid)).toEqual([]);
    });

    test.each(['keyFetchToken', 'passwordChangeToken', 'passwordForgotToken', 'accountResetToken'] as const)(
      'of parallel takers of one %s exactly one gets it, and none by another kind',
      async (kind) => {
        const token = tokenOf(kind, 1, account);
        await store.createOneTimeToken(token);
        const found = await store.oneTimeTokenWithAccount(kind, token.storedId);
        expect(found).toMatchObject({ token, account: { uid: account.uid } });
        const other = kind === 'keyFetchToken' ? 'accountResetToken' : 'keyFetchToken';
        expect(await store.oneTimeTokenWithAccount(other, token.storedId)).toBeUndefined();
        expect(await store.takeOneTimeToken(other, token.storedId, die)).toBe(false);
        const taken = await racing(() => store.takeOneTimeToken(kind, token.storedId, die));
        expect(taken.filter(Boolean)).toHaveLength(1);
        expect((await store.oneTimeTokenWithAccount(kind, token.storedId))?.token).toMatchObject(die);
      },
    );

    test.each(['passwordChangeToken', 'passwordForgotToken', 'accountResetToken'] as const)(
      'of parallel makers of one %s all but one find theirs dead',
      async (kind) => {
        await racing((index) => store.createOneTimeToken(tokenOf(kind, index, account)));
        const live = await racing(async (index) =>
          liveOneTimeToken(await store.oneTimeTokenWithAccount(kind, tokenOf(kind, index, account).storedId), {
            now: BIRTH,
          }),
        );
        expect(live.filter((found) => found !== undefined)).toHaveLength(1);
      },
    );

    test('a token of one kind or account does not replace one of another, nor one key fetch token another', async () => {
      const stranger = accountOf(2);
      await store.createAccount(stranger, { replacesUid: undefined, events: [] });
      const tokens = [
        tokenOf('passwordChangeToken', 1, account),
        tokenOf('accountResetToken', 2, account),
        tokenOf('passwordChangeToken', 3, stranger),
        tokenOf('keyFetchToken', 4, account),
        tokenOf('keyFetchToken', 5, account),
      ];
      for (const token of tokens) await store.createOneTimeToken(token);
      for (const { kind, storedId } of tokens) expect(await store.takeOneTimeToken(kind, storedId, die)).toBe(true);
    });

    test('of parallel wrong guesses as many count as there are tries, each once, and the last one kills the token', async () => {
      const { kind, storedId } = tokenOf('passwordForgotToken', 1, account);
      await store.createOneTimeToken(tokenOf('passwordForgotToken', 1, account));
      const answers = await racing(() => store.spendTry(storedId, die));
      expect(countAnswers(answers.map((answer) => String(answer?.triesLeft)))).toEqual({
        2: 1,
        1: 1,
        0: 1,
        undefined: RACERS - 3,
      });
      expect(await store.takeOneTimeToken(kind, storedId, die)).toBe(false);
    });

    test('a wrong guess at a token that was used up or never was is not a try', async () => {
      const { kind, storedId } = tokenOf('passwordForgotToken', 1, account);
      expect(await store.spendTry(storedId, die)).toBeUndefined();
      await store.createOneTimeToken(tokenOf('passwordForgotToken', 1, account));
      expect(await store.takeOneTimeToken(kind, storedId, die)).toBe(true);
      expect(await store.spendTry(storedId, die)).toBeUndefined();
    });

    test('of parallel registrations on one session exactly one device comes to be, and the others learn which', async () => {
      const session = await createSession(1);
      const answers = await racing((index) => store.registerDevice(deviceOf(index, session)));
      const winner = deviceOf(
        answers.findIndex(({ outcome }) => outcome === 'registered'),
        session,
      );
      const refused = { outcome: 'session-has-device', deviceId: winner.id };
      expect(answers.filter(({ outcome }) => outcome !== 'registered')).toEqual(Array(RACERS - 1).fill(refused));
      const held = { ...session, deviceId: winner.id };
      expect(await store.devicesOf(account.uid)).toEqual([{ device: winner, session: held }]);
      expect((await store.sessionWithAccount(session.storedId))?.token).toEqual(held);
    });

    test('a device is refused by a session that is dead or unknown, new or known', async () => {
      const device = await createDevice(1);
      const session = await createSession(2);
      await store.killSession(session.storedId, die);
      const refused = { outcome: 'dead-session' };
      expect(await store.registerDevice(deviceOf(2, session))).toEqual(refused);
      expect(await store.registerDevice(deviceOf(2, sessionOf(3, account)))).toEqual(refused);
      expect(await store.updateDevice({ ...device, sessionStoredId: session.storedId, name: 'moved' })).toEqual(
        refused,
      );
      expect((await store.devicesOf(account.uid)).map((found) => found.device)).toEqual([device]);
    });

    test('an account has at most so many devices', async () => {
      for (let number = 0; number < DEVICES_MAX; number += 1) await createDevice(number);
      const session = await createSession(DEVICES_MAX);
      expect(await store.registerDevice(deviceOf(DEVICES_MAX, session))).toEqual({ outcome: 'too-many-devices' });
      expect(await store.devicesOf(account.uid)).toHaveLength(DEVICES_MAX);
    });

    test('an update changes the members given, and moves the device to the session that asks', async () => {
      const device = await createDevice(1);
      const session = await createSession(2);
      const { uid, id } = device;
      const moved = { uid, id, sessionStoredId: session.storedId, name: 'moved', pushCallback: null };
      expect(await store.updateDevice(moved)).toEqual({ outcome: 'updated' });
      expect((await store.devicesOf(uid)).map((found) => found.device)).toEqual([{ ...device, ...moved }]);
      expect((await store.sessionWithAccount(device.sessionStoredId))?.token.deviceId).toBeNull();
      expect((await store.sessionWithAccount(session.storedId))?.token.deviceId).toBe(id);
    });

    test('an update of an unknown or a foreign device, or onto a session that has another, changes nothing', async () => {
      const device = await createDevice(1);
      const other = await createDevice(2);
      const { id, sessionStoredId } = device;
      const unknown = { outcome: 'unknown-device' };
      expect(await store.updateDevice({ ...device, id: hexOf(0xd0, 9, 16), name: 'x' })).toEqual(unknown);
      expect(await store.updateDevice({ ...device, uid: accountOf(2).uid, name: 'x' })).toEqual(unknown);
      expect(await store.updateDevice({ ...other, sessionStoredId, name: 'x' })).toEqual({
        outcome: 'session-has-device',
        deviceId: id,
      });
      expect((await store.devicesOf(account.uid)).map((found) => found.device)).toEqual([device, other]);
    });

    test('of parallel killers of a device one destroys it, with its session; a foreign device stays', async () => {
      const device = await createDevice(1);
      const foreign = { uid: accountOf(2).uid, id: device.id };
      expect(await store.killDevice(foreign, die)).toBe('unknown-device');
      expect(await isLive(device.sessionStoredId)).toBe(true);
      const answers = await racing(() => store.killDevice(device, die));
      expect(countAnswers(answers)).toEqual({ destroyed: 1, 'unknown-device': RACERS - 1 });
      expect(await isLive(device.sessionStoredId)).toBe(false);
    });

    test('devices are listed oldest first', async () => {
      for (const number of [3, 1, 2]) await createDevice(number);
      const found = await store.devicesOf(account.uid);
      expect(found.map(({ device }) => device.name)).toEqual(['device 1', 'device 2', 'device 3']);
    });
  });
}

export function describeOtherSteps(name: string, open: () => Promise<OpenedStore>): void {
  describe(`${name}: limits, events, clearing away`, () => {
    let opened: OpenedStore;
    let store: AccountStore;
    const account = accountOf(1);
    beforeEach(async () => {
      opened = await open();
      ({ store } = opened);
      await store.createAccount(account, { replacesUid: undefined, events: [] });
    });
    afterEach(() => opened.close());

    const count = (key: string, now = BIRTH) =>
      store.changeLimit(key, {
        now,
        change: (record) => ({
          hits: (record?.hits ?? 0) + 1,
          windowStartedAt: BIRTH,
          blockedUntil: 0,
          expiresAt: BIRTH + 100,
        }),
      });

    test('parallel counts are all counted, each key on its own', async () => {
      await count('b');
      const counted = await racing(() => count('a'));
      expect(counted.map((record) => record?.hits).sort((left = 0, right = 0) => left - right)).toEqual([
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
      ]);
      expect((await count('b'))?.hits).toBe(2);
    });

    test('a count that has expired is as good as none, and one that is taken back is gone', async () => {
      await count('a');
      await count('a');
      expect((await count('a', BIRTH + 100))?.hits).toBe(1);
      expect(await store.changeLimit('a', { now: BIRTH, change: () => undefined })).toBeUndefined();
      expect(await store.changeLimit('a', { now: BIRTH, change: (record) => record })).toBeUndefined();
    });

    const tell = (at: number) =>
      store.createSession(sessionOf(at - BIRTH + 1000, account), { events: [eventOf('login', account, at)] });

    test('events come back whole, in the order in which they happened, however the clock ran', async () => {
      for (const at of [BIRTH + 5, BIRTH + 3, BIRTH + 3 + 2 * HOUR_MS, BIRTH + 4]) await tell(at);
      const events = await store.eventsAfter(undefined, 10);
      expect(events.map(({ at }) => at - BIRTH)).toEqual([5, 3, 3 + 2 * HOUR_MS, 4]);
      const [{ cursor, ...first } = { cursor: '' }] = events;
      expect(first).toEqual(eventOf('login', account, BIRTH + 5));
      expect(cursor.length).toBeLessThanOrEqual(64);
    });

    test('a reader goes on from its cursor, page by page, and may ask for a page again', async () => {
      await racing((index) => tell(BIRTH + index));
      const all = await store.eventsAfter(undefined, 100);
      const paged = [];
      let cursor: string | undefined;
      for (;;) {
        const page = await store.eventsAfter(cursor, 3);
        expect(await store.eventsAfter(cursor, 3)).toEqual(page);
        if (page.length === 0) break;
        paged.push(...page);
        cursor = page.at(-1)?.cursor;
      }
      expect(paged).toEqual(all);
      expect(new Set(all.map((event) => event.cursor)).size).toBe(RACERS);
    });

    const keep = { sessionIdleMs: 1000, deadRowsKeptMs: 500, eventsKeptMs: HOUR_MS, rowsMax: 100 };
    const pruned = async (now: number, rowsMax = 100) => store.prune({ ...keep, now, rowsMax });

    test('a session ends when it was idle for long, unless a device holds it or it is dead already', async () => {
      const idle = sessionOf(1, account);
      const used = sessionOf(2, account, { lastAccessAt: BIRTH + 1 });
      const held = sessionOf(3, account);
      const dead = sessionOf(4, account, { deadAt: BIRTH + 1001 });
      for (const session of [idle, used, held, dead]) await store.createSession(session, { events: [] });
      await store.registerDevice(deviceOf(3, held));
      expect(await pruned(BIRTH + 1001)).toBe(1);
      const deadAt = await Promise.all(
        [idle, used, held, dead].map(async ({ storedId }) => (await store.sessionWithAccount(storedId))?.token.deadAt),
      );
      expect(deadAt).toEqual([BIRTH + 1001, null, null, BIRTH + 1001]);
    });

    test('dead sessions, tokens and accounts stay for their time and then vanish', async () => {
      const gone = accountOf(2);
      await store.createAccount(gone, { replacesUid: undefined, events: [] });
      const session = sessionOf(1, gone);
      await store.createSession(session, { events: [] });
      await store.createOneTimeToken(tokenOf('keyFetchToken', 1, gone));
      await store.deleteAccount(gone.uid, { deadAt: BIRTH, onlyUnverified: false, events: [] });
      expect(await pruned(BIRTH + 500)).toBe(0);
      expect(await pruned(BIRTH + 501)).toBe(3);
      expect(await store.sessionWithAccount(session.storedId)).toBeUndefined();
      expect(await store.accountByUid(account.uid)).toBeDefined();
    });

    test('unused tokens vanish after the lifetime of their kind, key fetch tokens after the idle time', async () => {
      const kinds = ['keyFetchToken', 'passwordChangeToken', 'accountResetToken', 'passwordForgotToken'] as const;
      for (const [index, kind] of kinds.entries()) await store.createOneTimeToken(tokenOf(kind, index, account));
      const left = async () => {
        const found = await Promise.all(
          kinds.map((kind, index) => store.oneTimeTokenWithAccount(kind, tokenOf(kind, index, account).storedId)),
        );
        return found.map((token) => token !== undefined);
      };
      expect(await pruned(BIRTH + 1500)).toBe(0);
      await pruned(BIRTH + 1501);
      expect(await left()).toEqual([false, true, true, true]);
      await pruned(BIRTH + 15 * 60_000 + 501);
      expect(await left()).toEqual([false, false, false, true]);
      await pruned(BIRTH + 60 * 60_000 + 501);
      expect(await left()).toEqual([false, false, false, false]);
    });

    test('expired counts and old events vanish, and nothing younger', async () => {
      await count('a');
      await tell(BIRTH);
      await tell(BIRTH + 3 * HOUR_MS);
      expect(await store.prune({ ...keep, sessionIdleMs: 9 * HOUR_MS, now: BIRTH + 3 * HOUR_MS })).toBe(2);
      expect((await store.eventsAfter(undefined, 10)).map(({ at }) => at)).toEqual([BIRTH + 3 * HOUR_MS]);
    });

    test('one call clears away no more than it may, and the last of several answers less', async () => {
      for (let number = 0; number < 7; number += 1) {
        await store.createSession(sessionOf(number, account, { deadAt: BIRTH }), { events: [] });
      }
      expect([await pruned(BIRTH + 501, 3), await pruned(BIRTH + 501, 3), await pruned(BIRTH + 501, 3)]).toEqual([
        3, 3, 1,
      ]);
      expect(await pruned(BIRTH + 501, 3)).toBe(0);
    });

    test('a store that was closed says that it is unavailable', async () => {
      await store.ping();
      await store.close();
      await expect(store.ping()).rejects.toThrow('store');
      await expect(count('a')).rejects.toThrow('store');
    });
  });
}
