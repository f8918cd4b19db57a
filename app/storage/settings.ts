/** The settings by which a role finds its store. */

import { absolutePath, oneOf } from '../platform/config.ts';

/** Every store that the services' configuration knows. This release carries `sqlite`. */
const STORE_KINDS = ['sqlite', 'cassandra', 'mysql'] as const;
const CARRIED_STORES: readonly string[] = ['sqlite'];

/** The store settings of a role, to be spread into its schema. */
export function storeSettings<Role extends string>(role: Role) {
  const kind = oneOf(...STORE_KINDS).refine((value) => CARRIED_STORES.includes(value), {
    error: `${CARRIED_STORES.join(' or ')} (the others are not in this release)`,
  });
  return {
    [`${role}_STORE`]: kind.describe('which store holds the accounts'),
    [`${role}_SQLITE_FILE`]: absolutePath.describe('the file of the embedded store'),
  } as { [Name in `${Role}_STORE`]: typeof kind } & { [Name in `${Role}_SQLITE_FILE`]: typeof absolutePath };
}
