/** A store that is opened when it is first needed. */

import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { StoreUnavailable } from '../../app/storage/errors.ts';
import { createLazyStore } from '../../app/storage/lazy-store.ts';

function make({ failures = 0 } = {}) {
  const counts = { opened: 0, closed: 0 };
  const clock = { now: 0 };
  const reasons: string[] = [];
  const log = pino({}, { write: (line: string) => void reasons.push(JSON.parse(line).err.message) });
  const store = createLazyStore(
    async () => {
      counts.opened += 1;
      if (counts.opened <= failures) throw new Error('no disk');
      return {
        double: async (value: number) => 2 * value,
        fail: async () => {
          throw new RangeError('of the store itself');
        },
        close: async () => {
          counts.closed += 1;
        },
      };
    },
    { now: () => clock.now, log },
  );
  return { store, counts, clock, reasons };
}

test('it is opened by the first call, once, however many come at the same time', async () => {
  const { store, counts } = make();
  expect(counts.opened).toBe(0);
  expect(await Promise.all([1, 2, 3].map((value) => store.double(value)))).toEqual([2, 4, 6]);
  expect(counts.opened).toBe(1);
});

test('while it cannot be opened every call is refused, and not every call tries', async () => {
  const { store, counts, clock } = make({ failures: 2 });
  await expect(store.double(1)).rejects.toThrow(StoreUnavailable);
  clock.now += 249;
  await expect(store.double(1)).rejects.toThrow(StoreUnavailable);
  expect(counts.opened).toBe(1);
  clock.now += 1;
  await expect(store.double(1)).rejects.toThrow(StoreUnavailable);
  expect(counts.opened).toBe(2);
  clock.now += 250;
  expect(await store.double(1)).toBe(2);
});

test('why it cannot be opened is logged once a minute, however often it is tried, and not carried by each refusal', async () => {
  const { store, counts, clock, reasons } = make({ failures: 1000 });
  for (const time of [0, 250, 59_750, 60_000, 119_999]) {
    clock.now = time;
    const refusal = await store.double(1).catch((error: unknown) => error);
    expect(refusal).toEqual(new StoreUnavailable('the store cannot be opened'));
    expect((refusal as StoreUnavailable).cause).toBeUndefined();
  }
  expect(counts.opened).toBe(5);
  expect(reasons).toEqual(['no disk', 'no disk']);
});

test('what the open store throws comes through as it is', async () => {
  await expect(make().store.fail()).rejects.toThrow(RangeError);
});

test('closed, it is neither opened nor asked again', async () => {
  const { store, counts } = make();
  await store.double(1);
  await store.close();
  await expect(store.double(1)).rejects.toThrow(StoreUnavailable);
  expect(counts).toEqual({ opened: 1, closed: 1 });
  const unopened = make();
  await unopened.store.close();
  await expect(unopened.store.double(1)).rejects.toThrow(StoreUnavailable);
  expect(unopened.counts).toEqual({ opened: 0, closed: 0 });
});

test('it is no promise: awaiting it opens nothing', async () => {
  const { store, counts } = make();
  await store;
  expect(counts.opened).toBe(0);
});
