/** Who can open a connection to whom: what security groups at both ends let through, where routes lead there and back. */

import { covers, EVERYWHERE } from './cidr.ts';
import { hasRoute, type Networks, reachOf } from './network.ts';
import type { Rule, SecurityGroup } from './security-groups.ts';

/** An end of a flow that is no group of ours. */
export const INTERNET = 'internet';
const S3 = 'S3';

export interface Flow {
  /** A group, or the internet. */
  readonly from: SecurityGroup | typeof INTERNET;
  /** A group, the internet, or S3 through its gateway endpoint. */
  readonly to: SecurityGroup | typeof INTERNET | typeof S3;
  readonly fromPort: number;
  readonly toPort: number;
  /** The rules that let it through, of either end. */
  readonly rules: readonly Rule[];
}

/** Every flow between groups, and with the internet and S3. */
export function readFlows(groups: readonly SecurityGroup[], networks: Networks): readonly Flow[] {
  const within = groups.flatMap((from) => groups.flatMap((to) => flowsBetween(from, to, networks)));
  return merged([
    ...within,
    ...groups.flatMap(flowsWithInternet),
    ...groups.flatMap((group) => flowsToS3(group, networks)),
  ]);
}

/** The words of a template for an end of a flow. */
export function endName(end: Flow['from'] | Flow['to']): string {
  return typeof end === 'string' ? end : end.name;
}

/** Whether a flow lets a port through. */
export function carries({ fromPort, toPort }: Flow, port: number): boolean {
  return fromPort <= port && port <= toPort;
}

/** Rules by which nothing goes: the other end has no rule for it, nobody bears it, or no route leads there. */
export function unusedRules(groups: readonly SecurityGroup[], flows: readonly Flow[]): readonly Rule[] {
  const used = new Set(flows.flatMap(({ rules }) => rules));
  return groups.flatMap(({ rules }) => rules).filter((rule) => !used.has(rule));
}

function flowsBetween(from: SecurityGroup, to: SecurityGroup, networks: Networks): readonly Flow[] {
  const outs = from.rules.filter((rule) => rule.way === 'out' && names(rule, to));
  if (outs.length === 0) return [];
  const ins = to.rules.filter((rule) => rule.way === 'in' && names(rule, from));
  if (ins.length === 0 || !hasWayBothWays(from, to, networks)) return [];
  return outs.flatMap((out) =>
    ins.flatMap((into) => {
      const fromPort = Math.max(out.fromPort, into.fromPort);
      const toPort = Math.min(out.toPort, into.toPort);
      // What both ends open to everybody goes by public addresses, over the internet.
      const isDirect = !isOpen(out) || !isOpen(into);
      const fits = fromPort <= toPort && speakTheSame(out, into);
      return fits && isDirect ? [{ from, to, fromPort, toPort, rules: [out, into] }] : [];
    }),
  );
}

/** One flow for each pair of ends and ports, whichever rules let it through. */
function merged(flows: readonly Flow[]): readonly Flow[] {
  const keyOfEnd = (end: Flow['from'] | Flow['to']) => (typeof end === 'string' ? end : end.key);
  const byEnds = Map.groupBy(flows, ({ from, to, fromPort, toPort }) =>
    [keyOfEnd(from), keyOfEnd(to), fromPort, toPort].join(' '),
  );
  return [...byEnds.values()].flatMap((same) => {
    const [first] = same;
    return first === undefined ? [] : [{ ...first, rules: [...new Set(same.flatMap(({ rules }) => rules))] }];
  });
}

function isOpen({ peer }: Rule): boolean {
  return 'cidr' in peer && peer.cidr === EVERYWHERE;
}

/** Whether a rule's other end is the group, by its name or by the addresses at which it is borne. */
function names({ peer }: Rule, group: SecurityGroup): boolean {
  if ('group' in peer) return peer.group === group.key;
  return 'cidr' in peer && group.subnets.some(({ cidr }) => covers(peer.cidr, cidr));
}

function hasWayBothWays(from: SecurityGroup, to: SecurityGroup, networks: Networks): boolean {
  return from.subnets.some((here) =>
    to.subnets.some((there) => hasRoute(networks, here, there) && hasRoute(networks, there, here)),
  );
}

function speakTheSame(out: Rule, into: Rule): boolean {
  return out.protocol === into.protocol || out.protocol === '-1' || into.protocol === '-1';
}

function flowsWithInternet(group: SecurityGroup): readonly Flow[] {
  const callsOut = group.subnets.some((subnet) => reachOf(subnet) !== 'none');
  const isReached = group.subnets.some((subnet) => reachOf(subnet) === 'internet');
  const flows: Flow[] = [];
  for (const rule of group.rules.filter(isOpen)) {
    const { way, fromPort, toPort } = rule;
    if (way === 'out' && callsOut) flows.push({ from: group, to: INTERNET, fromPort, toPort, rules: [rule] });
    if (way === 'in' && isReached) flows.push({ from: INTERNET, to: group, fromPort, toPort, rules: [rule] });
  }
  return flows;
}

/** Towards a list of addresses that AWS keeps, where a gateway endpoint gives the sender's subnets a route to it. */
function flowsToS3(group: SecurityGroup, { endpoints }: Networks): readonly Flow[] {
  const gateways = endpoints.filter(({ kind, service }) => kind === 'Gateway' && service === 's3');
  const isRouted = group.subnets.every((subnet) => gateways.some(({ subnets }) => subnets.includes(subnet)));
  if (!isRouted || group.subnets.length === 0) return [];
  return group.rules
    .filter(({ way, peer }) => way === 'out' && 'prefixList' in peer)
    .map((rule) => ({ from: group, to: S3, fromPort: rule.fromPort, toPort: rule.toPort, rules: [rule] }));
}
