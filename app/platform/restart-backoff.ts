/** How long to wait before a process that ended is started again. */

const WAIT_MS_MIN = 100;
const WAIT_MS_MAX = 10_000;
/** One that lived so long is no sign of a crash loop: it is started again at once, or nearly. */
const HEALTHY_MS = 2000;

/** Waits that double each time a process dies young, from 100 ms to 10 s. @returns the next wait in ms, of one that lived `livedMs` */
export function createRestartBackoff(): (livedMs: number) => number {
  let waitMs = WAIT_MS_MIN;
  return (livedMs) => {
    if (livedMs >= HEALTHY_MS) waitMs = WAIT_MS_MIN;
    const wait = waitMs;
    waitMs = Math.min(2 * waitMs, WAIT_MS_MAX);
    return wait;
  };
}
