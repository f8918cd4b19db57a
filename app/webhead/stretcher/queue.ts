/** A bounded queue in front of costly work: beyond its length, or its wait, the answer is no rather than late. */

/** There is no room, or no time left, in the queue. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull';
}

export interface WorkQueue {
  /** Runs the work when its turn comes; drops it when the signal says that nobody waits any more. @throws QueueFull */
  run<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result>;
}

export function createWorkQueue({
  runningMax,
  waitingMax,
  waitMsMax,
}: {
  runningMax: number;
  waitingMax: number;
  /** Work that cannot begin by then is refused. */
  waitMsMax: number;
}): WorkQueue {
  /** Each is told that a place is its own from now on; in the order in which they came. */
  const waiting = new Set<() => void>();
  let running = 0;

  const takePlace = async (signal: AbortSignal): Promise<void> => {
    if (signal.aborted) throw new QueueFull('nobody waits for it any more');
    if (running < runningMax) {
      running += 1;
      return;
    }
    if (waiting.size >= waitingMax) throw new QueueFull(`more than ${waitingMax} wait`);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = (reason: string) => {
      if (waiting.delete(resolve)) reject(new QueueFull(reason));
    };
    const timer = setTimeout(() => leave(`waited ${waitMsMax} ms`), waitMsMax);
    const onAbort = () => leave('nobody waits for it any more');
    signal.addEventListener('abort', onAbort, { once: true });
    waiting.add(resolve);
    await promise.finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    });
  };

  /** A place passes from hand to hand, so that nobody who comes in between can take it. */
  const givePlace = () => {
    const [next] = waiting;
    if (next === undefined) {
      running -= 1;
      return;
    }
    waiting.delete(next);
    next();
  };

  return {
    run: async (work, signal) => {
      await takePlace(signal);
      try {
        return await work();
      } finally {
        givePlace();
      }
    },
  };
}
