/** Rules on what an environment is called, where its account and names lie, and how long it lives. */

import { type Place, type Rule, repeated } from './rule.ts';

/** A certificate's common name holds no more. */
const CERTIFICATE_NAME_LENGTH_MAX = 64;

export const ENVIRONMENT_RULES: readonly Rule[] = [
  {
    id: 'environment-name-once',
    rule: 'each environment has a name of its own',
    check: ({ places }) =>
      repeated(places, ({ environment }) => environment.name).map(({ at, environment }) => ({
        path: `${at}.name`,
        got: environment.name,
      })),
  },
  {
    id: 'account-apart',
    rule: 'an environment that keeps data shares its account with none that does not',
    check: ({ places }) =>
      places
        .filter(
          ({ environment }) => !environment.keepsData && places.some((other) => keepsDataBeside(other, environment)),
        )
        .map(({ at, environment }) => ({ path: `${at}.account`, got: environment.account })),
  },
  {
    id: 'public-zone-once',
    rule: 'each environment has a hosted zone of its own',
    check: ({ places }) => [
      ...repeated(places, ({ environment }) => environment.publicZone.id).map(({ at, environment }) => ({
        path: `${at}.publicZone.id`,
        got: environment.publicZone.id,
      })),
      ...repeated(places, ({ environment }) => environment.publicZone.name).map(({ at, environment }) => ({
        path: `${at}.publicZone.name`,
        got: environment.publicZone.name,
      })),
    ],
  },
  {
    id: 'accounts-name-in-zone',
    rule: 'the name of the accounts service lies in the public zone',
    check: ({ places }) =>
      places
        .filter(({ environment: { accountsName, publicZone } }) => !isWithin(accountsName, publicZone.name))
        .map(({ at, environment: { accountsName, publicZone } }) => ({
          path: `${at}.accountsName`,
          got: accountsName,
          allowed: publicZone.name,
        })),
  },
  {
    id: 'accounts-name-public',
    rule: 'the name of the accounts service lies outside of the zone that only machines see',
    check: ({ places }) =>
      places
        .filter(({ environment: { accountsName, publicZone } }) =>
          isWithin(accountsName, `internal.${publicZone.name}`),
        )
        .map(({ at, environment: { accountsName, publicZone } }) => ({
          path: `${at}.accountsName`,
          got: accountsName,
          allowed: `not internal.${publicZone.name}`,
        })),
  },
  {
    id: 'certificate-name-length',
    rule: `a name that a certificate bears has at most ${CERTIFICATE_NAME_LENGTH_MAX} characters`,
    check: ({ places }) =>
      places.flatMap(({ at, environment: { accountsName, publicZone, regions } }) =>
        [
          ...regions.map(({ name }) => ({ path: `${at}.accountsName`, got: `${name}.${accountsName}` })),
          { path: `${at}.publicZone.name`, got: `keysigner.internal.${publicZone.name}` },
        ].filter(({ got }) => got.length > CERTIFICATE_NAME_LENGTH_MAX),
      ),
  },
  {
    id: 'sender-in-zone',
    rule: 'mail is sent from the public zone, whose records say who may send for it',
    check: ({ places }) =>
      places.flatMap(({ at, environment: { mail, publicZone } }) =>
        mail.via === 'ses' && !isWithin(mail.sender.split('@')[1] ?? '', publicZone.name)
          ? [{ path: `${at}.mail.sender`, got: mail.sender, allowed: publicZone.name }]
          : [],
      ),
  },
  {
    id: 'mail-sent',
    rule: 'an environment that keeps data sends its mail, and drops none in a sink',
    check: ({ places }) =>
      places
        .filter(({ environment: { keepsData, mail } }) => keepsData && mail.via === 'sink')
        .map(({ at, environment }) => ({ path: `${at}.mail.via`, got: environment.mail.via })),
  },
  {
    id: 'sink-beside-generators',
    rule: 'mail of two regions ends in a sink only beside the generators of a load test, where the sink stands',
    check: ({ places }) =>
      places
        .filter(
          ({ environment: { keepsData, mail, shape } }) =>
            !keepsData && mail.via === 'sink' && 'twoRegions' in shape && shape.twoRegions.generators === undefined,
        )
        .map(({ at, environment }) => ({ path: `${at}.mail.via`, got: environment.mail.via })),
  },
  {
    id: 'lifetime-decided',
    rule: 'an environment of two regions that keeps no data says when it is deleted, or why it is kept',
    check: ({ places }) =>
      places
        .filter((place) => isPassing(place) && place.environment.lifetime === undefined)
        .map(({ at }) => ({ path: `${at}.lifetime`, got: undefined })),
  },
  {
    id: 'lifetime-only-there',
    rule: 'only an environment of two regions that keeps no data has a lifetime',
    check: ({ places }) =>
      places
        .filter((place) => !isPassing(place) && place.environment.lifetime !== undefined)
        .map(({ at, environment }) => ({ path: `${at}.lifetime`, got: environment.lifetime })),
  },
];

function keepsDataBeside({ environment }: Place, { account }: Place['environment']): boolean {
  return environment.keepsData && environment.account === account;
}

function isPassing({ environment }: Place): boolean {
  return 'twoRegions' in environment.shape && !environment.keepsData;
}

function isWithin(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}
