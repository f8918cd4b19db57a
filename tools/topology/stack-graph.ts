/** What stacks know of each other: every reference between them, and the order that follows. */

import { type AssembledStack, items, members, type TemplateValue } from '../../app/operator/assembly.ts';
import type { Target, Values } from './values.ts';

export interface StackReference {
  readonly from: AssembledStack;
  readonly to: AssembledStack;
  /** `strong`: an import, while which the other stack cannot go. `weak`: read once, when the stack is deployed. */
  readonly kind: 'strong' | 'weak';
  /** What is referred to; nothing for a literal. */
  readonly target: Target | undefined;
}

/** Every reference between stacks, each pair and value once. */
export function readReferences(stacks: readonly AssembledStack[], values: Values): readonly StackReference[] {
  return stacks.flatMap((from) => {
    const written = new Map(intrinsicsIn(from).map((value) => [JSON.stringify(value), value]));
    return [...written.values()].map((value): StackReference => {
      const kind = 'Fn::ImportValue' in members(value) ? 'strong' : 'weak';
      const to = stacks.find(({ name }) => name === ownerOf(value, from, stacks));
      if (to === undefined)
        throw new RangeError(`${from.name} refers to a stack that is not there: ${JSON.stringify(value)}`);
      return { from, to, kind, target: values.target(value, from) };
    });
  });
}

/** Stacks that need each other in a circle, as they follow each other; empty when there is none. */
export function findCycle(needs: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>();
  const visit = (name: string, above: readonly string[]): readonly string[] => {
    if (above.includes(name)) return [...above.slice(above.indexOf(name)), name];
    if (done.has(name)) return [];
    for (const needed of needs.get(name) ?? []) {
      const cycle = visit(needed, [...above, name]);
      if (cycle.length > 0) return cycle;
    }
    done.add(name);
    return [];
  };
  for (const name of needs.keys()) {
    const cycle = visit(name, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}

function ownerOf(value: TemplateValue, from: AssembledStack, stacks: readonly AssembledStack[]): string | undefined {
  const { 'Fn::ImportValue': imported, 'Fn::GetStackOutput': read } = members(value);
  if (read !== undefined) return String(members(read)['StackName']);
  const near = stacks.filter(({ account, region }) => account === from.account && region === from.region);
  return near.find(({ template }) =>
    Object.values(template.Outputs ?? {}).some(({ Export: exported }) => members(exported)['Name'] === imported),
  )?.name;
}

/** Every place of a stack in which it refers to another one. */
function intrinsicsIn({ template }: AssembledStack): readonly TemplateValue[] {
  const found: TemplateValue[] = [];
  const visit = (value: TemplateValue | undefined): void => {
    if (Array.isArray(value)) for (const one of items(value)) visit(one);
    else {
      const object = members(value);
      if ('Fn::ImportValue' in object || 'Fn::GetStackOutput' in object) found.push(object);
      else for (const one of Object.values(object)) visit(one);
    }
  };
  for (const { Properties: properties } of Object.values(template.Resources)) visit(properties);
  for (const { Value: value } of Object.values(template.Outputs ?? {})) visit(value);
  return found;
}
