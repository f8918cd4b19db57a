/** What a role may do, as IAM decides it from the role's own statements: as far as our policies go. */

import type { IamRole, Statement } from '../../tools/topology/roles.ts';

export interface Request {
  readonly action: string;
  /** An ARN, in which what a deploy decides is written as in the statements of an `IamRole`. */
  readonly resource: string;
  /** What conditions look at. */
  readonly context?: Readonly<Record<string, string>>;
}

/** Whether some statement of a role allows a request. Our roles deny nothing. */
export function mayDo({ statements, key: role }: IamRole, { action, resource, context = {} }: Request): boolean {
  const denied = statements.find(({ effect }) => effect !== 'Allow');
  if (denied !== undefined)
    throw new Error(`${role}: this decides only what is allowed, got ${JSON.stringify(denied)}`);
  return statements.some(
    ({ actions, resources, conditions }) =>
      actions.some((pattern) => matches(pattern, action)) &&
      resources.some((pattern) => matches(pattern, resource)) &&
      conditions.every((condition) => holds(condition, context)),
  );
}

function holds(
  { operator, key, values }: Statement['conditions'][number],
  context: Readonly<Record<string, string>>,
): boolean {
  if (!['Bool', 'StringEquals', 'ForAnyValue:StringEquals'].includes(operator)) {
    throw new Error(`this knows no condition ${operator}`);
  }
  return values.includes(context[key] ?? '(nothing)');
}

function matches(pattern: string, text: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`).test(text);
}
