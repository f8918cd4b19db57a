/** The steps that make, change and end accounts in a SQL store. */

import type { Transaction } from 'kysely';
import type { AccountStore } from '../ports.ts';
import type { AccountEvent, SealedAccountRecord } from '../records.ts';
import { appendEvents } from './events.ts';
import { accountRecord } from './reader.ts';
import type { AccountRow, Database, Tables } from './schema.ts';
import type { SqlStoreContext } from './store.ts';
import { storeStep } from './unavailable.ts';

type AccountSteps = Pick<
  AccountStore,
  | 'sealedAccountByUid'
  | 'sealedAccountByEmail'
  | 'createAccount'
  | 'setPassword'
  | 'resealSecrets'
  | 'markVerified'
  | 'lockAccount'
  | 'unlockAccount'
  | 'backfillLocale'
  | 'deleteAccount'
>;

export function createAccountSteps({ connection, region }: SqlStoreContext): AccountSteps {
  const { database } = connection;
  const inTransaction = <Value>(steps: (transaction: Transaction<Tables>) => Promise<Value>) =>
    storeStep(() => database.transaction().execute(steps));

  return {
    sealedAccountByUid: (uid) => storeStep(() => findSealedAccount(database, 'uid', uid)),
    sealedAccountByEmail: (email) => storeStep(() => findSealedAccount(database, 'normalizedEmail', email)),

    createAccount: (account, options) =>
      storeStep(async () => {
        try {
          return await database
            .transaction()
            .execute((transaction) => claimEmail(transaction, { connection, region, account, ...options }));
        } catch (error) {
          if (error instanceof EmailTaken) return 'email-taken';
          throw error;
        }
      }),

    setPassword: (uid, { seenGeneration, password, events }) =>
      inTransaction(async (transaction) => {
        const { numUpdatedRows } = await transaction
          .updateTable('accounts')
          .set({ ...password })
          .where('uid', '=', uid)
          .where('generation', '=', seenGeneration)
          .where('deadAt', 'is', null)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) {
          const account = await findSealedAccount(transaction, 'uid', uid);
          return account === undefined ? 'unknown-account' : 'generation-moved';
        }
        await killTokens(transaction, { uid, deadAt: password.generation });
        await appendEvents(transaction, { region, events });
        return 'set';
      }),

    resealSecrets: (uid, { seen, sealedSecrets }) =>
      storeStep(async () => {
        await database
          .updateTable('accounts')
          .set({ sealedSecrets })
          .where('uid', '=', uid)
          .where('sealedSecrets', '=', seen)
          .execute();
      }),

    markVerified: (uid, { unlock, events }) =>
      inTransaction(async (transaction) => {
        const { numUpdatedRows } = await transaction
          .updateTable('accounts')
          .set({ verified: 1 })
          .where('uid', '=', uid)
          .where('verified', '=', 0)
          .where('deadAt', 'is', null)
          .executeTakeFirst();
        if (unlock) await unlockAccount(transaction, uid);
        if (numUpdatedRows === 0n) {
          const account = await findSealedAccount(transaction, 'uid', uid);
          return account === undefined ? 'unknown-account' : 'already-verified';
        }
        await appendEvents(transaction, { region, events });
        return 'verified';
      }),

    lockAccount: (uid, { lockedAt, sealedUnlockCode }) =>
      inTransaction(async (transaction) => {
        const { numUpdatedRows } = await transaction
          .updateTable('accounts')
          .set({ lockedAt, sealedUnlockCode })
          .where('uid', '=', uid)
          .where('lockedAt', 'is', null)
          .where('deadAt', 'is', null)
          .executeTakeFirst();
        if (numUpdatedRows === 1n) return 'locked';
        const account = await findSealedAccount(transaction, 'uid', uid);
        return account === undefined ? 'unknown-account' : 'already-locked';
      }),

    unlockAccount: (uid) => storeStep(() => unlockAccount(database, uid)),

    backfillLocale: (uid, locale) =>
      storeStep(async () => {
        await database
          .updateTable('accounts')
          .set({ locale })
          .where('uid', '=', uid)
          .where('locale', 'is', null)
          .where('deadAt', 'is', null)
          .execute();
      }),

    deleteAccount: (uid, { deadAt, onlyUnverified, events }) =>
      inTransaction(async (transaction) => {
        if (await killAccount(transaction, { uid, deadAt, onlyUnverified })) {
          await appendEvents(transaction, { region, events });
          return 'deleted';
        }
        const account = await findSealedAccount(transaction, 'uid', uid);
        return account === undefined ? 'unknown-account' : 'verified-account';
      }),
  };
}

