/** Token buckets: a burst, then a steady rate, in bounded memory. */

import { expect, test } from '@jest/globals';
import { createRateLimit } from '../../app/keysigner/rate-limit.ts';

function limitWithClock(options: { burst: number; perMinute: number; keysMax: number }) {
  const clock = { now: 1_000_000 };
  return { clock, limit: createRateLimit({ ...options, now: () => clock.now }) };
}

test('a burst goes through at once, and after it one each interval', () => {
  const { clock, limit } = limitWithClock({ burst: 3, perMinute: 6, keysMax: 10 });
  expect([1, 2, 3, 4].map(() => limit.take('a'))).toEqual([0, 0, 0, 10]);
  clock.now += 9_999;
  expect(limit.take('a')).toBe(1);
  clock.now += 1;
  expect([limit.take('a'), limit.take('a')]).toEqual([0, 10]);
});

test('who was refused need not wait longer for having asked', () => {
  const { clock, limit } = limitWithClock({ burst: 1, perMinute: 1, keysMax: 10 });
  limit.take('a');
  for (let count = 0; count < 100; count += 1) expect(limit.take('a')).toBe(60);
  clock.now += 60_000;
  expect(limit.take('a')).toBe(0);
});

test('who waited long has one burst, not more', () => {
  const { clock, limit } = limitWithClock({ burst: 2, perMinute: 60, keysMax: 10 });
  clock.now += 86_400_000;
  expect([1, 2, 3].map(() => limit.take('a'))).toEqual([0, 0, 1]);
});

test('one key says nothing about another', () => {
  const { limit } = limitWithClock({ burst: 1, perMinute: 1, keysMax: 10 });
  expect([limit.take('a'), limit.take('b'), limit.take('a')]).toEqual([0, 0, 60]);
});

test('beyond its memory it forgets the key that was idle longest', () => {
  const { limit } = limitWithClock({ burst: 2, perMinute: 1, keysMax: 2 });
  limit.take('a');
  limit.take('b');
  limit.take('a');
  limit.take('c');
  expect([limit.take('a'), limit.take('b'), limit.take('b')]).toEqual([60, 0, 0]);
});
