/** The abuse limits as one webhead sees them: what it remembers, and what it does when nobody answers. */

import { expect, test } from '@jest/globals';
import type { CommandInput, CommandOutcome } from '../../app/storage/commands/table.ts';
import { StoreUnavailable } from '../../app/storage/errors.ts';
import { createLimiter } from '../../app/webhead/limiter.ts';
import { SILENT } from '../support/store-fixture.ts';

const REQUEST = { action: 'accountStatusCheck', clientAddress: '192.0.2.1', email: 'one@example.org' } as const;

/** A limiter whose dbwriter answers what it is told to. */
function makeLimiter(answer: () => CommandOutcome<'checkLimit'>, { enabled = true } = {}) {
  const asked: CommandInput<'checkLimit'>[] = [];
  const clock = { now: 1_700_000_000_000 };
  const errors: unknown[] = [];
  const limiter = createLimiter({
    writer: {
      checkLimit: async (request) => {
        asked.push(request);
        return answer();
      },
    },
    enabled,
    now: () => clock.now,
    log: Object.assign(Object.create(SILENT), { error: (line: unknown) => errors.push(line) }),
  });
  return { limiter, asked, clock, errors };
}

test('a block of an address is remembered until its end, whatever e-mail is named', async () => {
  const { limiter, asked, clock } = makeLimiter(() => ({
    outcome: 'blocked',
    retryAfterSeconds: 900,
    scope: 'address',
  }));
  await expect(limiter.check(REQUEST)).rejects.toMatchObject({ errno: 114, extras: { retryAfter: 900 } });
  clock.now += 400_500;
  await expect(limiter.check({ ...REQUEST, email: 'two@example.org' })).rejects.toMatchObject({
    errno: 114,
    extras: { retryAfter: 500 },
  });
  expect(asked).toHaveLength(1);
  await expect(limiter.check({ ...REQUEST, clientAddress: '192.0.2.2' })).rejects.toMatchObject({ errno: 114 });
  clock.now += 500_000;
  await expect(limiter.check(REQUEST)).rejects.toMatchObject({ extras: { retryAfter: 900 } });
  expect(asked).toHaveLength(3);
});

test('a block of an e-mail is remembered for any address and any case, and for its own action only', async () => {
  const { limiter, asked } = makeLimiter(() => ({ outcome: 'blocked', retryAfterSeconds: 900, scope: 'email' }));
  const request = { ...REQUEST, action: 'accountCreate' } as const;
  await expect(limiter.check(request)).rejects.toMatchObject({ errno: 114 });
  const other = { ...request, clientAddress: '192.0.2.2', email: 'ONE@example.org' };
  await expect(limiter.check(other)).rejects.toMatchObject({ errno: 114 });
  expect(asked).toHaveLength(1);
  await expect(limiter.check({ ...request, action: 'accountLogin' })).rejects.toMatchObject({ errno: 114 });
  expect(asked).toHaveLength(2);
});

test('a block that a new password lifts is asked for anew each time', async () => {
  const answers: CommandOutcome<'checkLimit'>[] = [
    { outcome: 'blocked', retryAfterSeconds: 900, scope: 'address-and-email' },
    { outcome: 'allowed' },
  ];
  const { limiter } = makeLimiter(() => answers.shift() ?? { outcome: 'allowed' });
  await expect(limiter.check(REQUEST)).rejects.toMatchObject({ errno: 114 });
  await expect(limiter.check(REQUEST)).resolves.toBeUndefined();
});

test('when nobody answers, requests are let through, on the record, once in a while', async () => {
  const { limiter, clock, errors } = makeLimiter(() => {
    throw new StoreUnavailable('gone');
  });
  for (let count = 0; count < 5; count += 1) await limiter.check(REQUEST);
  expect(errors).toHaveLength(1);
  expect(JSON.stringify(errors)).not.toContain('example.org');
  clock.now += 10_001;
  await limiter.check(REQUEST);
  expect(errors).toHaveLength(2);
});

test('a mistake of ours is not mistaken for a dbwriter that is gone', async () => {
  const { limiter } = makeLimiter(() => {
    throw new RangeError('a mistake');
  });
  await expect(limiter.check(REQUEST)).rejects.toThrow('a mistake');
});

test('switched off, nobody is asked', async () => {
  const { limiter, asked } = makeLimiter(() => ({ outcome: 'blocked', retryAfterSeconds: 1, scope: 'address' }), {
    enabled: false,
  });
  await limiter.check(REQUEST);
  expect(asked).toEqual([]);
});
