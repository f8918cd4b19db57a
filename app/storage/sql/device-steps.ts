/** The steps on devices in a SQL store: one device a session, one session a device. */

import type { Transaction } from 'kysely';
import { type AccountStore, DEVICES_MAX } from '../ports.ts';
import type { Tables } from './schema.ts';
import type { SqlStoreContext } from './store.ts';
import { storeStep } from './unavailable.ts';

type DeviceSteps = Pick<AccountStore, 'registerDevice' | 'updateDevice' | 'killDevice'>;
/** A step within a transaction, which is the first argument. */
type Within<Step> = Step extends (...parameters: infer Parameters) => infer Answer
  ? (transaction: Transaction<Tables>, ...parameters: Parameters) => Answer
  : never;

export function createDeviceSteps({ connection }: SqlStoreContext): DeviceSteps {
  const inTransaction = <Value>(steps: (transaction: Transaction<Tables>) => Promise<Value>) =>
    storeStep(() => connection.database.transaction().execute(steps));
  return {
    registerDevice: (device) => inTransaction((transaction) => registerDevice(transaction, device)),
    updateDevice: (device) => inTransaction((transaction) => updateDevice(transaction, device)),
    killDevice: (device, options) => inTransaction((transaction) => killDevice(transaction, device, options)),
  };
}

const registerDevice: Within<DeviceSteps['registerDevice']> = async (transaction, device) => {
  const holder = await deviceOfSession(transaction, device.sessionStoredId);
  if (holder !== undefined) return { outcome: 'session-has-device', deviceId: holder };
  const { count } = await transaction
    .selectFrom('devices')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('uid', '=', device.uid)
    .executeTakeFirstOrThrow();
  if (count >= DEVICES_MAX) return { outcome: 'too-many-devices' };
  if (!(await pointSessionAt(transaction, device.sessionStoredId, device.id))) return { outcome: 'dead-session' };
  await transaction.insertInto('devices').values(device).execute();
  return { outcome: 'registered' };
};

const updateDevice: Within<DeviceSteps['updateDevice']> = async (transaction, { uid, id, ...changes }) => {
  const known = await findSession(transaction, { uid, id });
  if (known === undefined) return { outcome: 'unknown-device' };
  const { sessionStoredId } = changes;
  const holder = await deviceOfSession(transaction, sessionStoredId);
  if (holder !== undefined && holder !== id) return { outcome: 'session-has-device', deviceId: holder };
  if (!(await pointSessionAt(transaction, sessionStoredId, id))) return { outcome: 'dead-session' };
  await transaction.updateTable('devices').set(changes).where('uid', '=', uid).where('id', '=', id).execute();
  if (known !== sessionStoredId) await pointSessionAt(transaction, known, null);
  return { outcome: 'updated' };
};

const killDevice: Within<DeviceSteps['killDevice']> = async (transaction, { uid, id }, { deadAt }) => {
  const sessionStoredId = await findSession(transaction, { uid, id });
  if (sessionStoredId === undefined) return 'unknown-device';
  await transaction.deleteFrom('devices').where('uid', '=', uid).where('id', '=', id).execute();
  await transaction
    .updateTable('sessions')
    .set({ deadAt })
    .where('storedId', '=', sessionStoredId)
    .where('deadAt', 'is', null)
    .execute();
  return 'destroyed';
};

/** The session that a device uses; undefined when the account has no such device. */
async function findSession(
  transaction: Transaction<Tables>,
  { uid, id }: { uid: string; id: string },
): Promise<string | undefined> {
  const device = await transaction
    .selectFrom('devices')
    .select('sessionStoredId')
    .where('uid', '=', uid)
    .where('id', '=', id)
    .executeTakeFirst();
  return device?.sessionStoredId;
}

async function deviceOfSession(transaction: Transaction<Tables>, sessionStoredId: string): Promise<string | undefined> {
  const device = await transaction
    .selectFrom('devices')
    .select('id')
    .where('sessionStoredId', '=', sessionStoredId)
    .executeTakeFirst();
  return device?.id;
}

/** @returns whether the session lives. A device on a dead one would be in no list, and in the way for ever. */
async function pointSessionAt(
  transaction: Transaction<Tables>,
  storedId: string,
  deviceId: string | null,
): Promise<boolean> {
  const { numUpdatedRows } = await transaction
    .updateTable('sessions')
    .set({ deviceId })
    .where('storedId', '=', storedId)
    .where('deadAt', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}
