/** The abuse limits by the clock, as tables, and over the store. */

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createLimits, type Limits } from '../../app/dbwriter/limits/limits.ts';
import { BAD_LOGIN_RULE, blockedSeconds, countHit, MAIL_RULE, STATUS_RULE } from '../../app/dbwriter/limits/rules.ts';
import type { LimitRecord } from '../../app/storage/records.ts';
import { openStoreFixture, type StoreFixture } from '../support/store-fixture.ts';

const MINUTE = 60_000;

describe('a rule', () => {
  test.each([
    ['mail', MAIL_RULE, 3],
    ['status', STATUS_RULE, 5],
    ['bad login', BAD_LOGIN_RULE, 2],
  ] as const)('of %s lets its hits through and blocks the next for 15 minutes', (_name, rule, hits) => {
    let record: LimitRecord | undefined;
    for (let count = 1; count <= hits; count += 1) {
      record = countHit(record, { rule, now: 1000 * count });
      expect(blockedSeconds(record, 1000 * count)).toBe(0);
    }
    record = countHit(record, { rule, now: 10_000 });
    expect(blockedSeconds(record, 10_000)).toBe(900);
    // Hits while blocked do not count: the block ends when it was said to.
    record = countHit(record, { rule, now: 500_000 });
    expect(blockedSeconds(record, 500_000)).toBe(410);
    expect(blockedSeconds(record, 910_000)).toBe(0);
    expect(countHit(record, { rule, now: 910_000 }).hits).toBe(1);
  });

  test('begins anew when its window is over', () => {
    let record: LimitRecord | undefined;
    for (const now of [0, 1, 2, 15 * MINUTE]) record = countHit(record, { rule: MAIL_RULE, now });
    expect(record).toEqual({ hits: 1, windowStartedAt: 15 * MINUTE, blockedUntil: 0, expiresAt: 30 * MINUTE });
  });
});

describe('limits over the store', () => {
  let fixture: StoreFixture;
  let limits: Limits;
  beforeEach(async () => {
    fixture = await openStoreFixture();
    const now = () => fixture.clock.now;
    limits = createLimits({ store: fixture.store, now, enabled: true, lockout: true, hashKey: Buffer.alloc(32, 1) });
  });
  afterEach(() => fixture.close());

  const login = { action: 'accountLogin', clientAddress: '192.0.2.1', email: 'Me@example.org' } as const;
  const failure = { clientAddress: '192.0.2.1', email: 'me@example.org' };

  test('mails to one address are counted over all actions and cases', async () => {
    for (const action of ['accountCreate', 'passwordForgotSendCode', 'recoveryEmailResendCode'] as const) {
      expect(await limits.check({ action, clientAddress: '192.0.2.1', email: 'me@example.org' })).toEqual({
        outcome: 'allowed',
      });
    }
    const fourth = { action: 'passwordForgotResendCode', clientAddress: '192.0.2.2', email: 'ME@example.org' } as const;
    expect(await limits.check(fourth)).toEqual({ outcome: 'blocked', retryAfterSeconds: 900, scope: 'email' });
    expect(await limits.check({ ...fourth, email: 'other@example.org' })).toEqual({ outcome: 'allowed' });
  });

  test('three wrong passwords block that address on that e-mail, and nobody else; a reset clears them', async () => {
    for (let count = 0; count < 3; count += 1) await limits.recordFailure(failure);
    expect(await limits.check(login)).toEqual({
      outcome: 'blocked',
      retryAfterSeconds: 900,
      scope: 'address-and-email',
    });
    expect(await limits.check({ ...login, clientAddress: '192.0.2.2' })).toEqual({ outcome: 'allowed' });
    expect(await limits.check({ ...login, email: 'other@example.org' })).toEqual({ outcome: 'allowed' });
    await limits.clear(failure);
    expect(await limits.check(login)).toEqual({ outcome: 'allowed' });
  });

  test('the 21st wrong password within three hours locks, from wherever; 15 minutes of silence forget', async () => {
    const fail = (count: number) => limits.recordFailure({ ...failure, clientAddress: `192.0.2.${count}` });
    for (let count = 1; count <= 20; count += 1) expect(await fail(count)).toEqual({ lock: false });
    expect(await fail(21)).toEqual({ lock: true });
    fixture.clock.now += 16 * MINUTE;
    expect(await fail(22)).toEqual({ lock: false });
  });

  test('a ban holds for a day, for every action', async () => {
    await limits.ban({ clientAddress: '192.0.2.1' });
    await limits.ban({ email: 'Banned@example.org' });
    expect(await limits.check({ action: 'accountLock', clientAddress: '192.0.2.1' })).toEqual({
      outcome: 'blocked',
      retryAfterSeconds: 86_400,
      scope: 'address',
    });
    expect(await limits.check({ ...login, clientAddress: '192.0.2.3', email: 'banned@example.org' })).toMatchObject({
      scope: 'email',
    });
    fixture.clock.now += 24 * 60 * MINUTE;
    expect(await limits.check(login)).toEqual({ outcome: 'allowed' });
  });

  test('of many at once are all counted', async () => {
    const all = await Promise.all(
      Array.from({ length: 20 }, () => limits.check({ action: 'accountStatusCheck', clientAddress: '192.0.2.9' })),
    );
    expect(all.filter(({ outcome }) => outcome === 'allowed')).toHaveLength(5);
  });
});