/** Ends the transaction, so that an account which was to be replaced lives on. */
class EmailTaken extends Error {
  override readonly name = 'EmailTaken';
}

interface EmailClaim extends SqlStoreContext {
  readonly account: SealedAccountRecord;
  readonly replacesUid: string | undefined;
  readonly events: readonly AccountEvent[];
}

/** @throws EmailTaken */
async function claimEmail(
  transaction: Transaction<Tables>,
  { connection, region, account, replacesUid, events }: EmailClaim,
): Promise<'created'> {
  if (replacesUid !== undefined) {
    const death = { uid: replacesUid, deadAt: account.createdAt, onlyUnverified: true };
    if (!(await killAccount(transaction, death))) throw new EmailTaken('the account is not there to be replaced');
  }
  try {
    await transaction.insertInto('accounts').values(accountRow(account)).execute();
  } catch (cause) {
    throw connection.isUniqueViolation(cause) ? new EmailTaken('another account holds it', { cause }) : cause;
  }
  await appendEvents(transaction, { region, events });
  return 'created';
}

async function findSealedAccount(
  database: Database | Transaction<Tables>,
  by: 'uid' | 'normalizedEmail',
  value: string,
): Promise<SealedAccountRecord | undefined> {
  const row = await database.selectFrom('accounts').selectAll().where(by, '=', value).executeTakeFirst();
  if (row === undefined) return undefined;
  const { deadAt, sealedSecrets, sealedEmailCode, sealedUnlockCode, ...readable } = row;
  const account = accountRecord(readable);
  return account === undefined ? undefined : { ...account, sealedSecrets, sealedEmailCode, sealedUnlockCode };
}

async function unlockAccount(database: Database | Transaction<Tables>, uid: string): Promise<void> {
  await database
    .updateTable('accounts')
    .set({ lockedAt: null, sealedUnlockCode: null })
    .where('uid', '=', uid)
    .where('deadAt', 'is', null)
    .execute();
}

function accountRow(account: SealedAccountRecord): AccountRow {
  return { ...account, verified: account.verified ? 1 : 0, deadAt: null };
}

/** Empties an account's row, so that nothing of it can be read and its e-mail is free. The row stays for a while as a dead one. */
async function killAccount(
  transaction: Transaction<Tables>,
  { uid, deadAt, onlyUnverified }: { uid: string; deadAt: number; onlyUnverified: boolean },
): Promise<boolean> {
  const update = transaction
    .updateTable('accounts')
    .set({
      normalizedEmail: null,
      email: '',
      authSalt: '',
      sealedSecrets: '',
      sealedEmailCode: '',
      sealedUnlockCode: null,
      lockedAt: null,
      locale: null,
      deadAt,
    })
    .where('uid', '=', uid)
    .where('deadAt', 'is', null);
  const { numUpdatedRows } = await (onlyUnverified ? update.where('verified', '=', 0) : update).executeTakeFirst();
  if (numUpdatedRows === 0n) return false;
  await killTokens(transaction, { uid, deadAt });
  return true;
}

/** The generation alone makes older tokens useless; marking them dead lets them be cleared away. */
async function killTokens(
  transaction: Transaction<Tables>,
  { uid, deadAt }: { uid: string; deadAt: number },
): Promise<void> {
  await transaction
    .updateTable('sessions')
    .set({ deadAt })
    .where('uid', '=', uid)
    .where('deadAt', 'is', null)
    .execute();
  await transaction
    .updateTable('oneTimeTokens')
    .set({ deadAt })
    .where('uid', '=', uid)
    .where('deadAt', 'is', null)
    .execute();
  await transaction.deleteFrom('devices').where('uid', '=', uid).execute();
}
