/** The steps on sessions and one-time tokens in a SQL store. */

import type { AccountStore } from '../ports.ts';
import { appendEvents } from './events.ts';
import type { SqlStoreContext } from './store.ts';
import { storeStep } from './unavailable.ts';

type TokenSteps = Pick<
  AccountStore,
  'createSession' | 'touchSession' | 'killSession' | 'createOneTimeToken' | 'takeOneTimeToken' | 'spendTry'
>;

export function createTokenSteps({ connection, region }: SqlStoreContext): TokenSteps {
  const { database } = connection;
  return {
    createSession: (session, { events }) =>
      storeStep(() =>
        database.transaction().execute(async (transaction) => {
          await transaction.insertInto('sessions').values(session).execute();
          await appendEvents(transaction, { region, events });
        }),
      ),

    touchSession: (storedId, { lastAccessAt, userAgent }) =>
      storeStep(async () => {
        await database
          .updateTable('sessions')
          .set({ lastAccessAt, userAgent })
          .where('storedId', '=', storedId)
          .where('deadAt', 'is', null)
          .where('lastAccessAt', '<=', lastAccessAt)
          .execute();
      }),

    killSession: (storedId, { deadAt }) =>
      storeStep(() =>
        database.transaction().execute(async (transaction) => {
          await transaction
            .updateTable('sessions')
            .set({ deadAt })
            .where('storedId', '=', storedId)
            .where('deadAt', 'is', null)
            .execute();
          await transaction.deleteFrom('devices').where('sessionStoredId', '=', storedId).execute();
        }),
      ),

    createOneTimeToken: (token) =>
      storeStep(() =>
        database.transaction().execute(async (transaction) => {
          if (token.kind !== 'keyFetchToken') {
            await transaction
              .updateTable('oneTimeTokens')
              .set({ deadAt: token.createdAt })
              .where('uid', '=', token.uid)
              .where('kind', '=', token.kind)
              .where('deadAt', 'is', null)
              .execute();
          }
          await transaction.insertInto('oneTimeTokens').values(token).execute();
        }),
      ),

    takeOneTimeToken: (kind, storedId, { deadAt }) =>
      storeStep(async () => {
        const { numUpdatedRows } = await database
          .updateTable('oneTimeTokens')
          .set({ deadAt })
          .where('storedId', '=', storedId)
          .where('kind', '=', kind)
          .where('deadAt', 'is', null)
          .executeTakeFirst();
        return numUpdatedRows === 1n;
      }),

    spendTry: (storedId, { deadAt }) =>
      storeStep(() =>
        database.transaction().execute(async (transaction) => {
          // Counted by the update itself: two guesses that read the same number must not count as one.
          const { numUpdatedRows } = await transaction
            .updateTable('oneTimeTokens')
            .set(({ eb }) => ({ triesLeft: eb('triesLeft', '-', 1) }))
            .where('storedId', '=', storedId)
            .where('deadAt', 'is', null)
            .where('triesLeft', '>', 0)
            .executeTakeFirst();
          if (numUpdatedRows === 0n) return undefined;
          const { triesLeft } = await transaction
            .selectFrom('oneTimeTokens')
            .select('triesLeft')
            .where('storedId', '=', storedId)
            .executeTakeFirstOrThrow();
          if (triesLeft === 0) {
            await transaction.updateTable('oneTimeTokens').set({ deadAt }).where('storedId', '=', storedId).execute();
          }
          return { triesLeft };
        }),
      ),
  };
}
