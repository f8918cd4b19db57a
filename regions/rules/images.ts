/** Rules on the images that machines start from. */

import { IMAGE_KINDS, imageKinds } from '../derived.ts';
import { type Breach, type CandidatesWithImages, type Rule, regionPlaces, repeated, ringNodePlaces } from './rule.ts';

/** Rules that hold whether or not anything was baked yet. */
export const IMAGE_SOURCE_RULES: readonly Rule[] = [
  {
    id: 'images-recorded',
    rule: 'an environment of two regions that keeps data runs recorded images, so that no machine gets one unseen',
    check: ({ places }) =>
      places
        .filter(
          ({ environment: { keepsData, images, shape } }) => keepsData && images === 'built' && 'twoRegions' in shape,
        )
        .map(({ at, environment }) => ({ path: `${at}.images`, got: environment.images })),
  },
  {
    id: 'images-one-account',
    rule: 'environments on recorded images share the account that bakes them',
    check: ({ places }) => {
      const [first, ...others] = places.filter(({ environment }) => environment.images === 'recorded');
      return others
        .filter(({ environment }) => environment.account !== first?.environment.account)
        .map(({ at, environment }) => ({
          path: `${at}.account`,
          got: environment.account,
          allowed: String(first?.environment.account),
        }));
    },
  },
  {
    id: 'ring-node-image-unnamed',
    rule: 'where images are built, a ring node names none',
    check: (candidates) =>
      ringNodePlaces(candidates)
        .filter(({ environment, node }) => environment.images === 'built' && node.image !== undefined)
        .map(({ at, node }) => ({ path: `${at}.image`, got: node.image })),
  },
  {
    id: 'ring-node-image-named',
    rule: 'where images are recorded, each ring node names its own',
    check: (candidates) =>
      ringNodePlaces(candidates)
        .filter(({ environment, node }) => environment.images === 'recorded' && node.image === undefined)
        .map(({ at }) => ({ path: `${at}.image`, got: undefined })),
  },
];

/** Rules on what was baked: whoever is about to bake need not keep them yet. */
export const RECORDED_IMAGE_RULES: readonly Rule<CandidatesWithImages>[] = [
  {
    id: 'image-recorded',
    rule: 'the newest image of a kind is recorded for each region whose machines start from it',
    check: (candidates) => {
      const { recordedImages } = candidates;
      const missing = regionPlaces(candidates)
        .filter(({ environment }) => environment.images === 'recorded')
        .flatMap(({ environment, region }) =>
          imageKinds(environment, region)
            .filter((kind) => recordedImages[kind][0]?.amis[region.name] === undefined)
            .map((kind) => `recorded-images.${kind}[0].amis.${region.name}`),
        );
      return [...new Set(missing)].map((path) => ({ path, got: undefined }));
    },
  },
  {
    id: 'image-owner',
    rule: 'the newest image of a kind belongs to the account of the environments that start from it',
    check: ({ places, recordedImages }) => {
      const account = places.find(({ environment }) => environment.images === 'recorded')?.environment.account;
      return IMAGE_KINDS.flatMap((kind): readonly Breach[] => {
        const owner = recordedImages[kind][0]?.owner;
        return owner === undefined || account === undefined || owner === account
          ? []
          : [{ path: `recorded-images.${kind}[0].owner`, got: owner, allowed: account }];
      });
    },
  },
  {
    id: 'image-id-once',
    rule: 'each image id is recorded once',
    check: (candidates) => repeated(records(candidates), ({ ami }) => ami).map(({ path, ami }) => ({ path, got: ami })),
  },
  {
    id: 'image-content-once',
    rule: 'each content hash of a kind is recorded once',
    check: ({ recordedImages }) =>
      IMAGE_KINDS.flatMap((kind) =>
        repeated([...recordedImages[kind].entries()], ([, { contentHash }]) => contentHash).map(
          ([index, { contentHash }]) => ({ path: `recorded-images.${kind}[${index}].contentHash`, got: contentHash }),
        ),
      ),
  },
  {
    id: 'ring-node-image-recorded',
    rule: 'the image of a ring node is a ring image that is recorded for its region',
    check: (candidates) => {
      const { recordedImages } = candidates;
      return ringNodePlaces(candidates)
        .filter(({ environment }) => environment.images === 'recorded')
        .filter(
          ({ region, node }) =>
            node.image !== undefined && !recordedImages.ring.some(({ amis }) => amis[region.name] === node.image),
        )
        .map(({ at, node }) => ({ path: `${at}.image`, got: node.image }));
    },
  },
];

/** Every recorded image id, the oldest first: of two equal ones the newer is wrong. */
function records({ recordedImages }: CandidatesWithImages): readonly { readonly path: string; readonly ami: string }[] {
  return IMAGE_KINDS.flatMap((kind) =>
    [...recordedImages[kind].entries()].reverse().flatMap(([index, { amis }]) =>
      Object.entries(amis).map(([region, ami]) => ({
        path: `recorded-images.${kind}[${index}].amis.${region}`,
        ami,
      })),
    ),
  );
}
