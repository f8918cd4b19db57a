/** Which kinds of subnets a region has, and what each of them can reach. */

import { hasGenerators, isPrimary, isWitness } from '../../regions/derived.ts';
import { type SubnetKind, subnetCidr } from '../../regions/network-plan.ts';
import type { Environment, Region } from '../../regions/schema.ts';

/** `internet`: has public addresses. `nat`: can call out. `none`: no route to the internet at all. */
export type Reach = 'internet' | 'nat' | 'none';

const REACHES: Readonly<Record<SubnetKind, Reach>> = {
  public: 'internet',
  webhead: 'nat',
  keysigner: 'none',
  dbwriter: 'nat',
  tokenserver: 'nat',
  ring: 'none',
  logRouter: 'none',
  search: 'none',
  endpoint: 'none',
  imageBuilder: 'internet',
  generator: 'nat',
  box: 'internet',
};

const SERVING: readonly SubnetKind[] = ['public', 'webhead', 'keysigner', 'dbwriter', 'ring', 'logRouter', 'endpoint'];

/** The kinds of subnets of a region, each with its reach. */
export function subnetKinds(environment: Environment, region: Region): ReadonlyMap<SubnetKind, Reach> {
  const kinds: readonly SubnetKind[] = [
    ...('oneMachine' in environment.shape ? (['box'] as const) : kindsOfTwoRegions(environment, region)),
    ...(environment.images === 'built' ? (['imageBuilder'] as const) : []),
  ];
  return new Map(kinds.map((kind) => [kind, REACHES[kind]]));
}

/** A witness has only a ring node. */
function kindsOfTwoRegions(environment: Environment, region: Region): readonly SubnetKind[] {
  if (isWitness(environment, region)) return ['ring', 'endpoint'];
  if (!isPrimary(environment, region)) return SERVING;
  return [...SERVING, 'search', ...(hasGenerators(environment) ? (['generator'] as const) : [])];
}

/** All subnets of a kind at once: routes and rules between regions name them so. */
export function kindCidr(region: Region, kind: SubnetKind): string {
  return subnetCidr(region.cidr, { kind, slot: 0 }).replace('/24', '/21');
}
