/** The queue in front of the stretching: bounded in length and in time, and nothing runs that nobody waits for. */

import { expect, test } from '@jest/globals';
import { createWorkQueue, QueueFull } from '../../../app/webhead/stretcher/queue.ts';

const waitingFor = () => new AbortController().signal;

/** Work that ends when it is told to. */
function heldWork() {
  const { promise, resolve } = Promise.withResolvers<string>();
  const state = { begun: false };
  const work = () => {
    state.begun = true;
    return promise;
  };
  return { work, state, end: () => resolve('done') };
}

const makeQueue = ({ runningMax = 1, waitingMax = 1, waitMsMax = 10_000 } = {}) =>
  createWorkQueue({ runningMax, waitingMax, waitMsMax });

test('work runs at once while there is room, and in the order in which it came', async () => {
  const queue = makeQueue({ waitingMax: 2 });
  const order: number[] = [];
  const numbered = (number: number) => async () => {
    order.push(number);
    return number;
  };
  expect(await Promise.all([1, 2, 3].map((number) => queue.run(numbered(number), waitingFor())))).toEqual([1, 2, 3]);
  expect(order).toEqual([1, 2, 3]);
});

test('never more runs than may', async () => {
  const queue = makeQueue({ runningMax: 2, waitingMax: 10 });
  let running = 0;
  let most = 0;
  const work = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
  };
  await Promise.all(Array.from({ length: 10 }, () => queue.run(work, waitingFor())));
  expect(most).toBe(2);
});

test('one more than the queue holds is refused at once', async () => {
  const queue = makeQueue();
  const first = heldWork();
  const running = queue.run(first.work, waitingFor());
  const waiting = queue.run(async () => 'second', waitingFor());
  await expect(queue.run(async () => 'third', waitingFor())).rejects.toThrow(QueueFull);
  first.end();
  expect(await Promise.all([running, waiting])).toEqual(['done', 'second']);
});

test('what waited too long is refused, and does not run later', async () => {
  const queue = makeQueue({ waitMsMax: 10 });
  const first = heldWork();
  const late = heldWork();
  const running = queue.run(first.work, waitingFor());
  await expect(queue.run(late.work, waitingFor())).rejects.toThrow('waited 10 ms');
  first.end();
  await running;
  expect(late.state.begun).toBe(false);
});

test('what nobody waits for any more leaves the queue, and makes room', async () => {
  const queue = makeQueue();
  const first = heldWork();
  const running = queue.run(first.work, waitingFor());
  const gone = new AbortController();
  const dropped = heldWork();
  const waiting = queue.run(dropped.work, gone.signal);
  gone.abort();
  await expect(waiting).rejects.toThrow('nobody waits');
  const next = queue.run(async () => 'next', waitingFor());
  first.end();
  expect(await Promise.all([running, next])).toEqual(['done', 'next']);
  expect(dropped.state.begun).toBe(false);
});

test('work that fails gives its place back', async () => {
  const queue = makeQueue({ waitingMax: 0 });
  const failing = async () => {
    throw new RangeError('broken');
  };
  await expect(queue.run(failing, waitingFor())).rejects.toThrow('broken');
  expect(await queue.run(async () => 'next', waitingFor())).toBe('next');
});
