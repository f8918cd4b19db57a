/** docs/flow-matrix.md: who may open a connection to whom, on which port and why, as the templates have it. */

import { endName, type Flow } from './flows.ts';
import type { Topology } from './model.ts';
import { PARTIES, type Party, partyOf } from './parties.ts';

/** A flow of an environment, whatever the regions in which it is found. */
export interface MatrixRow {
  readonly from: string;
  readonly to: string;
  readonly port: string;
  readonly why: string;
  /** Regions, or pairs of them. */
  readonly where: string;
}

/** Every flow of an environment, folded over its regions. */
export function matrixRows({ flows, stacks }: Topology): readonly MatrixRow[] {
  const regions = [...new Set(stacks.map(({ region }) => region))];
  const alike = Map.groupBy(flows, (flow) => `${endName(flow.from)}\0${endName(flow.to)}\0${portOf(flow)}`);
  return [...alike.values()]
    .flatMap((own): readonly MatrixRow[] => {
      const [flow] = own;
      if (flow === undefined) return [];
      return [
        {
          from: endName(flow.from),
          to: endName(flow.to),
          port: portOf(flow),
          why: whyOf(own),
          where: placesOf(own, regions),
        },
      ];
    })
    .sort((left, right) => orderOf(left) - orderOf(right) || (textOf(left) < textOf(right) ? -1 : 1));
}

/** @param environments the model of each by its name, in the order of the page; the first of two regions is told whole. */
export function flowMatrixPage({
  dev,
  loadtest,
  prod,
}: Readonly<Record<'dev' | 'loadtest' | 'prod', Topology>>): string {
  const [all, tested, box] = [matrixRows(prod), matrixRows(loadtest), matrixRows(dev)];
  const has = (rows: readonly MatrixRow[], row: MatrixRow) => rows.some((one) => textOf(one) === textOf(row));
  return [
    '# Who may open a connection to whom',
    '',
    'Written from the templates by `npm run docs`; a test fails when it is not current, and when it says more than it should.',
    'A line stands here only when the rules of both ends let it through and routes lead there and back. All of it is TCP.',
    'What is not here does not go through: no SSH, no management port of Cassandra, nothing from the internet but to balancers.',
    '',
    '## prod at a glance',
    '',
    'Ports by who opens the connection (columns) and to whom (rows). A balancer is told with the machines behind it: where both',
    'are the same, it is the balancer that calls its machines, or ring nodes that speak among themselves.',
    '',
    ...grid(all),
    '',
    '## prod',
    '',
    ...table(all),
    '',
    '## loadtest, where it differs from prod',
    '',
    ...table(tested.filter((row) => !has(all, row))),
    '',
    `And these are not there: ${list(all.filter((row) => !has(tested, row)))}.`,
    '',
    '## dev',
    '',
    ...table(box),
    '',
  ].join('\n');
}

function grid(rows: readonly MatrixRow[]): readonly string[] {
  const senders = partiesIn(rows.map(({ from }) => from));
  const receivers = partiesIn(rows.map(({ to }) => to));
  const cell = (to: Party, from: Party) => {
    const ports = rows.filter((row) => partyOf(row.from) === from && partyOf(row.to) === to).map(({ port }) => port);
    return [...new Set(ports)].join(', ');
  };
  return [
    `| to \\ from | ${senders.join(' | ')} |`,
    `|---|${senders.map(() => '---|').join('')}`,
    ...receivers.map((to) => `| **${to}** | ${senders.map((from) => cell(to, from)).join(' | ')} |`),
  ];
}

function table(rows: readonly MatrixRow[]): readonly string[] {
  return [
    '| from | to | port | why | where |',
    '|---|---|---|---|---|',
    ...rows.map(({ from, to, port, why, where }) => `| ${from} | ${to} | ${port} | ${why} | ${where} |`),
  ];
}

function list(rows: readonly MatrixRow[]): string {
  return rows.map(({ from, to, port }) => `${from} to ${to} on ${port}`).join('; ');
}

function partiesIn(names: readonly string[]): readonly Party[] {
  const found = new Set(names.map(partyOf));
  return PARTIES.filter((party) => found.has(party));
}

function orderOf({ from }: MatrixRow): number {
  return PARTIES.indexOf(partyOf(from));
}

/** Without where: the same flow of two environments is in other regions. */
function textOf({ from, to, port }: MatrixRow): string {
  return `${from} ${to} ${port}`;
}

function portOf({ fromPort, toPort }: Flow): string {
  return fromPort === toPort ? String(fromPort) : `${fromPort}-${toPort}`;
}

/** In the sender's words, without what only tells one region from another. Of several rules the narrowest speaks. */
function whyOf(flows: readonly Flow[]): string {
  const words = flows.flatMap(({ rules }) => {
    const narrow = rules.filter(({ way, peer }) => way === 'out' && 'group' in peer);
    const out = narrow.length > 0 ? narrow : rules.filter(({ way }) => way === 'out');
    return (out.length > 0 ? out : rules).map(({ why }) => why);
  });
  const told = words.map((why) => why.replace(/ (with|of) [a-z]{2}-[a-z]+-\d$/, ''));
  return [...new Set(told)].join('; ');
}

function placesOf(flows: readonly Flow[], regions: readonly string[]): string {
  const pairs = flows.map(({ from, to }) => {
    const [here, there] = [from, to].map((end) => (typeof end === 'string' ? undefined : end.stack.region));
    return [here ?? there ?? '', there ?? here ?? ''] as const;
  });
  const within = pairs.filter(([here, there]) => here === there).map(([here]) => here);
  const between = pairs.filter(([here, there]) => here !== there);
  const isEverywhere = between.length === regions.length * (regions.length - 1) && between.length > 0;
  return [
    ...(within.length > 0 ? [[...new Set(within)].join(', ')] : []),
    ...(isEverywhere ? ['between all regions'] : between.map(([here, there]) => `${here} to ${there}`)),
  ].join('; ');
}
