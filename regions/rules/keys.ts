/** Rules on the keys that sign certificates. */

import { type Candidates, type Rule, repeated, type TwoRegionsPlace, twoRegionsPlaces } from './rule.ts';

export const KEY_RULES: readonly Rule[] = [
  {
    id: 'idp-keys-once',
    rule: 'a key that signs certificates stands once in a list',
    check: (candidates) =>
      placesInKms(candidates).flatMap(({ at, keys, published }) => [
        ...repeated(keys, (key) => key).map((got) => ({ path: `${at}.keys`, got })),
        ...repeated(published, (key) => key).map((got) => ({ path: `${at}.published`, got })),
      ]),
  },
  {
    id: 'idp-keys-published',
    rule: 'a key that is published is one of those that there are',
    check: (candidates) =>
      placesInKms(candidates).flatMap(({ at, keys, published }) =>
        published
          .filter((key) => !keys.includes(key))
          .map((got) => ({ path: `${at}.published`, got, allowed: keys.join(', ') })),
      ),
  },
];

type KeysPlace = { readonly at: string } & NonNullable<TwoRegionsPlace['twoRegions']['idpKeysInKms']>;

/** Every environment whose keys lie in KMS; `at` is for example `prod.shape.twoRegions.idpKeysInKms`. */
function placesInKms(candidates: Candidates): readonly KeysPlace[] {
  return twoRegionsPlaces(candidates).flatMap(({ at, twoRegions: { idpKeysInKms } }) =>
    idpKeysInKms === undefined ? [] : [{ at: `${at}.idpKeysInKms`, ...idpKeysInKms }],
  );
}
