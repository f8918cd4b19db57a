/** Templates changed by hand, so that a test shows that its question can be answered with no. */

import type { AssembledStack, Template } from '../../../app/operator/assembly.ts';
import { readTopology, type Topology } from '../../../tools/topology/model.ts';

/** A resource that may be written to. */
interface DraftResource {
  Type: string;
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
  UpdatePolicy?: unknown;
}

/** A template that may be written to. */
export interface Draft {
  Resources: Record<string, DraftResource>;
}

/** The topology that would be, had one stack another template. @throws RangeError when there is no such stack. */
export function withChangedStack(
  stacks: readonly AssembledStack[],
  name: string,
  change: (template: Draft) => void,
): Topology {
  return readTopology(changedStacks(stacks, name, change));
}

/** The same as stacks, for questions that need no model. */
export function changedStacks(
  stacks: readonly AssembledStack[],
  name: string,
  change: (template: Draft) => void,
): readonly AssembledStack[] {
  if (!stacks.some((stack) => stack.name === name)) throw new RangeError(`there is no stack ${name}`);
  return stacks.map((stack) => {
    if (stack.name !== name) return stack;
    const template = structuredClone(stack.template) as unknown as Draft;
    change(template);
    return { ...stack, template: template as unknown as Template };
  });
}

/** The id of the one resource of a stack of a type whose JSON contains a text. @throws RangeError when there are more, or none. */
export function idOf(template: Draft, type: string, text: string): string {
  const found = Object.entries(template.Resources).filter(
    ([id, resource]) => resource.Type === type && `${id} ${JSON.stringify(resource)}`.includes(text),
  );
  const [first] = found;
  if (first === undefined || found.length > 1)
    throw new RangeError(`${found.length} resources ${type} contain ${text}`);
  return first[0];
}

/** The one resource of a type whose JSON contains a text, to be changed. */
export function resourceIn(template: Draft, type: string, text: string): DraftResource {
  const resource = template.Resources[idOf(template, type, text)];
  if (resource === undefined) throw new RangeError(`${type} with ${text} is not there`);
  return resource;
}
