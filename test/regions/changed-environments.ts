/** The real environments with values changed, so that a test can say of one change which faults it makes. */

import { dev } from '../../regions/dev.ts';
import { environmentFaults } from '../../regions/environments.ts';
import { loadtest } from '../../regions/loadtest.ts';
import { prod } from '../../regions/prod.ts';
import recordedImages from '../../regions/recorded-images.json' with { type: 'json' };

/** New values by path, for example `{ 'prod.regions[0].cidr': '10.21.0.0/16' }`; undefined takes a value away. */
export type Changes = Readonly<Record<string, unknown>>;

const ORIGINAL = { dev, loadtest, prod, 'recorded-images': recordedImages };

/** A copy of the environments, in their order, and of the record of images. */
export function changedEnvironments(changes: Changes): { environments: readonly unknown[]; recorded: unknown } {
  const copy: Record<string, unknown> = structuredClone(ORIGINAL);
  for (const [path, value] of Object.entries(changes)) change(copy, path, value);
  const { 'recorded-images': recorded, ...environments } = copy;
  return { environments: Object.values(environments), recorded };
}

/** The faults that changes make. */
export function faultsAfter(changes: Changes): readonly string[] {
  const { environments, recorded } = changedEnvironments(changes);
  return environmentFaults(environments, recorded);
}

/** The paths of all values that are neither lists nor objects. */
export function leafPaths(): readonly string[] {
  return Object.entries(ORIGINAL).flatMap(([name, value]) => leavesBelow(name, value));
}

function leavesBelow(path: string, value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => leavesBelow(`${path}[${index}]`, item));
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leavesBelow(`${path}.${key}`, inner));
}

function change(root: object, path: string, value: unknown): void {
  const keys = path.replaceAll(/\[(\d+)\]/g, '.$1').split('.');
  const last = keys.pop() ?? '';
  const parent = keys.reduce<object>((inner, key) => {
    const next: unknown = Reflect.get(inner, key);
    // A misspelt path would change nothing, and the test would prove nothing.
    if (typeof next !== 'object' || next === null) throw new Error(`no ${key} in ${path}`);
    return next;
  }, root);
  if (value === undefined && !Array.isArray(parent)) Reflect.deleteProperty(parent, last);
  else if (value === undefined && Array.isArray(parent)) parent.splice(Number(last), 1);
  else Reflect.set(parent, last, value);
}
