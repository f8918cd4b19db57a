/** The SQL store: one implementation of what dbwriters do, whatever the dialect. */

import type { AccountStore } from '../ports.ts';
import { createAccountSteps } from './account-steps.ts';
import { createDeviceSteps } from './device-steps.ts';
import type { SqlConnection } from './dialect/dialect.ts';
import { readEvents } from './events.ts';
import { createLimitSteps } from './limit-steps.ts';
import { pruneRows } from './prune.ts';
import { createSqlReader } from './reader.ts';
import { createTokenSteps } from './token-steps.ts';
import { storeStep } from './unavailable.ts';

export interface SqlStoreContext {
  readonly connection: SqlConnection;
  /** Whose events these are. */
  readonly region: string;
}

/** Makes the store of an open connection whose schema is current. Closing the store closes the connection. */
export function createSqlStore(context: SqlStoreContext): AccountStore {
  const { connection, region } = context;
  return {
    ...createSqlReader(connection),
    ...createAccountSteps(context),
    ...createTokenSteps(context),
    ...createDeviceSteps(context),
    ...createLimitSteps(context),
    eventsAfter: (after, limit) => storeStep(() => readEvents(connection.database, { region, after, limit })),
    prune: (options) => storeStep(() => pruneRows(connection.database, { region, options })),
  };
}
