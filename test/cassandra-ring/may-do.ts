/** What a role of a template may do, as IAM decides it from the role's own statements: as far as our policies go. */

import type { Resource } from './data-stacks.ts';

export interface Request {
  readonly action: string;
  /** An ARN, in which `${Id}` stands for what the template's resource of that id is called. */
  readonly resource: string;
  /** What conditions look at. */
  readonly context?: Readonly<Record<string, string>>;
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** Whether some statement of a role allows a request. Our roles deny nothing. */
export function mayDo(role: Resource, request: Request): boolean {
  return statementsOf(role).some(
    ({ Action, Resource: resources, Condition = {} }) =>
      listOf(Action).some((action) => matches(action, request.action)) &&
      listOf(resources).some((resource) => matches(textOf(resource), request.resource)) &&
      Object.entries(Condition).every(([operator, wanted]) => holds(operator, wanted, request.context ?? {})),
  );
}

function statementsOf(role: Resource): readonly Statement[] {
  const policies = role.Properties.Policies as readonly {
    readonly PolicyDocument: { readonly Statement: Statement[] };
  }[];
  const statements = policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  const denied = statements.find(({ Effect }) => Effect !== 'Allow');
  if (denied !== undefined) throw new Error(`this decides only what is allowed, got ${JSON.stringify(denied)}`);
  return statements;
}

function holds(
  operator: string,
  wanted: Readonly<Record<string, string | readonly string[]>>,
  context: Readonly<Record<string, string>>,
): boolean {
  if (!['Bool', 'StringEquals', 'ForAnyValue:StringEquals'].includes(operator)) {
    throw new Error(`this knows no condition ${operator}`);
  }
  return Object.entries(wanted).every(([key, values]) => listOf(values).includes(context[key] ?? '(nothing)'));
}

function matches(pattern: string, text: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`).test(text);
}

/** A value of a template as text, with references as `${Id}`. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const { Ref: ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Record<string, unknown>;
  if (typeof ref === 'string') return `\${${ref}}`;
  if (Array.isArray(attribute)) return `\${${attribute[0]}}`;
  if (Array.isArray(join)) return (join[1] as readonly unknown[]).map(textOf).join(join[0] as string);
  throw new Error(`no text: ${JSON.stringify(value)}`);
}

function listOf<Value>(value: Value | readonly Value[]): readonly Value[] {
  return Array.isArray(value) ? value : [value as Value];
}
