/** The ring as its nodes' user data tells them, and which quorums remain when a part of it is lost. */

import { items, members, type PlacedResource, resourcesOf, tagOf } from '../../app/operator/assembly.ts';
import { carries } from './flows.ts';
import type { Machines } from './machines.ts';
import type { Topology } from './model.ts';
import type { SecurityGroup } from './security-groups.ts';
import { keyOf } from './values.ts';

const STORAGE_PORT = 7000;

export interface RingNode {
  readonly name: string;
  readonly address: string;
  /** The region, by Cassandra's name for it. */
  readonly dataCentre: string;
  readonly rack: string;
  /** The zone of its machine, for example `us-east-1a`. */
  readonly zone: string;
  /** Addresses of its seeds. */
  readonly seeds: readonly string[];
  readonly replicationFactor: number;
  /** Whether it holds the claims only, as a witness does. */
  readonly holdsClaimsOnly: boolean;
  readonly machines: Machines;
  /** The interface of its address, and its volume: where they stand. */
  readonly interfaceZone: string;
  readonly volumeZone: string;
  readonly group: SecurityGroup;
}

/** @throws RangeError for a node whose interface or volume is not there, or is there twice. */
export function readRing({ stacks, machines, networks, groups, values }: Topology): readonly RingNode[] {
  return machines
    .filter(({ role }) => role === 'ring-node')
    .map((machine) => {
      const { 'ring-node': told = {}, attach = {} } = machine.userData.files;
      const one = (type: string, tag: string | undefined) =>
        taggedResource(resourcesOf(stacks, type), tag, told['RING_NODE_NAME']);
      const ownInterface = one('AWS::EC2::NetworkInterface', told['RING_NODE_INTERFACE_TAG']);
      const volume = one('AWS::EC2::Volume', attach['ATTACH_VOLUME_TAG']);
      const {
        SubnetId: subnetId,
        GroupSet: groupSet,
        PrivateIpAddress: address,
      } = ownInterface.resource.Properties ?? {};
      const groupTarget = values.target(items(groupSet)[0], ownInterface.stack);
      const group = groups.find(({ key }) => groupTarget !== undefined && key === keyOf(groupTarget));
      if (group === undefined) throw new RangeError(`${keyOf(ownInterface)} bears no group of ours`);
      return {
        name: told['RING_NODE_NAME'] ?? '',
        address: String(address),
        dataCentre: told['RING_NODE_DATA_CENTRE'] ?? '',
        rack: told['RING_NODE_RACK'] ?? '',
        zone: [...new Set(machine.subnets.map(({ zone }) => zone))].join(','),
        seeds: (told['RING_NODE_SEEDS'] ?? '').split(','),
        replicationFactor: Number(told['RING_NODE_REPLICATION_FACTOR']),
        holdsClaimsOnly: told['RING_NODE_HOLDS'] === 'claims',
        machines: machine,
        interfaceZone: networks.subnet(subnetId, ownInterface.stack).zone,
        volumeZone: String(volume.resource.Properties?.['AvailabilityZone']),
        group,
      };
    });
}

/** What is gone. */
export interface Loss {
  readonly zones?: readonly string[];
  readonly regions?: readonly string[];
  /** Pairs of regions that cannot reach each other, whoever of them asks. */
  readonly links?: readonly (readonly [string, string])[];
}

/** What a region's services can still do. */
export interface Quorums {
  /** Everything but claims, in the region itself. */
  readonly localQuorum: boolean;
  /** Claims: creation, password sets and deletion of accounts. */
  readonly serial: boolean;
}

/**
 * What each region that serves can still do, by its name; a lost region is not among them. Replicas are spread evenly over racks, and each
 * rack of a row holds as many as any other: rules on regions see to it.
 * @param flows by which nodes reach each other: regions whose nodes cannot are no help to each other.
 */
export function quorumsAfter(
  nodes: readonly RingNode[],
  flows: Topology['flows'],
  { zones = [], regions = [], links = [] }: Loss,
): Readonly<Record<string, Quorums>> {
  const byCentre = Map.groupBy(nodes, ({ dataCentre }) => dataCentre);
  const centres = [...byCentre.keys()];
  const replicasLeft = (centre: string) => {
    const own = byCentre.get(centre) ?? [];
    const racks = new Set(own.map(({ rack }) => rack));
    const racksLeft = new Set(own.filter(({ zone }) => !zones.includes(zone)).map(({ rack }) => rack));
    return regions.includes(centre) ? 0 : (replicasOf(own) * racksLeft.size) / racks.size;
  };
  const isLinked = (here: string, there: string) =>
    here === there ||
    (!links.some((link) => link.includes(here) && link.includes(there)) &&
      speak(byCentre.get(here), byCentre.get(there), flows) &&
      speak(byCentre.get(there), byCentre.get(here), flows));
  const all = centres.map((centre) => replicasOf(byCentre.get(centre) ?? [])).reduce((sum, count) => sum + count, 0);
  const serving = centres.filter((centre) => byCentre.get(centre)?.every((node) => !node.holdsClaimsOnly));
  return Object.fromEntries(
    serving
      .filter((centre) => !regions.includes(centre))
      .map((centre) => {
        const reached = centres.filter((other) => isLinked(centre, other)).map(replicasLeft);
        const localQuorum = replicasLeft(centre) >= majority(replicasOf(byCentre.get(centre) ?? []));
        return [centre, { localQuorum, serial: reached.reduce((sum, count) => sum + count, 0) >= majority(all) }];
      }),
  );
}

function speak(from: readonly RingNode[] = [], to: readonly RingNode[] = [], flows: Topology['flows']): boolean {
  return from.every(({ group: here }) =>
    to.every(({ group: there }) =>
      flows.some((flow) => flow.from === here && flow.to === there && carries(flow, STORAGE_PORT)),
    ),
  );
}

function replicasOf([first]: readonly RingNode[]): number {
  return first?.replicationFactor ?? 0;
}

function majority(replicas: number): number {
  return Math.floor(replicas / 2) + 1;
}

/** @param tag `key=value`, as a machine looks for it. */
function taggedResource(places: readonly PlacedResource[], tag = '', node = ''): PlacedResource {
  const at = tag.indexOf('=');
  const found = places.filter(({ resource }) => tagOf(resource, tag.slice(0, at)) === tag.slice(at + 1));
  const [first, second] = found;
  if (first === undefined || second !== undefined) {
    throw new RangeError(`${node} looks for ${tag}, which ${found.length} resources have; allowed: one`);
  }
  return first;
}

/** The literal values of a resource's tag specifications, which machines are given. */
export function machineTag({ launchData }: Machines, key: string): string | undefined {
  const tags = items(launchData['TagSpecifications'])
    .map(members)
    .filter(({ ResourceType: type }) => type === 'instance')
    .flatMap(({ Tags: list }) => items(list).map(members));
  const value = tags.find((tag) => tag['Key'] === key)?.['Value'];
  return typeof value === 'string' ? value : undefined;
}
