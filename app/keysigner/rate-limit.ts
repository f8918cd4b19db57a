/** Token buckets, one a key, in bounded memory. */

export interface RateLimit {
  /** Takes one. @returns 0 when it may go on, else the seconds to wait. */
  take(key: string): number;
}

/**
 * Lets each key do `burst` at once and `perMinute` in the long run. Beyond `keysMax` keys the one that was idle
 * longest is forgotten, which can only let more through.
 */
export function createRateLimit({
  burst,
  perMinute,
  keysMax,
  now,
}: {
  burst: number;
  perMinute: number;
  keysMax: number;
  now: () => number;
}): RateLimit {
  const msEach = 60_000 / perMinute;
  /** By key, the time at which its bucket is full again; the least recently used first. */
  const fullAt = new Map<string, number>();
  return {
    take: (key) => {
      const at = now();
      const full = Math.max(fullAt.get(key) ?? at, at);
      const waitMs = full + msEach - at - burst * msEach;
      if (waitMs > 0) return Math.ceil(waitMs / 1000);
      fullAt.delete(key);
      fullAt.set(key, full + msEach);
      const [oldest] = fullAt.keys();
      if (fullAt.size > keysMax && oldest !== undefined) fullAt.delete(oldest);
      return 0;
    },
  };
}
