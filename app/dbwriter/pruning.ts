/** Clearing away, now and then, what has outlived its time. */

import type { Log } from '../platform/log.ts';
import { StoreUnavailable } from '../storage/errors.ts';
import type { AccountStore, PruneOptions } from '../storage/ports.ts';

const EVERY_MS = 60_000;
/** Rows a step: few enough that a write behind it waits some milliseconds only. */
const ROWS_MAX = 200;
/** Steps in a row while there is more; the rest waits for the next time. */
const STEPS_MAX = 50;

/** Starts pruning; several dbwriters may prune one store. @returns what stops it, once the step that runs has ended. */
export function startPruning({
  store,
  keep,
  now,
  log,
}: {
  store: Pick<AccountStore, 'prune'>;
  keep: Omit<PruneOptions, 'now' | 'rowsMax'>;
  now: () => number;
  log: Log;
}): () => Promise<void> {
  let stopped = false;
  let running = Promise.resolve();
  const prune = async () => {
    let rows = 0;
    try {
      for (let step = 0; step < STEPS_MAX && !stopped; step += 1) {
        const removed = await store.prune({ ...keep, now: now(), rowsMax: ROWS_MAX });
        rows += removed;
        if (removed < ROWS_MAX) break;
      }
      if (rows > 0) log.info({ rows }, 'pruned');
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) log.error({ err: error }, 'pruning failed');
    }
  };
  const timer = setInterval(() => {
    running = running.then(prune);
  }, EVERY_MS);
  timer.unref();
  return async () => {
    stopped = true;
    clearInterval(timer);
    await running;
  };
}
