/** A costly question is asked once in a while, and waits after a crash grow. */

import { expect, test } from '@jest/globals';
import { once, withTimeout } from '../../app/platform/heartbeat.ts';
import { createRestartBackoff } from '../../app/platform/restart-backoff.ts';

function question() {
  const asked: PromiseWithResolvers<number>[] = [];
  const clock = { now: 0 };
  const ask = once({ everyMs: 1000, timeoutMs: 50, now: () => clock.now }, () => {
    const answer = Promise.withResolvers<number>();
    asked.push(answer);
    return answer.promise;
  });
  return { ask, asked, clock };
}

test('callers within the time share one answer, and one after it asks anew', async () => {
  const { ask, asked, clock } = question();
  const both = [ask(), ask()];
  asked[0]?.resolve(1);
  expect(await Promise.all(both)).toEqual([1, 1]);
  clock.now = 999;
  expect(await ask()).toBe(1);
  clock.now = 1000;
  const third = ask();
  asked[1]?.resolve(2);
  expect(await third).toBe(2);
  expect(asked).toHaveLength(2);
});

test('a failure is shared as an answer is, and no longer', async () => {
  const { ask, asked, clock } = question();
  const failed = ask();
  asked[0]?.reject(new Error('no store'));
  await expect(failed).rejects.toThrow('no store');
  await expect(ask()).rejects.toThrow('no store');
  clock.now = 1000;
  const next = ask();
  asked[1]?.resolve(1);
  expect(await next).toBe(1);
});

test('a question that never settles fails in time, and is not asked again before', async () => {
  const { ask, asked, clock } = question();
  const unanswered = ask();
  clock.now = 5000;
  expect(ask()).toBe(unanswered);
  await expect(unanswered).rejects.toMatchObject({ name: 'AskTimedOut' });
  void ask().catch(() => undefined);
  expect(asked).toHaveLength(2);
});

test('what settles in time is passed on as it is', async () => {
  expect(await withTimeout(Promise.resolve('answer'), 1000)).toBe('answer');
  await expect(withTimeout(Promise.reject(new RangeError('theirs')), 1000)).rejects.toThrow(RangeError);
});

test('waits before a restart double from 100 ms to 10 s, and begin anew after a process that lived', () => {
  const wait = createRestartBackoff();
  expect([0, 10, 0, 1999, 0, 0, 0, 0, 0].map(wait)).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  expect([2000, 0].map(wait)).toEqual([100, 200]);
});
