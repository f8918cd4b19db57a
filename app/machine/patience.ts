/** Waiting for what others do, up to a limit that all waits of a run share. */

import { setTimeout as sleep } from 'node:timers/promises';

export interface Patience {
  /** When the last look is due, on the clock of `now`, in milliseconds. */
  readonly endsAt: number;
  readonly lookEveryMs: number;
  readonly now: () => number;
}

/** Looks until there is something to see. @returns what was seen, or undefined after a last look at the time's end. */
export async function lookUntil<Seen>(
  { endsAt, lookEveryMs, now }: Patience,
  look: () => Promise<Seen | undefined>,
): Promise<Seen | undefined> {
  for (;;) {
    const leftMs = endsAt - now();
    const seen = await look();
    if (seen !== undefined || leftMs <= 0) return seen;
    await sleep(Math.min(lookEveryMs, leftMs));
  }
}
