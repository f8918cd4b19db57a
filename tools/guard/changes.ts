/** What a change of templates does to resources that stand: which go, which are traded for empty ones. */

import { fullDiff, type ResourceDifference, ResourceImpact } from '@aws-cdk/cloudformation-diff';
import type { Template } from '../../app/operator/assembly.ts';
import { isFixed, lostWith } from './stateful.ts';

/** Templates by the name of their stack. */
export type Templates = ReadonlyMap<string, Template>;

export interface Loss {
  /** Stack and logical id, as in `prod-us-east-1-data/RingRing1NodeVolume`. */
  readonly resource: string;
  readonly type: string;
  readonly fate: 'is replaced' | 'may be replaced' | 'is deleted' | 'is left behind' | 'is retained no more';
  /** Properties whose change replaces it, or policies that retained it. */
  readonly because: readonly string[];
  /** The logical id of another resource that seems to be the same one under a new name. */
  readonly movedTo?: string;
  /** What is lost with it; nothing for what a deploy makes again. */
  readonly lost?: string;
}

export interface StackSummary {
  readonly stack: string;
  readonly state: 'new' | 'changed' | 'gone';
  readonly added: number;
  readonly changed: number;
  readonly replaced: number;
  readonly removed: number;
}

export interface Changes {
  /** Those of stateful resources first. */
  readonly losses: readonly Loss[];
  /** Stacks that differ, by name. */
  readonly stacks: readonly StackSummary[];
}

const NOTHING: Template = { Resources: {} };
const FATES: Partial<Record<ResourceImpact, Loss['fate']>> = {
  [ResourceImpact.WILL_REPLACE]: 'is replaced',
  [ResourceImpact.MAY_REPLACE]: 'may be replaced',
  [ResourceImpact.WILL_DESTROY]: 'is deleted',
  [ResourceImpact.WILL_ORPHAN]: 'is left behind',
};

/** Compares what stands with what is to be. A stack that is gone loses all that is in it; a new one loses nothing. */
export function compareTemplates(before: Templates, after: Templates): Changes {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  const compared = names.map((stack) => compareStack(stack, before.get(stack), after.get(stack)));
  const losses = compared.flatMap((one) => one.losses);
  return {
    losses: [...losses.filter(({ lost }) => lost !== undefined), ...losses.filter(({ lost }) => lost === undefined)],
    stacks: compared.flatMap(({ summary }) => summary ?? []),
  };
}

function compareStack(stack: string, before: Template | undefined, after: Template | undefined) {
  const diff = fullDiff(before ?? NOTHING, after ?? NOTHING);
  const changes = Object.entries(diff.resources.changes).filter(([, { isDifferent }]) => isDifferent);
  const added = changes.filter(([, { isAddition }]) => isAddition);
  const losses = changes.flatMap(([id, change]) => lossOf(stack, id, change, added) ?? []);
  const removed = changes.filter(([, { isRemoval }]) => isRemoval).length;
  const replaced = losses.filter(({ fate }) => fate !== 'is retained no more').length - removed;
  const summary: StackSummary = {
    stack,
    state: before === undefined ? 'new' : after === undefined ? 'gone' : 'changed',
    added: added.length,
    changed: changes.length - added.length - removed - replaced,
    replaced,
    removed,
  };
  return { losses, summary: diff.isEmpty && before !== undefined && after !== undefined ? undefined : summary };
}

function lossOf(
  stack: string,
  id: string,
  change: ResourceDifference,
  added: readonly (readonly [string, ResourceDifference])[],
): Loss | undefined {
  const type = change.oldResourceType ?? '';
  const lost = lostWith(type);
  const replacing = replacingProperties(type, change);
  const letGo = lost === undefined ? [] : policiesLetGo(change);
  const fate = fateOf(change, replacing) ?? (letGo.length > 0 ? 'is retained no more' : undefined);
  if (fate === undefined) return undefined;
  const because = [...replacing, ...letGo];
  const movedTo = change.isRemoval ? sameResource(change, added) : undefined;
  return {
    resource: `${stack}/${id}`,
    type,
    fate,
    because,
    ...(movedTo === undefined ? {} : { movedTo }),
    ...(lost === undefined ? {} : { lost }),
  };
}

function fateOf(change: ResourceDifference, because: readonly string[]): Loss['fate'] | undefined {
  // A resource whose type changes under its id is not updated: the old one goes.
  if (change.resourceTypeChanged && change.isUpdate) return 'is replaced';
  return FATES[change.changeImpact] ?? (because.length > 0 ? 'may be replaced' : undefined);
}

function replacingProperties(type: string, { isUpdate, propertyUpdates }: ResourceDifference): readonly string[] {
  if (!isUpdate) return [];
  return Object.entries(propertyUpdates)
    .filter(([name, { changeImpact, isDifferent }]) => {
      return (changeImpact !== undefined && changeImpact in FATES) || (isDifferent && isFixed(type, name));
    })
    .map(([name]) => name);
}

/** Policies that kept a resource and do so no more: the next deletion or replacement would take it along. */
function policiesLetGo({ isUpdate, oldValue, newValue }: ResourceDifference): readonly string[] {
  if (!isUpdate) return [];
  return (['DeletionPolicy', 'UpdateReplacePolicy'] as const).filter(
    (policy) => oldValue?.[policy] === 'Retain' && newValue?.[policy] !== 'Retain',
  );
}

/** A new resource of the stack with the same properties, or the only new one of the type. */
function sameResource(
  { oldResourceType, oldProperties }: ResourceDifference,
  added: readonly (readonly [string, ResourceDifference])[],
): string | undefined {
  const candidates = added.filter(([, { newResourceType }]) => newResourceType === oldResourceType);
  const written = JSON.stringify(oldProperties);
  const equal = candidates.find(([, { newProperties }]) => JSON.stringify(newProperties) === written);
  return (equal ?? (candidates.length === 1 ? candidates[0] : undefined))?.[0];
}
