/** The night in which an environment deletes itself, played over what its stacks import of each other. */

import { type AssembledStack, members, resourcesOf } from '../../app/operator/assembly.ts';
import type { StackReference } from './stack-graph.ts';

const DAY_MINUTES = 1440;
const HOUR_MINUTES = 60;

export interface Pass {
  /** The stack whose schedule it is: with it, its passes are gone. */
  readonly by: string;
  readonly stack: string;
  /** Minutes since the first pass of the night. */
  readonly minute: number;
}

/** Every pass that the schedules in the templates make in a night, in their order. @throws RangeError for another kind of schedule. */
export function readPasses(stacks: readonly AssembledStack[]): readonly Pass[] {
  const schedules = resourcesOf(stacks, 'AWS::Scheduler::Schedule').map(({ stack: { name: by }, id, resource }) => {
    const { ScheduleExpression: cron, Target: target } = resource.Properties ?? {};
    const [, minutes, hours] = /^cron\(([\d,]+) ([\d,]+) \* \* \? \*\)$/.exec(String(cron)) ?? [];
    const { StackName: stack } = JSON.parse(String(members(target)['Input'] ?? '{}')) as { StackName?: string };
    if (minutes === undefined || hours === undefined || stack === undefined) {
      throw new RangeError(
        `${by}/${id}: got ${String(cron)} for ${stack}, allowed: minutes and hours, every day, for a stack`,
      );
    }
    const [firstHour = '0'] = hours.split(',');
    const times = hours.split(',').flatMap((hour) => minutes.split(',').map((minute) => timeOf(hour, minute)));
    return { by, stack, times, firstHour };
  });
  const start = Math.min(...schedules.map(({ firstHour }) => timeOf(firstHour, '0')));
  return schedules
    .flatMap(({ by, stack, times }) =>
      times.map((time) => ({ by, stack, minute: (time - start + DAY_MINUTES) % DAY_MINUTES })),
    )
    .sort((left, right) => left.minute - right.minute);
}

function timeOf(hour: string, minute: string): number {
  return Number(hour) * HOUR_MINUTES + Number(minute);
}

export interface Night {
  /** How long a stack takes to go, in minutes: until then it is there and uses what it imports. */
  readonly minutesToGo: (stack: string) => number;
  /** Passes that do nothing, as when AWS is not there. @default none */
  readonly fails?: (pass: Pass) => boolean;
}

/**
 * The stacks that are left in the morning. A pass is refused while a stack that is there imports something of the one that it asks to go,
 * and a schedule asks for nothing once its own stack is gone.
 */
export function stacksLeft(
  stacks: readonly AssembledStack[],
  references: readonly StackReference[],
  passes: readonly Pass[],
  { minutesToGo, fails = () => false }: Night,
): readonly string[] {
  const goneAt = new Map<string, number>();
  const isThere = (stack: string, minute: number) => (goneAt.get(stack) ?? Number.POSITIVE_INFINITY) > minute;
  for (const pass of passes) {
    const { by, stack, minute } = pass;
    if (goneAt.has(stack) || !isThere(by, minute) || fails(pass)) continue;
    const users = references.filter(
      ({ kind, to, from }) => kind === 'strong' && to.name === stack && from.name !== stack,
    );
    if (users.some(({ from }) => isThere(from.name, minute))) continue;
    goneAt.set(stack, minute + minutesToGo(stack));
  }
  return stacks.map(({ name }) => name).filter((name) => !goneAt.has(name));
}
