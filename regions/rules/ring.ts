/** Rules on the ring: where its nodes stand, which of them are seeds, and how many copies of a row there are. */

import { witnessRegion } from '../derived.ts';
import {
  balancerAddress,
  isInSubnet,
  isReserved,
  isRingNodeAddress,
  isZoneSlot,
  ringNodesCidr,
  subnetCidr,
} from '../network-plan.ts';
import type { Region, RingNode } from '../schema.ts';
import {
  type Breach,
  type Candidates,
  type RingNodePlace,
  type Rule,
  regionPlaces,
  repeated,
  ringNodePlaces,
  servingPlaces,
  twoRegionsPlaces,
} from './rule.ts';

/** With one seed a region whose seed is down takes no new node. */
const SEEDS_MIN = 2;
/** A quorum of three outlives the loss of one. */
const REPLICATION_FACTOR_MIN_KEEPING_DATA = 3;
const WITNESS_NODES = 1;

export const RING_RULES: readonly Rule[] = [
  {
    id: 'ring-node-zone',
    rule: 'a ring node stands in a zone of its region',
    check: (candidates) =>
      ringNodePlaces(candidates)
        .filter(({ region, node }) => !region.zones.some(({ name }) => name === node.zone))
        .map(({ at, region, node }) => ({
          path: `${at}.zone`,
          got: node.zone,
          allowed: region.zones.map(({ name }) => name).join(', '),
        })),
  },
  {
    id: 'ring-node-once',
    rule: 'each ring node of an environment has a name of its own',
    check: (candidates) =>
      repeated(ringNodePlaces(candidates), ({ label, node }) => `${label} ${node.name}`).map(({ at, node }) => ({
        path: `${at}.name`,
        got: node.name,
      })),
  },
  {
    id: 'ring-node-address-once',
    rule: 'each ring node of an environment has an address of its own',
    check: (candidates) =>
      repeated(ringNodePlaces(candidates), ({ label, node }) => `${label} ${node.address}`).map(({ at, node }) => ({
        path: `${at}.address`,
        got: node.address,
      })),
  },
  {
    id: 'ring-node-address-subnet',
    rule: 'the address of a ring node lies in the ring subnet of its zone',
    check: (candidates) =>
      addresses(candidates)
        .filter(({ address, subnet }) => !isInSubnet(address, subnet))
        .map(({ path, address, subnet }) => ({ path, got: address, allowed: subnet })),
  },
  {
    id: 'ring-node-address-reserved',
    rule: 'the address of a ring node is none of the five that AWS keeps in each subnet',
    check: (candidates) =>
      addresses(candidates)
        .filter(({ address, subnet }) => isInSubnet(address, subnet) && isReserved(address))
        .map(({ path, address }) => ({ path, got: address })),
  },
  {
    id: 'ring-node-address-balancer',
    rule: 'the address of a ring node is not that of the balancer in its subnet',
    check: (candidates) =>
      addresses(candidates)
        .filter(({ address, subnet }) => address === balancerAddress(subnet))
        .map(({ path, address }) => ({ path, got: address })),
  },
  {
    id: 'ring-node-address-range',
    rule: 'the address of a ring node is one that its subnet keeps for ring nodes',
    check: (candidates) =>
      addresses(candidates)
        .filter(({ address, subnet }) => isInSubnet(address, subnet) && !isReserved(address))
        .filter(({ address, subnet }) => address !== balancerAddress(subnet) && !isRingNodeAddress(address))
        .map(({ path, address, subnet }) => ({ path, got: address, allowed: ringNodesCidr(subnet) })),
  },
  {
    id: 'ring-zones-even',
    rule: 'zones with ring nodes have equally many, so that each holds an equal share',
    check: (candidates) =>
      regionPlaces(candidates).flatMap(({ at, region }) => {
        const counts = [...nodesByZone(region)].map(([zone, nodes]) => [zone, nodes.length] as const);
        return new Set(counts.map(([, count]) => count)).size > 1
          ? [{ path: `${at}.ringNodes`, got: Object.fromEntries(counts) }]
          : [];
      }),
  },
  {
    id: 'seed-each-zone',
    rule: 'in a region that serves, each zone with ring nodes has a seed',
    check: (candidates) =>
      servingPlaces(candidates).flatMap(({ at, region }) =>
        [...nodesByZone(region)]
          .filter(([, nodes]) => !nodes.some(({ seed }) => seed))
          .map(([zone]) => ({ path: `${at}.ringNodes`, got: seedNames(region), allowed: `none in ${zone}` })),
      ),
  },
  {
    id: 'seeds-two',
    rule: `a region that serves has at least ${SEEDS_MIN} seeds`,
    check: (candidates) =>
      servingPlaces(candidates)
        .filter(({ region }) => seedNames(region).length < SEEDS_MIN)
        .map(({ at, region }) => ({ path: `${at}.ringNodes`, got: seedNames(region) })),
  },
  {
    id: 'seeds-not-all',
    rule: 'where a zone has more than one ring node, some node is no seed: a seed does not fetch its rows when it joins',
    check: (candidates) =>
      servingPlaces(candidates)
        .filter(({ region }) => region.ringNodes.length > nodesByZone(region).size)
        .filter(({ region }) => region.ringNodes.every(({ seed }) => seed))
        .map(({ at, region }) => ({ path: `${at}.ringNodes`, got: seedNames(region) })),
  },
  {
    id: 'seed-not-witness',
    rule: "the witness's node is no seed: it holds claims only",
    check: (candidates) =>
      witnessNodes(candidates)
        .filter(({ node }) => node.seed)
        .map(({ at, node }) => ({ path: `${at}.seed`, got: node.seed })),
  },
  {
    id: 'replication-racks',
    rule: 'a row has no more replicas in a region than zones with ring nodes',
    check: (candidates) =>
      twoRegionsPlaces(candidates).flatMap(({ at, label, twoRegions: { ring } }) =>
        servingPlaces(candidates)
          .filter((place) => place.label === label)
          .filter(({ region }) => ring.replicationFactor > nodesByZone(region).size)
          .map(({ region }) => ({
            path: `${at}.ring.replicationFactor`,
            got: ring.replicationFactor,
            allowed: `at most ${nodesByZone(region).size} in ${region.name}`,
          })),
      ),
  },
  {
    id: 'replication-quorum',
    rule: 'where data is kept, losing a zone leaves a quorum of each row',
    check: (candidates) =>
      twoRegionsPlaces(candidates)
        .filter(({ environment }) => environment.keepsData)
        .filter(({ twoRegions: { ring } }) => ring.replicationFactor < REPLICATION_FACTOR_MIN_KEEPING_DATA)
        .map(({ at, twoRegions: { ring } }) => ({
          path: `${at}.ring.replicationFactor`,
          got: ring.replicationFactor,
          allowed: `at least ${REPLICATION_FACTOR_MIN_KEEPING_DATA}`,
        })),
  },
  {
    id: 'witness-region',
    rule: 'the witness stands in the last of the regions, after the two that serve',
    check: (candidates) =>
      twoRegionsPlaces(candidates).flatMap(({ at, environment, twoRegions: { witness } }): readonly Breach[] => {
        const last = witnessRegion(environment)?.name;
        return 'region' in witness && last !== undefined && last !== witness.region
          ? [{ path: `${at}.witness.region`, got: witness.region, allowed: last }]
          : [];
      }),
  },
  {
    id: 'witness-one-node',
    rule: "the witness's region has one ring node",
    check: (candidates) =>
      regionPlaces(candidates)
        .filter(({ environment, region }) => region === witnessRegion(environment))
        .filter(({ region }) => region.ringNodes.length !== WITNESS_NODES)
        .map(({ at, region }) => ({ path: `${at}.ringNodes`, got: region.ringNodes.map(({ name }) => name) })),
  },
];

interface AddressPlace {
  readonly path: string;
  readonly address: string;
  readonly subnet: string;
}

/** The addresses of all ring nodes whose subnet is known; of the others another rule speaks. */
function addresses(candidates: Candidates): readonly AddressPlace[] {
  return ringNodePlaces(candidates).flatMap(({ at, region, node }) => {
    const slot = region.zones.find(({ name }) => name === node.zone)?.slot;
    if (slot === undefined || !isZoneSlot(slot)) return [];
    const subnet = subnetCidr(region.cidr, { kind: 'ring', slot });
    return [{ path: `${at}.address`, address: node.address, subnet }];
  });
}

function witnessNodes(candidates: Candidates): readonly RingNodePlace[] {
  return ringNodePlaces(candidates).filter(({ environment, region }) => region === witnessRegion(environment));
}

/** A region's ring nodes by the zone they stand in: each zone is a rack. */
function nodesByZone(region: Region): ReadonlyMap<string, readonly RingNode[]> {
  return Map.groupBy(region.ringNodes, ({ zone }) => zone);
}

function seedNames(region: Region): readonly string[] {
  return region.ringNodes.filter(({ seed }) => seed).map(({ name }) => name);
}
