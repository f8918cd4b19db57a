/** Networks as the templates lay them: subnets with their routes, the ways between regions, and the endpoints of AWS. */

import {
  type AssembledStack,
  items,
  type PlacedResource,
  type Properties,
  resourcesOf,
  type TemplateValue,
  tagOf,
} from '../../app/operator/assembly.ts';
import { covers, EVERYWHERE, prefixLength } from './cidr.ts';
import { keyOf, type Target, type Values } from './values.ts';

export interface Network extends PlacedResource {
  readonly key: string;
  readonly cidr: string;
}

/** Where a route leads. */
export type RouteKind = 'internet' | 'nat' | 'peering';

export interface Route extends PlacedResource {
  readonly destination: string;
  readonly kind: RouteKind;
  readonly through: Target;
}

export interface Subnet extends PlacedResource {
  readonly key: string;
  /** What stands in it, for example `keysigner`. */
  readonly kind: string;
  readonly cidr: string;
  /** For example `us-east-1a`. */
  readonly zone: string;
  readonly network: Network;
  readonly routes: readonly Route[];
}

export interface Peering extends PlacedResource {
  readonly key: string;
  readonly sides: readonly [Network, Network];
}

export interface Endpoint extends PlacedResource {
  /** As AWS names it, for example `secretsmanager`. */
  readonly service: string;
  readonly kind: 'Interface' | 'Gateway';
  readonly network: Network;
  /** Subnets in which it stands, or whose routes lead to it. */
  readonly subnets: readonly Subnet[];
}

export interface Networks {
  readonly networks: readonly Network[];
  readonly subnets: readonly Subnet[];
  readonly routes: readonly Route[];
  readonly peerings: readonly Peering[];
  readonly endpoints: readonly Endpoint[];
  /** The subnet that a value names. @throws RangeError when it names none. */
  subnet(value: TemplateValue | undefined, stack: AssembledStack): Subnet;
}

const TARGETS: readonly (readonly [string, RouteKind])[] = [
  ['GatewayId', 'internet'],
  ['NatGatewayId', 'nat'],
  ['VpcPeeringConnectionId', 'peering'],
];

/** @throws RangeError for a subnet without a route table, and for a route to what this model does not know. */
export function readNetworks(stacks: readonly AssembledStack[], values: Values): Networks {
  const networks = resourcesOf(stacks, 'AWS::EC2::VPC').map((place) => ({
    ...place,
    key: keyOf(place),
    cidr: String(place.resource.Properties?.['CidrBlock']),
  }));
  const network = (value: TemplateValue | undefined, stack: AssembledStack) =>
    named(networks, values.target(value, stack), `a network of ${stack.name}`);
  const routes = resourcesOf(stacks, 'AWS::EC2::Route').map((place) => readRoute(place, values));
  const tables = tablesOfSubnets(stacks, values);
  const subnets = resourcesOf(stacks, 'AWS::EC2::Subnet').map((place) => {
    const properties = place.resource.Properties ?? {};
    const table = tables.get(keyOf(place));
    if (table === undefined) throw new RangeError(`${keyOf(place)} has no route table`);
    return {
      ...place,
      key: keyOf(place),
      kind: tagOf(place.resource, 'Name')?.split(' ')[0] ?? 'unnamed',
      cidr: String(properties['CidrBlock']),
      zone: String(properties['AvailabilityZone'] ?? 'any'),
      network: network(properties['VpcId'], place.stack),
      routes: routes.filter((route) => tableOf(route, values) === table),
    };
  });
  const subnet = (value: TemplateValue | undefined, stack: AssembledStack) =>
    named(subnets, values.target(value, stack), `a subnet of ${stack.name}`);
  const peerings = resourcesOf(stacks, 'AWS::EC2::VPCPeeringConnection').map((place) => {
    const { VpcId: here, PeerVpcId: there } = place.resource.Properties ?? {};
    const sides = [network(here, place.stack), network(there, place.stack)] as const;
    return { ...place, key: keyOf(place), sides };
  });
  const endpoints = resourcesOf(stacks, 'AWS::EC2::VPCEndpoint').map((place) => {
    const properties = place.resource.Properties ?? {};
    const kind = properties['VpcEndpointType'] === 'Gateway' ? ('Gateway' as const) : ('Interface' as const);
    const tableKeys = items(properties['RouteTableIds']).map((one) => targetKey(one, place.stack, values));
    return {
      ...place,
      service: String(properties['ServiceName']).split('.').slice(3).join('.'),
      kind,
      network: network(properties['VpcId'], place.stack),
      subnets:
        kind === 'Gateway'
          ? subnets.filter(({ key }) => tableKeys.includes(tables.get(key) ?? ''))
          : items(properties['SubnetIds']).map((one) => subnet(one, place.stack)),
    };
  });
  return { networks, subnets, routes, peerings, endpoints, subnet };
}

/** `internet`: reached from outside. `nat`: calls out. `none`: no route to the internet at all. */
export function reachOf({ routes }: Subnet): 'internet' | 'nat' | 'none' {
  const out = routes.find(({ destination }) => destination === EVERYWHERE);
  return out === undefined || out.kind === 'peering' ? 'none' : out.kind;
}

/** Whether packets from one subnet find their way to another: within a network always, else by the longest route of the subnet. */
export function hasRoute({ peerings }: Networks, from: Subnet, to: Subnet): boolean {
  if (from.network === to.network) return true;
  const [route] = from.routes
    .filter(({ destination }) => covers(destination, to.cidr))
    .sort((left, right) => prefixLength(right.destination) - prefixLength(left.destination));
  if (route?.kind !== 'peering') return false;
  const peering = peerings.find(({ key }) => key === keyOf(route.through));
  return peering?.sides.includes(from.network) === true && peering.sides.includes(to.network);
}

function readRoute(place: PlacedResource, values: Values): Route {
  const properties = place.resource.Properties ?? {};
  for (const [property, kind] of TARGETS) {
    const through = values.target(properties[property], place.stack);
    if (through !== undefined)
      return { ...place, destination: String(properties['DestinationCidrBlock']), kind, through };
  }
  throw new RangeError(`${keyOf(place)} leads to nothing that is known: ${Object.keys(properties).join(', ')}`);
}

function tablesOfSubnets(stacks: readonly AssembledStack[], values: Values): ReadonlyMap<string, string> {
  return new Map(
    resourcesOf(stacks, 'AWS::EC2::SubnetRouteTableAssociation').map(({ stack, resource }) => {
      const { SubnetId: subnetId, RouteTableId: tableId }: Properties = resource.Properties ?? {};
      return [targetKey(subnetId, stack, values), targetKey(tableId, stack, values)] as const;
    }),
  );
}

function tableOf({ resource, stack }: Route, values: Values): string {
  return targetKey(resource.Properties?.['RouteTableId'], stack, values);
}

function targetKey(value: TemplateValue | undefined, stack: AssembledStack, values: Values): string {
  const target = values.target(value, stack);
  return target === undefined ? '' : keyOf(target);
}

function named<Kind extends { readonly key: string }>(
  all: readonly Kind[],
  target: Target | undefined,
  what: string,
): Kind {
  const found = target === undefined ? undefined : all.find(({ key }) => key === keyOf(target));
  if (found === undefined)
    throw new RangeError(`${what}: ${target === undefined ? 'a literal' : keyOf(target)} is none`);
  return found;
}
