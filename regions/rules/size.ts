/** Rules on the shape of an environment, its machines and its search. */

import { INSTANCE_TYPES, type InstanceTypeFacts, SEARCH_VOLUMES_GIB_MAX } from '../aws-facts.ts';
import { servingRegions } from '../derived.ts';
import type { ClusterSize, Environment } from '../schema.ts';
import { type Breach, type Candidates, type Rule, twoRegionsPlaces } from './rule.ts';

/** Losing a machine leaves another. */
const MACHINES_MIN = 2;
/** Node, the system and what each machine runs beside them. */
const MEMORY_MIN_GIB = 2;
/** Cassandra's heap takes half of it, and its files want the page cache. */
const RING_MEMORY_MIN_GIB = 8;

export const SIZE_RULES: readonly Rule[] = [
  {
    id: 'two-regions-exactly',
    rule: 'an environment of two regions has two that serve, and a third only as its witness',
    check: (candidates) =>
      twoRegionsPlaces(candidates)
        .filter(
          ({ environment: { regions }, twoRegions: { witness } }) => regions.length !== ('region' in witness ? 3 : 2),
        )
        .map(({ label, environment }) => ({ path: `${label}.regions`, got: regionNames(environment) })),
  },
  {
    id: 'one-machine-one-region',
    rule: 'one machine stands in one region',
    check: ({ places }) =>
      places
        .filter(({ environment }) => 'oneMachine' in environment.shape && environment.regions.length > 1)
        .map(({ at, environment }) => ({ path: `${at}.regions`, got: regionNames(environment) })),
  },
  {
    id: 'one-machine-no-ring',
    rule: 'one machine has a store of its own and no ring',
    check: ({ places }) =>
      places.flatMap(({ at, environment }) =>
        environment.regions.flatMap(({ ringNodes }, index) =>
          'oneMachine' in environment.shape && ringNodes.length > 0
            ? [{ path: `${at}.regions[${index}].ringNodes`, got: ringNodes.map(({ name }) => name) }]
            : [],
        ),
      ),
  },
  {
    id: 'machines-bounds',
    rule: 'a cluster has no more machines at least than at most',
    check: (candidates) =>
      clusters(candidates)
        .filter(({ size }) => size.machinesMin > size.machinesMax)
        .map(({ at, size }) => ({
          path: `${at}.machinesMin`,
          got: size.machinesMin,
          allowed: `at most ${size.machinesMax}`,
        })),
  },
  {
    id: 'machines-two',
    rule: `a cluster has at least ${MACHINES_MIN} machines`,
    check: (candidates) =>
      clusters(candidates)
        .filter(({ size }) => size.machinesMin < MACHINES_MIN)
        .map(({ at, size }) => ({ path: `${at}.machinesMin`, got: size.machinesMin })),
  },
  {
    id: 'machines-each-zone',
    rule: 'where data is kept, a cluster has a machine in each zone',
    check: (candidates) =>
      clusters(candidates).flatMap(({ at, environment, size }) => {
        const zones = Math.max(...servingRegions(environment).map((region) => region.zones.length));
        return environment.keepsData && size.machinesMin >= MACHINES_MIN && size.machinesMin < zones
          ? [{ path: `${at}.machinesMin`, got: size.machinesMin, allowed: `at least ${zones}` }]
          : [];
      }),
  },
  {
    id: 'log-routers-two',
    rule: `where data is kept, lines have at least ${MACHINES_MIN} log routers`,
    check: (candidates) =>
      twoRegionsPlaces(candidates)
        .filter(({ environment, twoRegions }) => environment.keepsData && twoRegions.logRouters.machines < MACHINES_MIN)
        .map(({ at, twoRegions }) => ({ path: `${at}.logRouters.machines`, got: twoRegions.logRouters.machines })),
  },
  {
    id: 'generators-apart',
    rule: 'where data is kept, nothing makes load',
    check: (candidates) =>
      twoRegionsPlaces(candidates)
        .filter(({ environment, twoRegions }) => environment.keepsData && twoRegions.generators !== undefined)
        .map(({ at, twoRegions }) => ({ path: `${at}.generators`, got: twoRegions.generators })),
  },
  {
    id: 'instance-type-known',
    rule: 'an instance type is one of those in aws-facts.ts',
    check: (candidates) =>
      machines(candidates)
        .filter(({ facts }) => facts === undefined)
        .map(({ path, type }) => ({ path, got: type })),
  },
  {
    id: 'instance-type-arm64',
    rule: 'machines are arm64, as their images are',
    check: (candidates) =>
      machines(candidates)
        .filter(({ facts }) => facts !== undefined && facts.architecture !== 'arm64')
        .map(({ path, type, facts }) => ({ path, got: type, allowed: `not ${facts?.architecture}` })),
  },
  {
    id: 'instance-type-memory',
    rule: `a machine has at least ${MEMORY_MIN_GIB} GiB of memory, a ring node ${RING_MEMORY_MIN_GIB}`,
    check: (candidates) =>
      machines(candidates).flatMap(({ path, type, facts, memoryMinGiB }): readonly Breach[] =>
        facts !== undefined && facts.memoryGiB < memoryMinGiB
          ? [{ path, got: type, allowed: `not ${facts.memoryGiB} GiB` }]
          : [],
      ),
  },
  {
    id: 'search-type-known',
    rule: 'the type of search machines is one of those in aws-facts.ts',
    check: (candidates) =>
      twoRegionsPlaces(candidates)
        .filter(({ twoRegions }) => SEARCH_VOLUMES_GIB_MAX[twoRegions.search.instanceType] === undefined)
        .map(({ at, twoRegions }) => ({
          path: `${at}.search.instanceType`,
          got: twoRegions.search.instanceType,
          allowed: Object.keys(SEARCH_VOLUMES_GIB_MAX).join(', '),
        })),
  },
  {
    id: 'search-volume',
    rule: 'the volume of a search machine is no larger than its type takes',
    check: (candidates) =>
      twoRegionsPlaces(candidates).flatMap(({ at, twoRegions: { search } }) => {
        const max = SEARCH_VOLUMES_GIB_MAX[search.instanceType];
        return max !== undefined && search.volumeGiB > max
          ? [{ path: `${at}.search.volumeGiB`, got: search.volumeGiB, allowed: `at most ${max}` }]
          : [];
      }),
  },
  {
    id: 'search-machines-even',
    rule: 'search has one machine, or as many in each of two or three zones',
    check: (candidates) =>
      twoRegionsPlaces(candidates)
        .filter(
          ({ twoRegions: { search } }) => search.machines > 1 && search.machines % 2 > 0 && search.machines % 3 > 0,
        )
        .map(({ at, twoRegions }) => ({ path: `${at}.search.machines`, got: twoRegions.search.machines })),
  },
  {
    id: 'search-machines-two',
    rule: 'where data is kept, search has a machine in two zones',
    check: (candidates) =>
      twoRegionsPlaces(candidates)
        .filter(({ environment, twoRegions }) => environment.keepsData && twoRegions.search.machines < MACHINES_MIN)
        .map(({ at, twoRegions }) => ({ path: `${at}.search.machines`, got: twoRegions.search.machines })),
  },
];

