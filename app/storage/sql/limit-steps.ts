/** The counters of the abuse limits in a SQL store. */

import type { Transaction } from 'kysely';
import type { AccountStore } from '../ports.ts';
import type { LimitRecord } from '../records.ts';
import type { Tables } from './schema.ts';
import type { SqlStoreContext } from './store.ts';
import { storeStep } from './unavailable.ts';

export function createLimitSteps({ connection }: SqlStoreContext): Pick<AccountStore, 'changeLimit'> {
  return {
    changeLimit: (limitKey, { now, change }) =>
      storeStep(() =>
        connection.database.transaction().execute(async (transaction) => {
          const stored = await transaction
            .selectFrom('limits')
            .select(['hits', 'windowStartedAt', 'blockedUntil', 'expiresAt'])
            .where('limitKey', '=', limitKey)
            .executeTakeFirst();
          const changed = change(stored !== undefined && stored.expiresAt > now ? stored : undefined);
          // Most questions are only looks: what is not changed is not written.
          if (changed !== stored) await replaceLimit(transaction, { limitKey, stored, changed });
          return changed;
        }),
      ),
  };
}

interface LimitChange {
  readonly limitKey: string;
  readonly stored: LimitRecord | undefined;
  readonly changed: LimitRecord | undefined;
}

async function replaceLimit(
  transaction: Transaction<Tables>,
  { limitKey, stored, changed }: LimitChange,
): Promise<void> {
  if (changed === undefined) {
    await transaction.deleteFrom('limits').where('limitKey', '=', limitKey).execute();
  } else if (stored === undefined) {
    await transaction
      .insertInto('limits')
      .values({ ...changed, limitKey })
      .execute();
  } else {
    await transaction
      .updateTable('limits')
      .set({ ...changed })
      .where('limitKey', '=', limitKey)
      .execute();
  }
}
