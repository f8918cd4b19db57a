/** What the picture of an environment shows: its regions with their clusters, and who calls whom on which port. */

import { resourcesOf } from '../../app/operator/assembly.ts';
import { endName, INTERNET } from './flows.ts';
import type { Machines } from './machines.ts';
import type { Topology } from './model.ts';
import { reachOf, type Subnet } from './network.ts';
import { type Party, partyOf } from './parties.ts';
import { readRing } from './ring.ts';

/** What stands in the picture. Other parties, such as endpoints, do not. */
const CLUSTERS = ['webhead', 'keysigner', 'dbwriter', 'log routers'] as const satisfies readonly Party[];
const PARTS = [...CLUSTERS, 'ring', 'search'] as const satisfies readonly Party[];

export type PartName = (typeof PARTS)[number];

/** A cluster, the ring or the search domain in a region. */
export interface Part {
  readonly name: PartName;
  /** What stands before its machines, and how many they are. */
  readonly lines: readonly string[];
  /** Each zone in which it stands, with what is there. */
  readonly zones: readonly { readonly zone: string; readonly things: readonly string[] }[];
  readonly isClosed: boolean;
}

export interface PictureRegion {
  readonly name: string;
  readonly cidr: string;
  readonly parts: readonly Part[];
}

export interface Arrow {
  readonly fromRegion: string;
  readonly from: PartName | typeof INTERNET;
  readonly toRegion: string;
  readonly to: PartName;
  readonly ports: readonly number[];
}

export interface PictureGraph {
  readonly title: string;
  readonly regions: readonly PictureRegion[];
  readonly arrows: readonly Arrow[];
}

export function pictureGraph(topology: Topology): PictureGraph {
  const { networks, stacks } = topology;
  return {
    title: stacks[0]?.environment ?? '',
    regions: networks.networks.map(({ stack, cidr }) => ({
      name: stack.region,
      cidr,
      parts: partsOf(topology, stack.region),
    })),
    arrows: arrowsOf(topology),
  };
}

function partsOf(topology: Topology, region: string): readonly Part[] {
  const clusters = CLUSTERS.flatMap((name) => {
    const own = topology.machines.filter(({ role, stack }) => partyOf(role) === name && stack.region === region);
    return own.length === 0 ? [] : [clusterPart(name, own, topology)];
  });
  const ring = readRing(topology).filter(({ dataCentre }) => dataCentre === region);
  const search = resourcesOf(topology.stacks, 'AWS::OpenSearchService::Domain').filter(
    ({ stack }) => stack.region === region,
  );
  const searchGroup = topology.groups.find(
    (group) => partyOf(group.name) === 'search' && group.stack.region === region,
  );
  return [
    ...clusters,
    ...(ring.length === 0
      ? []
      : [
          {
            name: 'ring' as const,
            lines: [
              ring.every(({ holdsClaimsOnly }) => holdsClaimsOnly)
                ? 'witness: claims only'
                : 'every node has a volume and an address for life',
            ],
            zones: ring.map(({ zone, name, address }) => ({ zone, things: [name, address] })),
            isClosed: isClosed(ring.flatMap(({ group }) => group.subnets)),
          },
        ]),
    ...search.map(() => ({
      name: 'search' as const,
      lines: ['OpenSearch and Dashboards, only here'],
      zones: zonesOf(searchGroup?.subnets ?? []),
      isClosed: isClosed(searchGroup?.subnets ?? []),
    })),
  ];
}

function clusterPart(name: PartName, machines: readonly Machines[], { balancers }: Topology): Part {
  const targets = machines.flatMap(({ targetGroups }) => targetGroups.map(({ id, stack }) => `${stack.name}/${id}`));
  const balancer = balancers.find(({ listeners }) => listeners.some((one) => targets.includes(one.targets?.key ?? '')));
  const count = (bound: 'machinesMin' | 'machinesMax') => machines.reduce((sum, machine) => sum + machine[bound], 0);
  const [least, most] = [count('machinesMin'), count('machinesMax')];
  const kind = balancer?.isPublic === true ? 'public balancer' : 'internal balancer';
  const subnets = machines.flatMap((machine) => machine.subnets);
  return {
    name,
    lines: [`${kind}, ${least === most ? least : `${least} to ${most}`} machines`],
    zones: zonesOf(subnets),
    isClosed: isClosed(subnets),
  };
}

function zonesOf(subnets: readonly Subnet[]): Part['zones'] {
  return [...new Set(subnets.map(({ zone }) => zone))].sort().map((zone) => ({ zone, things: [] }));
}

function isClosed(subnets: readonly Subnet[]): boolean {
  return subnets.length > 0 && subnets.every((subnet) => reachOf(subnet) === 'none');
}

/** Flows between parts; those within a part, from its balancer to its machines, are not shown. */
function arrowsOf({ flows }: Topology): readonly Arrow[] {
  const between = flows.flatMap((flow) => {
    const { from, to, fromPort } = flow;
    const [source, goal] = [partOf(endName(from)), partOf(endName(to))];
    if (typeof to === 'string' || goal === undefined || (from !== INTERNET && source === undefined)) return [];
    const toRegion = to.stack.region;
    const fromRegion = typeof from === 'string' ? toRegion : from.stack.region;
    if (source === goal && fromRegion === toRegion) return [];
    return [{ fromRegion, from: source ?? (INTERNET as typeof INTERNET), toRegion, to: goal, port: fromPort }];
  });
  const alike = Map.groupBy(between, ({ fromRegion, from, toRegion, to }) => [fromRegion, from, toRegion, to].join());
  return [...alike.values()].flatMap((own) => {
    const [first] = own;
    if (first === undefined) return [];
    const { fromRegion, from, toRegion, to } = first;
    const ports = [...new Set(own.map(({ port }) => port))].sort((left, right) => left - right);
    return [{ fromRegion, from, toRegion, to, ports }];
  });
}

function partOf(name: string): PartName | undefined {
  const party = partyOf(name);
  return PARTS.find((part) => part === party);
}
