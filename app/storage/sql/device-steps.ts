/** The steps on devices in a SQL store: one device a session, one session a device. */

import type { Transaction } from 'kysely';
import { type AccountStore, DEVICES_MAX } from '../ports.ts';
import type { Tables } from './schema.ts';
import type { SqlStoreContext } from './store.ts';
import { storeStep } from './unavailable.ts';

type DeviceSteps = Pick<AccountStore, 'registerDevice' | 'updateDevice' | 'killDevice'>;

export function createDeviceSteps({ connection }: SqlStoreContext): DeviceSteps {
  const { database } = connection;
  return {
    registerDevice: (device) =>
      storeStep(() =>
        database.transaction().execute(async (transaction) => {
          const holder = await deviceOfSession(transaction, device.sessionStoredId);
          if (holder !== undefined) return { outcome: 'session-has-device', deviceId: holder } as const;
          const { count } = await transaction
            .selectFrom('devices')
            .select(({ fn }) => fn.countAll<number>().as('count'))
            .where('uid', '=', device.uid)
            .executeTakeFirstOrThrow();
          if (count >= DEVICES_MAX) return { outcome: 'too-many-devices' } as const;
          await transaction.insertInto('devices').values(device).execute();
          await pointSessionAt(transaction, device.sessionStoredId, device.id);
          return { outcome: 'registered' } as const;
        }),
      ),

    updateDevice: ({ uid, id, sessionStoredId, ...changes }) =>
      storeStep(() =>
        database.transaction().execute(async (transaction) => {
          const known = await transaction
            .selectFrom('devices')
            .select('sessionStoredId')
            .where('uid', '=', uid)
            .where('id', '=', id)
            .executeTakeFirst();
          if (known === undefined) return { outcome: 'unknown-device' } as const;
          const holder = await deviceOfSession(transaction, sessionStoredId);
          if (holder !== undefined && holder !== id)
            return { outcome: 'session-has-device', deviceId: holder } as const;
          await transaction
            .updateTable('devices')
            .set({ ...changes, sessionStoredId })
            .where('uid', '=', uid)
            .where('id', '=', id)
            .execute();
          if (known.sessionStoredId !== sessionStoredId) await pointSessionAt(transaction, known.sessionStoredId, null);
          await pointSessionAt(transaction, sessionStoredId, id);
          return { outcome: 'updated' } as const;
        }),
      ),

    killDevice: ({ uid, id }, { deadAt }) =>
      storeStep(() =>
        database.transaction().execute(async (transaction) => {
          const device = await transaction
            .selectFrom('devices')
            .select('sessionStoredId')
            .where('uid', '=', uid)
            .where('id', '=', id)
            .executeTakeFirst();
          if (device === undefined) return 'unknown-device';
          await transaction.deleteFrom('devices').where('uid', '=', uid).where('id', '=', id).execute();
          await transaction
            .updateTable('sessions')
            .set({ deadAt })
            .where('storedId', '=', device.sessionStoredId)
            .where('deadAt', 'is', null)
            .execute();
          return 'destroyed';
        }),
      ),
  };
}

async function deviceOfSession(transaction: Transaction<Tables>, sessionStoredId: string): Promise<string | undefined> {
  const device = await transaction
    .selectFrom('devices')
    .select('id')
    .where('sessionStoredId', '=', sessionStoredId)
    .executeTakeFirst();
  return device?.id;
}

async function pointSessionAt(
  transaction: Transaction<Tables>,
  storedId: string,
  deviceId: string | null,
): Promise<void> {
  await transaction.updateTable('sessions').set({ deviceId }).where('storedId', '=', storedId).execute();
}
