/** What the ring's nodes are told of the ring, and how large they are: the same arithmetic for every region. */

import { readRingNodeConfig } from '../../app/cassandra-node/config.ts';
import { isWitness, servingRegions, twoRegionsOf } from '../../regions/derived.ts';
import type { Environment, Region, RingNode, Zone } from '../../regions/schema.ts';
import { type Settings, textSettings } from '../machine/user-data.ts';
import { secretReference } from '../names.ts';
import { CQL_PORT, HEALTH_PORT, STORAGE_PORT } from '../ports.ts';

/** Where a node's volume is mounted: the ring image prepares it. */
export const DATA_FOLDER = '/var/lib/cassandra';
/** The witness has one node. */
const WITNESS_REPLICAS = 1;

export interface RingNodeSize {
  readonly instanceType: string;
  readonly volumeGiB: number;
}

/** How large the ring nodes of a region are. */
export function ringNodeSize(environment: Environment, region: Region): RingNodeSize {
  const { ring, witness } = twoRegionsOf(environment);
  return isWitness(environment, region) && 'region' in witness ? witness : ring;
}

/** The zone of a ring node. @throws RangeError when its region has none of that name: a rule on regions forbids it. */
export function zoneOf(region: Region, { name, zone: zoneName }: RingNode): Zone {
  const zone = region.zones.find((one) => one.name === zoneName);
  if (zone === undefined) throw new RangeError(`${name} stands in ${zoneName}, which is no zone of ${region.name}`);
  return zone;
}

/** Whom every node asks for the ring, whatever its region: disjoint lists would make two rings. The witness is none of them. */
function seedAddresses(environment: Environment): string[] {
  return servingRegions(environment).flatMap(({ ringNodes }) =>
    ringNodes.filter(({ seed }) => seed).map(({ address }) => address),
  );
}

export interface RingNodeSettingsOptions {
  readonly environment: Environment;
  readonly region: Region;
  readonly node: RingNode;
  /** As `KEY=VALUE`. */
  readonly interfaceTag: string;
}

/** @throws ConfigError that names each setting that a ring node would refuse. */
export function ringNodeSettings({ environment, region, node, interfaceTag }: RingNodeSettingsOptions): Settings {
  const witness = isWitness(environment, region);
  const settings = textSettings({
    RING_NODE_NAME: node.name,
    RING_NODE_ADDRESS: node.address,
    RING_NODE_INTERFACE_TAG: interfaceTag,
    RING_NODE_CLUSTER: `picl-idp-${environment.name}`,
    RING_NODE_DATA_CENTRE: region.name,
    RING_NODE_RACK: zoneOf(region, node).id,
    RING_NODE_SEEDS: seedAddresses(environment).join(','),
    RING_NODE_REPLICATION_FACTOR: witness ? WITNESS_REPLICAS : twoRegionsOf(environment).ring.replicationFactor,
    RING_NODE_HOLDS: witness ? 'claims' : 'everything',
    RING_NODE_DATA_FOLDER: DATA_FOLDER,
    RING_NODE_CQL_PORT: CQL_PORT,
    RING_NODE_STORAGE_PORT: STORAGE_PORT,
    RING_NODE_HEALTH_PORT: HEALTH_PORT,
    RING_NODE_SECRET: secretReference(environment, `ring-node/${node.name}`),
  });
  readRingNodeConfig(settings);
  return settings;
}
