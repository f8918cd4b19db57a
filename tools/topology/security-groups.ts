/** Security groups as the templates declare them: who bears each, where, and every rule of each. */

import {
  type AssembledStack,
  items,
  members,
  type PlacedResource,
  type Properties,
  resourcesOf,
  type TemplateValue,
} from '../../app/operator/assembly.ts';
import type { Machines } from './machines.ts';
import type { Networks, Subnet } from './network.ts';
import { keyOf, type Values } from './values.ts';

/** What has the addresses behind a group. */
export interface Bearer extends PlacedResource {
  readonly subnets: readonly Subnet[];
}

export interface SecurityGroup extends PlacedResource {
  readonly key: string;
  /** Who bears it, in the template's words: for example `keysigner machines`. */
  readonly name: string;
  readonly bearers: readonly Bearer[];
  /** Subnets in which its bearers stand. */
  readonly subnets: readonly Subnet[];
  readonly rules: readonly Rule[];
}

/** The other end of a rule: a group by its key, addresses, or a list of addresses that AWS keeps. */
export type Peer = { readonly group: string } | { readonly cidr: string } | { readonly prefixList: string };

export interface Rule extends PlacedResource {
  readonly way: 'in' | 'out';
  readonly group: string;
  readonly peer: Peer;
  readonly protocol: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly why: string;
}

const RULES: Readonly<Record<string, Rule['way']>> = {
  'AWS::EC2::SecurityGroupIngress': 'in',
  'AWS::EC2::SecurityGroupEgress': 'out',
};

export function readSecurityGroups(
  stacks: readonly AssembledStack[],
  values: Values,
  { networks, machines }: { readonly networks: Networks; readonly machines: readonly Machines[] },
): readonly SecurityGroup[] {
  const bearers = [...bearersOfMachines(machines), ...otherBearers(stacks, values, networks)];
  const rules = [...rulesBeside(stacks, values), ...rulesWithin(stacks, values)];
  return resourcesOf(stacks, 'AWS::EC2::SecurityGroup').map((place) => {
    const key = keyOf(place);
    const own = bearers.filter(({ groups }) => groups.includes(key));
    return {
      ...place,
      key,
      name: String(place.resource.Properties?.['GroupDescription']),
      bearers: own,
      subnets: [...new Set(own.flatMap(({ subnets }) => subnets))],
      rules: rules.filter(({ group }) => group === key),
    };
  });
}

type BearerOfGroups = Bearer & { readonly groups: readonly string[] };

function bearersOfMachines(machines: readonly Machines[]): readonly BearerOfGroups[] {
  return machines.map((machine) => ({ ...machine, groups: machine.groups.map(keyOf) }));
}

/** Where each kind of resource says its subnets and groups. */
const BEARERS: Readonly<Record<string, (properties: Properties) => readonly [TemplateValue[], TemplateValue[]]>> = {
  'AWS::ElasticLoadBalancingV2::LoadBalancer': (balancer) => [
    [...items(balancer['Subnets']), ...items(balancer['SubnetMappings']).map((one) => members(one)['SubnetId'] ?? '')],
    [...items(balancer['SecurityGroups'])],
  ],
  'AWS::EC2::VPCEndpoint': ({ SubnetIds: subnets, SecurityGroupIds: groups }) => [
    [...items(subnets)],
    [...items(groups)],
  ],
  'AWS::EC2::NetworkInterface': ({ SubnetId: subnet, GroupSet: groups }) => [[subnet ?? ''], [...items(groups)]],
  'AWS::OpenSearchService::Domain': ({ VPCOptions: options }) => [
    [...items(members(options)['SubnetIds'])],
    [...items(members(options)['SecurityGroupIds'])],
  ],
  'AWS::ImageBuilder::InfrastructureConfiguration': ({ SubnetId: subnet, SecurityGroupIds: groups }) => [
    [subnet ?? ''],
    [...items(groups)],
  ],
};

function otherBearers(
  stacks: readonly AssembledStack[],
  values: Values,
  networks: Networks,
): readonly BearerOfGroups[] {
  return resourcesOf(stacks, ...Object.keys(BEARERS)).map((place) => {
    const [subnets, groups] = BEARERS[place.resource.Type]?.(place.resource.Properties ?? {}) ?? [[], []];
    return {
      ...place,
      subnets: subnets.map((one) => networks.subnet(one, place.stack)),
      groups: groups.flatMap((one) => {
        const target = values.target(one, place.stack);
        return target === undefined ? [] : [keyOf(target)];
      }),
    };
  });
}

/** Rules that are resources of their own. */
function rulesBeside(stacks: readonly AssembledStack[], values: Values): readonly Rule[] {
  return resourcesOf(stacks, ...Object.keys(RULES)).map((place) => {
    const properties = place.resource.Properties ?? {};
    const way = RULES[place.resource.Type] ?? 'in';
    return readRule({ place, way, properties, group: groupKey(properties['GroupId'], place.stack, values) }, values);
  });
}

/** Rules in the group itself, but for the one that lets nothing through: no packet goes to the address of nobody. */
function rulesWithin(stacks: readonly AssembledStack[], values: Values): readonly Rule[] {
  return resourcesOf(stacks, 'AWS::EC2::SecurityGroup').flatMap((place) => {
    const { SecurityGroupIngress: ingress, SecurityGroupEgress: egress } = place.resource.Properties ?? {};
    const read = (way: Rule['way']) => (rule: TemplateValue) =>
      readRule({ place, way, properties: members(rule), group: keyOf(place) }, values);
    // Without a rule, CloudFormation lets a group send everything everywhere.
    const unsaid: Properties = { IpProtocol: '-1', CidrIp: '0.0.0.0/0', Description: 'no rule says otherwise' };
    const out = egress === undefined ? [unsaid] : items(egress).filter((rule) => !letsNothingOut(members(rule)));
    return [...items(ingress).map(read('in')), ...out.map(read('out'))];
  });
}

function letsNothingOut({ CidrIp: cidr, IpProtocol: protocol }: Properties): boolean {
  return cidr === '255.255.255.255/32' && protocol === 'icmp';
}

interface Written {
  readonly place: PlacedResource;
  readonly way: Rule['way'];
  readonly properties: Properties;
  readonly group: string;
}

function readRule({ place, way, properties, group }: Written, values: Values): Rule {
  const protocol = String(properties['IpProtocol']);
  return {
    ...place,
    way,
    group,
    peer: peerOf(way, properties, place.stack, values),
    protocol,
    fromPort: protocol === '-1' ? 0 : Number(properties['FromPort']),
    toPort: protocol === '-1' ? 65_535 : Number(properties['ToPort']),
    why: String(properties['Description'] ?? ''),
  };
}

function peerOf(way: Rule['way'], properties: Properties, stack: AssembledStack, values: Values): Peer {
  const side = way === 'in' ? 'Source' : 'Destination';
  const group = properties[`${side}SecurityGroupId`];
  if (group !== undefined) return { group: groupKey(group, stack, values) };
  const prefixList = properties[`${side}PrefixListId`];
  if (prefixList !== undefined) return { prefixList: values.text(prefixList, stack) };
  return { cidr: values.text(properties['CidrIp'], stack) };
}

function groupKey(value: TemplateValue | undefined, stack: AssembledStack, values: Values): string {
  const target = values.target(value, stack);
  if (target === undefined) throw new RangeError(`${stack.name} names a security group that is none of ours`);
  return keyOf(target);
}
