/** A bounded queue in front of costly work: beyond its length, or its wait, the answer is no rather than late. */

/** There is no room, or no time left, in the queue. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull';
}

export interface WorkQueue {
  /** Runs the work when its turn comes; drops it when the signal says that nobody waits any more. @throws QueueFull */
  run<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result>;
}

interface Waiting {
  readonly start: () => void;
  readonly dueBy: number;
}

export function createWorkQueue({
  runningMax,
  waitingMax,
  waitMsMax,
  now,
}: {
  runningMax: number;
  waitingMax: number;
  /** Work that cannot begin by then is refused. */
  waitMsMax: number;
  now: () => number;
}): WorkQueue {
  const waiting = new Set<Waiting>();
  let running = 0;

  const next = () => {
    const [first] = waiting;
    if (first === undefined || running >= runningMax) return;
    waiting.delete(first);
    first.start();
  };

  const turn = (signal: AbortSignal): Promise<void> => {
    if (running < runningMax) return Promise.resolve();
    if (waiting.size >= waitingMax) return Promise.reject(new QueueFull(`more than ${waitingMax} wait`));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const entry = { start: resolve, dueBy: now() + waitMsMax };
    const leave = (error: Error) => {
      if (waiting.delete(entry)) reject(error);
    };
    const timer = setTimeout(() => leave(new QueueFull(`waited ${waitMsMax} ms`)), waitMsMax);
    const onAbort = () => leave(new QueueFull('nobody waits for it any more'));
    signal.addEventListener('abort', onAbort, { once: true });
    waiting.add(entry);
    return promise.finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    });
  };

  return {
    run: async (work, signal) => {
      await turn(signal);
      running += 1;
      try {
        return await work();
      } finally {
        running -= 1;
        next();
      }
    },
  };
}
