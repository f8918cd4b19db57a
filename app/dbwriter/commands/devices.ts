/** Commands on devices. */

import type { AccountWriter, CommandOutcome } from '../../storage/commands/table.ts';
import type { DeviceDescription } from '../../storage/commands/values.ts';
import type { CommandContext } from './context.ts';
import { proveSession } from './proofs.ts';

const DEVICE_ID_BYTES = 16;

export function createDevices(context: CommandContext): Pick<AccountWriter, 'putDevice' | 'destroyDevice'> {
  return {
    putDevice: async ({ proof, device }) => {
      const proven = await proveSession(context, 'putDevice', proof);
      if (proven === undefined) return { outcome: 'invalid-token' };
      return putDevice(context, { uid: proven.account.uid, sessionStoredId: proven.token.storedId, device });
    },

    destroyDevice: async ({ proof, id }) => {
      const proven = await proveSession(context, 'destroyDevice', proof);
      if (proven === undefined) return { outcome: 'invalid-token' };
      return { outcome: await context.store.killDevice({ uid: proven.account.uid, id }, { deadAt: context.now() }) };
    },
  };
}

interface DeviceOnSession {
  readonly uid: string;
  readonly sessionStoredId: string;
}

async function putDevice(
  { store, now, random }: CommandContext,
  { uid, sessionStoredId, device }: DeviceOnSession & { device: DeviceDescription },
): Promise<CommandOutcome<'putDevice'>> {
  const { id, ...described } = device;
  if (id !== undefined) {
    const updated = await store.updateDevice({ uid, id, sessionStoredId, ...cleared(described) });
    if (updated.outcome === 'dead-session') return { outcome: 'invalid-token' };
    return updated.outcome === 'updated' ? { outcome: 'updated', id } : updated;
  }
  const createdAt = now();
  const fresh = { uid, id: random(DEVICE_ID_BYTES).toString('hex'), sessionStoredId, createdAt };
  const none = { pushCallback: null, pushPublicKey: null, pushAuthKey: null, availableCommands: null };
  const { name = '', type = '', ...optional } = described;
  const registered = await store.registerDevice({ ...fresh, name, type, ...none, ...cleared(optional) });
  if (registered.outcome === 'dead-session') return { outcome: 'invalid-token' };
  return registered.outcome === 'registered' ? { outcome: 'registered', id: fresh.id, createdAt } : registered;
}

/** The members that were given, with empty push values as null. */
function cleared<Given extends Record<string, string | undefined>>(
  device: Given,
): { [Name in keyof Given]: Given[Name] } {
  const entries = Object.entries(device)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, name.startsWith('push') && value === '' ? null : value]);
  return Object.fromEntries(entries);
}

/** Registers or updates the device that came with a sign-up or a login. A failure is only logged: the session stands without it. */
export async function putDeviceQuietly(
  context: CommandContext,
  { device, ...owner }: DeviceOnSession & { device: DeviceDescription | undefined },
): Promise<string | undefined> {
  if (device === undefined) return undefined;
  try {
    const put = await putDevice(context, { ...owner, device });
    if (put.outcome === 'registered' || put.outcome === 'updated') return put.id;
    context.log.warn({ outcome: put.outcome, uid: owner.uid }, 'the device of a new session was not stored');
  } catch (error) {
    context.log.warn({ err: error, uid: owner.uid }, 'the device of a new session was not stored');
  }
  return undefined;
}
