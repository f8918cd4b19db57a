/** What the guard says, for people. */

import type { Changes, Loss, StackSummary } from './changes.ts';

export interface Verdict extends Changes {
  /** The commit that was compared with. */
  readonly base: string;
  /** Stateful resources that would be lost, and that nobody said are meant to be. */
  readonly refused: readonly Loss[];
}

/** Lines, the worst first. */
export function reportLines({ base, losses, stacks, refused }: Verdict): readonly string[] {
  const accepted = losses.filter((loss) => loss.lost !== undefined && !refused.includes(loss));
  const others = losses.filter(({ lost }) => lost === undefined);
  return [
    ...section('Stateful resources that would be lost', refused.flatMap(statefulLines)),
    ...section('Stateful resources that are meant to be lost', accepted.flatMap(statefulLines)),
    ...section('Other resources that are replaced or removed', others.map(lossLine)),
    ...section(`Stacks that differ from ${base.slice(0, 12)}`, stacks.map(summaryLine)),
    ...(stacks.length === 0 ? [`No template differs from ${base.slice(0, 12)}.`] : []),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`), ''];
}

function statefulLines(loss: Loss): readonly string[] {
  return [lossLine(loss), `  lost: ${loss.lost}. If that is meant: --accept ${loss.resource}`];
}

function lossLine({ resource, type, fate, because, movedTo }: Loss): string {
  const reason = because.length > 0 ? ` because of ${because.join(', ')}` : '';
  const moved =
    movedTo === undefined ? '' : `; ${movedTo} seems to be the same under another id, which is another resource`;
  return `${resource} (${type}) ${fate}${reason}${moved}`;
}

function summaryLine({ stack, state, added, changed, replaced, removed }: StackSummary): string {
  const counts = Object.entries({ added, changed, replaced, removed }).filter(([, count]) => count > 0);
  const text = counts.map(([name, count]) => `${count} ${name}`).join(', ') || 'outputs only';
  return `${stack}: ${state === 'changed' ? '' : `${state}, `}${text}`;
}
