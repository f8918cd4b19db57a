/** When each stack of an environment that is not meant to stay is asked to go: by arithmetic over what needs what. */

/** A stack as far as its end is concerned. */
export interface MortalStack {
  readonly name: string;
  /** Names of the stacks that it needs: they can only go after it. */
  readonly needs: readonly string[];
}

export interface DeletionPass {
  readonly stack: string;
  /** Five fields of EventBridge Scheduler's cron, and the sixth for the year. UTC */
  readonly cron: string;
}

const HOURS_A_DAY = 24;
const MINUTES_AN_HOUR = 60;
/** Enough for the longest row of stacks, each of them slow, and for passes that failed: a stack that is left goes the next night only. */
const HOURS = 6;
/** A stack that is still in use, or still going, is asked again so much later. */
const MINUTES_BETWEEN_PASSES = 20;
/** Between a stack and those that it needs: empty ones are gone by then, and all others are asked again. */
const MINUTES_BETWEEN_LEVELS = 1;
const LEVELS_MAX = MINUTES_BETWEEN_PASSES / MINUTES_BETWEEN_LEVELS - 1;

/**
 * Plans the passes of one night: what nobody needs goes first, what everybody needs last, and all of it many times.
 * @param deletedAtHour hour of the day at which the first pass begins. UTC
 * @throws RangeError when stacks need each other in a circle, or are too deep for one pass.
 */
export function deletionPasses(stacks: readonly MortalStack[], deletedAtHour: number): readonly DeletionPass[] {
  const levels = levelsOf(stacks);
  const hours = Array.from({ length: HOURS }, (_, pass) => (deletedAtHour + pass) % HOURS_A_DAY).join(',');
  return stacks.map(({ name }) => {
    const level = levels.get(name) ?? 0;
    if (level > LEVELS_MAX) throw new RangeError(`${name} is needed through ${level} stacks, allowed: ${LEVELS_MAX}`);
    const minutes: number[] = [];
    for (let minute = level * MINUTES_BETWEEN_LEVELS; minute < MINUTES_AN_HOUR; minute += MINUTES_BETWEEN_PASSES) {
      minutes.push(minute);
    }
    return { stack: name, cron: `cron(${minutes.join(',')} ${hours} * * ? *)` };
  });
}

/** How many stacks, one needing the next, stand above each stack. */
function levelsOf(stacks: readonly MortalStack[]): ReadonlyMap<string, number> {
  const neededBy = new Map(stacks.map(({ name }) => [name, stacks.filter(({ needs }) => needs.includes(name))]));
  const levels = new Map<string, number>();
  const levelOf = (name: string, above: readonly string[]): number => {
    const known = levels.get(name);
    if (known !== undefined) return known;
    if (above.includes(name))
      throw new RangeError(`stacks need each other in a circle: ${[...above, name].join(' > ')}`);
    const level = Math.max(0, ...(neededBy.get(name) ?? []).map((one) => levelOf(one.name, [...above, name]) + 1));
    levels.set(name, level);
    return level;
  };
  for (const { name } of stacks) levelOf(name, []);
  return levels;
}
