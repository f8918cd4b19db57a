/** What a rule is, and how rules walk through the environments. */

import { servingRegions } from '../derived.ts';
import type { Environment, RecordedImages, Region, RingNode, TwoRegions, Zone } from '../schema.ts';

/** An environment and where it stands. */
export interface Place {
  /** What the environment is called in faults, for example `prod`: no two are called the same. */
  readonly label: string;
  /** The path of what stands here. */
  readonly at: string;
  readonly environment: Environment;
}

/** All that rules look at. Values may still break the schema; their types do not. */
export interface Candidates {
  readonly places: readonly Place[];
}

export interface CandidatesWithImages extends Candidates {
  readonly recordedImages: RecordedImages;
}

/** What breaks a rule: `got` is undefined where the value is missing, `allowed` what the rule means in this place. */
export interface Breach {
  readonly path: string;
  readonly got: unknown;
  readonly allowed?: string;
}

export interface Rule<Judged extends Candidates = Candidates> {
  readonly id: string;
  /** A sentence without its full stop: it ends the line of a fault. */
  readonly rule: string;
  readonly check: (candidates: Judged) => readonly Breach[];
}

export interface RegionPlace extends Place {
  readonly region: Region;
}

export interface ZonePlace extends RegionPlace {
  readonly zone: Zone;
}

export interface RingNodePlace extends RegionPlace {
  readonly node: RingNode;
}

export interface TwoRegionsPlace extends Place {
  readonly twoRegions: TwoRegions;
}

/** Every region; `at` is for example `prod.regions[0]`. */
export function regionPlaces({ places }: Candidates): readonly RegionPlace[] {
  return places.flatMap((place) =>
    place.environment.regions.map((region, index) => ({ ...place, at: `${place.at}.regions[${index}]`, region })),
  );
}

/** Every region of an environment of two regions that clients reach. */
export function servingPlaces(candidates: Candidates): readonly RegionPlace[] {
  return regionPlaces(candidates).filter(
    ({ environment, region }) => 'twoRegions' in environment.shape && servingRegions(environment).includes(region),
  );
}

/** Every zone; `at` is for example `prod.regions[0].zones[1]`. */
export function zonePlaces(candidates: Candidates): readonly ZonePlace[] {
  return regionPlaces(candidates).flatMap((place) =>
    place.region.zones.map((zone, index) => ({ ...place, at: `${place.at}.zones[${index}]`, zone })),
  );
}

/** Every ring node; `at` is for example `prod.regions[0].ringNodes[1]`. */
export function ringNodePlaces(candidates: Candidates): readonly RingNodePlace[] {
  return regionPlaces(candidates).flatMap((place) =>
    place.region.ringNodes.map((node, index) => ({ ...place, at: `${place.at}.ringNodes[${index}]`, node })),
  );
}

/** Every environment of two regions; `at` is for example `prod.shape.twoRegions`. */
export function twoRegionsPlaces({ places }: Candidates): readonly TwoRegionsPlace[] {
  return places.flatMap((place) => {
    const { shape } = place.environment;
    return 'twoRegions' in shape
      ? [{ ...place, at: `${place.at}.shape.twoRegions`, twoRegions: shape.twoRegions }]
      : [];
  });
}

/** The items whose key stood before them. */
export function repeated<Item>(items: readonly Item[], keyOf: (item: Item) => string): readonly Item[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = keyOf(item);
    const again = seen.has(key);
    seen.add(key);
    return again;
  });
}
