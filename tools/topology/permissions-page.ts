/** docs/permissions.md: who may do what of AWS, as the roles and policies in the templates have it. */

import type { AssembledStack } from '../../app/operator/assembly.ts';
import type { Topology } from './model.ts';
import { readableText, referenceName } from './readable.ts';
import { type IamRole, readResourcePolicies, readRoles, type Statement } from './roles.ts';
import type { Target } from './values.ts';

interface Row {
  readonly who: string;
  readonly actions: string;
  readonly resources: string;
  readonly conditions: string;
}

/** Machines first, in the order of a request; all others follow by name. */
const ORDER = ['webhead', 'keysigner', 'dbwriter', 'ring', 'log-router', 'generators', 'mail sink', 'box'];

/** @param environments the model of each by its name; `releases` are those of no environment. */
export function permissionsPage(environments: Readonly<Record<string, Topology>>): string {
  const roles = folded(environments, (topology) =>
    readRoles(topology.stacks, topology.values, referenceName).map((role) => ({
      title: titleOf(role),
      lead: leadOf(role),
      rows: role.statements.map((statement) => rowOf(statement, role.stack)),
    })),
  );
  const resources = folded(environments, (topology) =>
    readResourcePolicies(topology.stacks, topology.values, referenceName).map(({ stack, statements, ...place }) => ({
      title: resourceTitle(statements, { stack, attribute: 'Ref', ...place }),
      lead: '',
      rows: statements.map((statement) => rowOf(statement, stack)),
    })),
  );
  return [
    '# Who may do what',
    '',
    'Written from the templates by `npm run docs`; a test fails when it is not current. One role for each role of machines, with',
    'exactly what it reads, signs or attaches; nothing that is not here is allowed. ENV, REGION, ACCOUNT and ZONE stand for the',
    "environment's own, `ring-N` for each ring node, and `in` names the environments where a line is not found in all that have the role.",
    '',
    '## Roles',
    '',
    ...roles.sort(byOrder).flatMap((section) => sectionLines(section, false)),
    '## Policies on resources',
    '',
    'What a resource itself allows or denies, whoever asks.',
    '',
    ...resources.sort(byOrder).flatMap((section) => sectionLines(section, true)),
  ].join('\n');
}

interface Told {
  readonly title: string;
  readonly lead: string;
  readonly rows: readonly Row[];
}

interface Section {
  readonly title: string;
  readonly lead: string;
  readonly environments: readonly string[];
  readonly rows: readonly (Row & { readonly environments: readonly string[] })[];
}

/** Sections of one title in all environments and regions become one, and so do equal rows of it. */
function folded(
  environments: Readonly<Record<string, Topology>>,
  tell: (topology: Topology) => readonly Told[],
): Section[] {
  const told = Object.entries(environments).flatMap(([environment, topology]) =>
    tell(topology).map((one) => ({ environment, ...one })),
  );
  return [...Map.groupBy(told, ({ title }) => title)].map(([title, own]) => {
    const rows = own.flatMap(({ environment, rows: all }) => all.map((row) => ({ environment, row })));
    return {
      title,
      lead: own[0]?.lead ?? '',
      environments: [...new Set(own.map(({ environment }) => environment))],
      rows: [...Map.groupBy(rows, ({ row }) => JSON.stringify(row)).values()].flatMap((alike) => {
        const [first] = alike;
        return first === undefined
          ? []
          : [{ ...first.row, environments: [...new Set(alike.map(({ environment }) => environment))] }];
      }),
    };
  });
}

function sectionLines({ title, lead, environments, rows }: Section, hasPrincipals: boolean): readonly string[] {
  const isSame = (own: readonly string[]) => own.length === environments.length;
  const told = rows.map(({ who, actions, resources, conditions, environments: own }) => {
    const cells = [...(hasPrincipals ? [who] : []), actions, resources, conditions, isSame(own) ? '' : own.join(', ')];
    return `| ${cells.join(' | ')} |`;
  });
  const heads = [...(hasPrincipals ? ['who'] : []), 'may', 'on', 'if', 'in'];
  const about = [lead, `In ${environments.join(', ')}.`].filter((text) => text !== '').join(' ');
  if (told.length === 0) return [`### ${title}`, '', about, ''];
  return [
    `### ${title}`,
    '',
    about,
    '',
    `| ${heads.join(' | ')} |`,
    `|${heads.map(() => '---|').join('')}`,
    ...told,
    '',
  ];
}

function titleOf({ description, stack }: IamRole): string {
  const text = readableText(description, stack);
  return text.replace(/ of ENV in REGION$/, '').replace(/ in REGION$/, '');
}

/** A policy that is a resource of its own is known by what it is about; within a resource's own policy `*` is that resource. */
function resourceTitle(statements: readonly Statement[], place: Target): string {
  const about = statements[0]?.resources[0] ?? '*';
  return about === '*' ? referenceName(place) : readableText(about, place.stack).replace(/\/\*$/, '');
}

function leadOf({ trusted, managedPolicies, statements }: IamRole): string {
  const takers = [...new Set(trusted.flatMap(({ principals }) => principals))].map((one) => `\`${one}\``).join(', ');
  const managed = managedPolicies.map((arn) => `\`${arn.split('/').at(-1)}\``).join(', ');
  return [
    `Taken by ${takers}.`,
    managed === '' ? '' : `With AWS's own ${managed}.`,
    managed === '' && statements.length === 0 ? 'It may do nothing.' : '',
  ]
    .filter((text) => text !== '')
    .join(' ');
}

function rowOf({ effect, principals, actions, resources, conditions }: Statement, stack: AssembledStack): Row {
  const code = (texts: readonly string[]) =>
    [...new Set(texts.map((text) => `\`${readableText(text, stack)}\``))].join('<br>');
  return {
    who: code(principals),
    actions: `${effect === 'Deny' ? '**must not** ' : ''}${code(actions)}`,
    resources: code(resources),
    conditions: conditions
      .map(({ operator, key, values }) => `\`${key}\` ${wordsOf(operator)} ${code(values)}`)
      .join('<br>and '),
  };
}

/** An operator of IAM's in words. */
function wordsOf(operator: string): string {
  const words: Readonly<Record<string, string>> = {
    Bool: 'is',
    StringEquals: 'is',
    ArnEquals: 'is',
    StringLike: 'is like',
    'ForAnyValue:StringEquals': 'has',
  };
  return words[operator] ?? operator;
}

function byOrder(left: Section, right: Section): number {
  const place = ({ title }: Section) => {
    const found = ORDER.findIndex((word) => title.startsWith(word));
    return found < 0 ? ORDER.length : found;
  };
  return place(left) - place(right) || (left.title < right.title ? -1 : 1);
}
