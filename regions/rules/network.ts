/** Rules on regions, their addresses and their zones. */

import { REGIONS } from '../aws-facts.ts';
import {
  type Candidates,
  type Rule,
  regionPlaces,
  repeated,
  servingPlaces,
  twoRegionsPlaces,
  zonePlaces,
} from './rule.ts';

/** A balancer stands in two zones at least; a quorum of three outlives one of three zones. */
const ZONES_MIN = 2;
const ZONES_MIN_KEEPING_DATA = 3;

export const NETWORK_RULES: readonly Rule[] = [
  {
    id: 'region-known',
    rule: 'a region is one of those in aws-facts.ts',
    check: (candidates) =>
      regionPlaces(candidates)
        .filter(({ region }) => REGIONS[region.name] === undefined)
        .map(({ at, region }) => ({ path: `${at}.name`, got: region.name, allowed: Object.keys(REGIONS).join(', ') })),
  },
  {
    id: 'region-once',
    rule: 'an environment has each region once',
    check: (candidates) =>
      repeated(regionPlaces(candidates), ({ label, region }) => `${label} ${region.name}`).map(({ at, region }) => ({
        path: `${at}.name`,
        got: region.name,
      })),
  },
  {
    id: 'region-cidr-overlap',
    rule: 'regions of one account have addresses of their own',
    check: (candidates) =>
      repeated(regionPlaces(candidates), ({ environment, region }) => `${environment.account} ${region.cidr}`).map(
        ({ at, environment, region }) => ({
          path: `${at}.cidr`,
          got: region.cidr,
          allowed: `${ownerOf(candidates, environment.account, region.cidr)} has these`,
        }),
      ),
  },
  {
    id: 'zone-of-region',
    rule: 'a zone lies in its region',
    check: (candidates) =>
      zonePlaces(candidates)
        .filter(({ region, zone }) => zone.name.slice(0, -1) !== region.name)
        .map(({ at, region, zone }) => ({ path: `${at}.name`, got: zone.name, allowed: region.name })),
  },
  {
    id: 'zone-id-of-region',
    rule: 'the id of a zone is one that its region has',
    check: (candidates) =>
      zonePlaces(candidates).flatMap(({ at, region, zone }) => {
        const known = REGIONS[region.name]?.zoneIds;
        return known === undefined || known.includes(zone.id)
          ? []
          : [{ path: `${at}.id`, got: zone.id, allowed: known.join(', ') }];
      }),
  },
  zoneRuleOnce({ id: 'zone-name-once', rule: 'a region has each zone once', key: 'name' }),
  zoneRuleOnce({ id: 'zone-id-once', rule: 'each zone of a region has an id of its own', key: 'id' }),
  zoneRuleOnce({ id: 'zone-slot-once', rule: 'each zone of a region has a slot of its own', key: 'slot' }),
  {
    id: 'zones-enough',
    rule: `a region that serves has at least ${ZONES_MIN} zones, and ${ZONES_MIN_KEEPING_DATA} where data is kept`,
    check: (candidates) =>
      servingPlaces(candidates)
        .filter(
          ({ environment, region }) =>
            region.zones.length < (environment.keepsData ? ZONES_MIN_KEEPING_DATA : ZONES_MIN),
        )
        .map(({ at, region }) => ({ path: `${at}.zones`, got: region.zones.map(({ name }) => name) })),
  },
  {
    id: 'nat-each-zone',
    rule: 'where data is kept, losing a zone takes the way out from no other zone',
    check: (candidates) =>
      twoRegionsPlaces(candidates)
        .filter(({ environment, twoRegions }) => environment.keepsData && twoRegions.natGateways !== 'one-a-zone')
        .map(({ at, twoRegions }) => ({
          path: `${at}.natGateways`,
          got: twoRegions.natGateways,
          allowed: 'one-a-zone',
        })),
  },
  {
    id: 'endpoints-each-zone',
    rule: 'where data is kept, losing a zone takes the endpoints from no other zone',
    check: (candidates) =>
      twoRegionsPlaces(candidates)
        .filter(({ environment, twoRegions }) => environment.keepsData && twoRegions.endpointZones !== 'all')
        .map(({ at, twoRegions }) => ({ path: `${at}.endpointZones`, got: twoRegions.endpointZones, allowed: 'all' })),
  },
];

function zoneRuleOnce({ id, rule, key }: { id: string; rule: string; key: 'name' | 'id' | 'slot' }): Rule {
  return {
    id,
    rule,
    check: (candidates) =>
      regionPlaces(candidates).flatMap(({ at, region }) =>
        repeated([...region.zones.entries()], ([, zone]) => String(zone[key])).map(([index, zone]) => ({
          path: `${at}.zones[${index}].${key}`,
          got: zone[key],
        })),
      ),
  };
}

/** The first region of an account that has these addresses. */
function ownerOf(candidates: Candidates, account: string, cidr: string): string {
  return (
    regionPlaces(candidates).find((one) => one.environment.account === account && one.region.cidr === cidr)?.at ?? ''
  );
}