function regionNames({ regions }: Environment): readonly string[] {
  return regions.map(({ name }) => name);
}

interface ClusterPlace {
  readonly at: string;
  readonly environment: Environment;
  readonly size: ClusterSize;
}

function clusters(candidates: Candidates): readonly ClusterPlace[] {
  return twoRegionsPlaces(candidates).flatMap(({ at, environment, twoRegions }) =>
    Object.entries(twoRegions.clusters).map(([name, size]) => ({
      at: `${at}.clusters.${name}`,
      environment,
      size,
    })),
  );
}

interface MachinePlace {
  readonly path: string;
  readonly type: string;
  readonly facts: InstanceTypeFacts | undefined;
  readonly memoryMinGiB: number;
}

function machines(candidates: Candidates): readonly MachinePlace[] {
  const onOneMachine = candidates.places.flatMap(({ at, environment: { shape } }) =>
    'oneMachine' in shape ? [machine(`${at}.shape.oneMachine`, shape.oneMachine, MEMORY_MIN_GIB)] : [],
  );
  const inClusters = clusters(candidates).map(({ at, size }) => machine(at, size, MEMORY_MIN_GIB));
  const others = twoRegionsPlaces(candidates).flatMap(
    ({ at, twoRegions: { logRouters, ring, witness, generators } }) => [
      machine(`${at}.logRouters`, logRouters, MEMORY_MIN_GIB),
      machine(`${at}.ring`, ring, RING_MEMORY_MIN_GIB),
      ...('region' in witness ? [machine(`${at}.witness`, witness, RING_MEMORY_MIN_GIB)] : []),
      ...(generators ? [machine(`${at}.generators`, generators, MEMORY_MIN_GIB)] : []),
    ],
  );
  return [...onOneMachine, ...inClusters, ...others];
}

function machine(at: string, { instanceType }: { instanceType: string }, memoryMinGiB: number): MachinePlace {
  return { path: `${at}.instanceType`, type: instanceType, facts: INSTANCE_TYPES[instanceType], memoryMinGiB };
}
