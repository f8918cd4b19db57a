/** How a fault in the data of the environments is told: one line with path, value and what is allowed. */

import type { z } from 'zod';

const VALUE_LENGTH_MAX = 120;

/** One fault: `got` is undefined where the value is missing. */
export interface Fault {
  readonly path: string;
  readonly got: unknown;
  readonly rule: string;
}

/** One line, for example `prod.account: got "12", must be twelve digits`. */
export function faultLine({ path, got, rule }: Fault): string {
  if (got === undefined) return `${path}: is missing, ${rule}`;
  const value = JSON.stringify(got);
  const shown = value.length > VALUE_LENGTH_MAX ? `${value.slice(0, VALUE_LENGTH_MAX)}...` : value;
  return `${path}: got ${shown}, ${rule}`;
}

/** What a schema found. */
export interface SchemaFaults {
  readonly faults: readonly Fault[];
  /** Whether every part has the type it should have, so that rules can be asked although some value is wrong. */
  readonly isShaped: boolean;
}

/**
 * Turns what a schema found into faults.
 * @param label what the value is called, for example `prod`.
 */
export function schemaFaults(label: string, value: unknown, issues: readonly z.core.$ZodIssue[]): SchemaFaults {
  const told = issues.flatMap(unwrapUnion);
  return {
    faults: told.flatMap((issue) => toFaults(label, value, issue)),
    isShaped: told.every(({ code }) => CODES_OF_VALUES.includes(code)),
  };
}

/** What can be wrong with a value whose type is right. A key too many hides nothing from the rules either. */
const CODES_OF_VALUES: readonly string[] = ['invalid_format', 'too_small', 'too_big', 'custom', 'unrecognized_keys'];

/** A union that failed says so once for each branch: only the branch whose keys were meant is worth telling. */
function unwrapUnion(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const meant = issue.errors.filter((branch) => branch.length > 0 && !branch.some(isAboutWholeBranch));
  const [only] = meant;
  if (only === undefined || meant.length > 1) return [issue];
  return only.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })).flatMap(unwrapUnion);
}

function isAboutWholeBranch({ code, path }: z.core.$ZodIssue): boolean {
  return path.length === 0 && (code === 'unrecognized_keys' || code === 'invalid_type');
}

function toFaults(label: string, value: unknown, issue: z.core.$ZodIssue): readonly Fault[] {
  const path = pathText(label, issue.path);
  const got = valueAt(value, issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: `${path}.${key}`, got: valueAt(got, [key]), rule: 'is no setting' }));
  }
  return [{ path, got, rule: `must be ${allowedText(issue)}` }];
}

/** An object says nothing of its own on what is allowed: a reader of its fault looks at the schema. */
function allowedText(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => message).join(' and ');
  return issue.code === 'invalid_type' && issue.expected === 'object' ? 'an object' : issue.message;
}

function pathText(label: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => text + (typeof key === 'number' ? `[${key}]` : `.${String(key)}`), label);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}
