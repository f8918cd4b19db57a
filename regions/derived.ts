/** What follows from an environment: which of its regions serve, which one is the witness, and what a release must bake. */

import type { Environment, RecordedImages, Region, TwoRegions } from './schema.ts';

export type ImageKind = keyof RecordedImages;

export const IMAGE_KINDS: readonly ImageKind[] = ['service', 'ring'];

const SERVING_REGIONS = 2;

/** The two-region part of an environment. @throws RangeError where it is one machine. */
export function twoRegionsOf({ name, shape }: Environment): TwoRegions {
  if (!('twoRegions' in shape)) throw new RangeError(`${name} is one machine`);
  return shape.twoRegions;
}

/** The region in which lies what an environment has once. @throws RangeError for an environment without regions, which no schema lets pass. */
export function primaryRegion({ name, regions: [primary] }: Environment): Region {
  if (primary === undefined) throw new RangeError(`${name} has no region`);
  return primary;
}

export function isPrimary(environment: Environment, { name }: Region): boolean {
  return primaryRegion(environment).name === name;
}

/** The regions that clients reach, the primary first. */
export function servingRegions({ regions, shape }: Environment): readonly Region[] {
  return 'twoRegions' in shape ? regions.slice(0, SERVING_REGIONS) : regions;
}

/** The region whose one ring node breaks ties between the other two, where there is one. */
export function witnessRegion({ regions, shape }: Environment): Region | undefined {
  return 'twoRegions' in shape && 'region' in shape.twoRegions.witness ? regions[SERVING_REGIONS] : undefined;
}

/** Whether a region only holds the ring node that breaks ties between the other two. */
export function isWitness(environment: Environment, region: Region): boolean {
  return witnessRegion(environment) === region;
}

/** Whether there are machines that make load. */
export function hasGenerators({ shape }: Environment): boolean {
  return 'twoRegions' in shape && shape.twoRegions.generators !== undefined;
}

/** Names of the keys in KMS that sign certificates; none where keysigners hold the key in memory. */
export function idpKeysInKms({ shape }: Environment): readonly string[] {
  return 'twoRegions' in shape ? (shape.twoRegions.idpKeysInKms?.keys ?? []) : [];
}

/** The kinds of machine images that the machines of a region start from. */
export function imageKinds(environment: Environment, region: Region): readonly ImageKind[] {
  const kinds: readonly ImageKind[] = servingRegions(environment).includes(region) ? ['service'] : [];
  return region.ringNodes.length > 0 ? [...kinds, 'ring'] : kinds;
}

/** A place in which a release bakes images, and which. */
export interface BakePlace {
  readonly account: string;
  readonly region: string;
  readonly kinds: readonly ImageKind[];
}

/** Where releases bake: once for each account and region with machines on recorded images, in the order of the environments. */
export function bakePlaces(environments: readonly Environment[]): readonly BakePlace[] {
  const wanted = environments
    .filter(({ images }) => images === 'recorded')
    .flatMap((environment) =>
      environment.regions.map((region) => ({
        account: environment.account,
        region: region.name,
        kinds: imageKinds(environment, region),
      })),
    );
  return [...Map.groupBy(wanted, ({ account, region }) => `${account} ${region}`).values()].flatMap((same) => {
    const [first] = same;
    return first ? [{ ...first, kinds: [...new Set(same.flatMap(({ kinds }) => kinds))] }] : [];
  });
}
