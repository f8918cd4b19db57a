/** A figure of the benchmark, with the limit that it is measured against in the same run. */

export interface BenchResult {
  readonly value: number;
  readonly unit: string;
  /** What the machine gives without us, in the same unit, measured between the slices of the value. */
  readonly limit: number;
  readonly ratio: number;
}

export interface BenchRow {
  readonly name: string;
  /** What the ratio should reach, or, for `atMost`, stay below. */
  readonly bar: number;
  readonly atMost?: boolean;
  run(progress: (text: string) => void): Promise<BenchResult>;
}

export interface Slices {
  /** Work per second of one bare slice. */
  readonly bare: () => Promise<number>;
  /** Work per second of one loaded slice. */
  readonly load: () => Promise<number>;
  readonly rounds: number;
  readonly progress: (text: string) => void;
}

/**
 * Alternates slices of bare work and load, so that a machine whose speed drifts drifts for both. Each load is held against the mean of
 * the bare slices before and after it; the figures are medians over the rounds.
 */
export async function alternate({
  bare,
  load,
  rounds,
  progress,
}: Slices): Promise<{ value: number; limit: number; ratio: number }> {
  const seen: { value: number; limit: number; ratio: number }[] = [];
  let before = await bare();
  for (let round = 1; round <= rounds; round += 1) {
    const value = await load();
    const after = await bare();
    const limit = (before + after) / 2;
    seen.push({ value, limit, ratio: value / limit });
    progress(`round ${round} of ${rounds}: ${(value / limit).toFixed(2)}`);
    before = after;
  }
  return {
    value: median(seen.map(({ value }) => value)),
    limit: median(seen.map(({ limit }) => limit)),
    ratio: median(seen.map(({ ratio }) => ratio)),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
