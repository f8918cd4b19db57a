/** The settings by which a role finds its store: which store, and what that store needs. */

import { z } from 'zod';
import { absolutePath, addresses, fixedPort, integerFrom, regionName, secretReference } from '../platform/config.ts';

const CONTACT_POINTS_MAX = 12;

/** Every store that settings can name, with what it needs. */
const STORES = {
  sqlite: {
    SQLITE_FILE: absolutePath.describe('the file of the embedded store'),
  },
  cassandra: {
    CASSANDRA_CONTACT_POINTS: addresses(CONTACT_POINTS_MAX).describe(
      "addresses of the region's ring nodes themselves, not a balancer's",
    ),
    CASSANDRA_PORT: fixedPort.describe('where ring nodes listen for CQL over TLS'),
    CASSANDRA_DATA_CENTRE: regionName.describe("the ring's data centre of this region, which has the region's name"),
    CASSANDRA_ROLE_SECRET: secretReference.describe("username, password and authorityPem of this role's login"),
    CASSANDRA_REQUESTS_MAX: integerFrom(1, 32_768).describe(
      'requests of one process in flight to the ring before the answer is 503',
    ),
    CASSANDRA_REQUEST_MS_MAX: integerFrom(100, 10_000).describe('a ring that did not answer by then is unavailable'),
  },
} as const;

type Stores = typeof STORES;
type StoreKind = keyof Stores;
type EveryStore = Stores['sqlite'] & Stores['cassandra'];

/** What a role's settings say of its store, without the role's name. */
export type StoreSettings = {
  readonly [Kind in StoreKind]: { readonly STORE: Kind } & {
    readonly [Name in keyof Stores[Kind]]: z.output<Stores[Kind][Name]>;
  };
}[StoreKind];

const storeKind = z.enum(['sqlite', 'cassandra'], { error: 'sqlite or cassandra (mysql is not in this release)' });

/** The store settings of a role, to be spread into its schema, whose check must call `checkStore`. */
export function storeSettings<Role extends string>(role: Role) {
  const members = Object.values(STORES).flatMap((settings) => Object.entries<z.ZodType>(settings));
  return {
    [`${role}_STORE`]: storeKind.describe('which store holds the accounts'),
    ...Object.fromEntries(members.map(([name, setting]) => [`${role}_${name}`, setting.optional()])),
  } as { [Name in `${Role}_STORE`]: typeof storeKind } & {
    [Name in keyof EveryStore as `${Role}_${Name}`]: z.ZodOptional<EveryStore[Name]>;
  };
}

/** Holds a role's settings to its store: all that the store needs, and nothing of another one. */
export function checkStore(
  role: string,
  settings: Readonly<Record<string, unknown>>,
  need: (name: string, message: string) => void,
): void {
  const chosen = settings[`${role}_STORE`];
  for (const [kind, members] of Object.entries(STORES)) {
    for (const member of Object.keys(members)) {
      const name = `${role}_${member}`;
      const isGiven = settings[name] !== undefined;
      if (kind === chosen && !isGiven) need(name, `is needed by the store ${kind}`);
      if (kind !== chosen && isGiven) need(name, `none with the store ${chosen}`);
    }
  }
}

/** The store of settings that `checkStore` found nothing wrong with. */
export function storeOf<Role extends string>(
  role: Role,
  settings: { readonly [Name in `${Role}_STORE`]: StoreKind },
): StoreSettings {
  const values: Readonly<Record<string, unknown>> = settings;
  const kind: StoreKind = settings[`${role}_STORE`];
  const own = Object.keys(STORES[kind]).map((member) => [member, values[`${role}_${member}`]]);
  return { STORE: kind, ...Object.fromEntries(own) } as StoreSettings;
}
