/** Routes on the devices of an account. */

import { z } from 'zod';
import { compareGeneration } from '../../accounts/generation.ts';
import { isSessionIdle } from '../../accounts/lifetimes.ts';
import { serviceError } from '../../accounts/service-errors.ts';
import type { AccountRecord, DeviceRecord } from '../../storage/records.ts';
import { defineRoute, missingParameter, nothing, type Route } from '../route.ts';
import type { WebheadService } from '../service.ts';
import { arePushKeysPaired, deviceMembers, hex } from '../values.ts';
import { describeDevice } from './account.ts';
import { notifyRoute } from './devices-notify.ts';

export function deviceRoutes(service: WebheadService): readonly Route[] {
  return [putDevice(service), listDevices(service), destroyDevice(service), notifyRoute(service)];
}

function putDevice({ writer, development }: WebheadService): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/account/device',
    summary: 'Registers a device on this session, or changes one and moves it to this session.',
    authentication: 'sessionToken',
    body: z.object({ id: hex(32).optional(), ...z.object(deviceMembers(development)).partial().shape }),
    answer: z.looseObject({ id: z.string(), createdAt: z.int().optional() }),
    errors: ['UNKNOWN_DEVICE', 'SESSION_HAS_DEVICE', 'REQUEST_BLOCKED'],
    handle: async ({ body, proof }) => {
      const { id, ...members } = body;
      if (id === undefined && (body.name === undefined || body.type === undefined)) throw missingParameter('id');
      if (id !== undefined && Object.values(members).every((value) => value === undefined))
        throw missingParameter('value');
      if (!arePushKeysPaired(body)) throw missingParameter('pushAuthKey');
      const put = await writer.putDevice({ proof, device: describeDevice(body) });
      switch (put.outcome) {
        case 'registered':
          return { ...members, id: put.id, createdAt: put.createdAt };
        case 'updated':
          return { ...members, id: put.id };
        case 'unknown-device':
          throw serviceError('UNKNOWN_DEVICE');
        case 'session-has-device':
          throw serviceError('SESSION_HAS_DEVICE', { extras: { deviceId: put.deviceId } });
        case 'too-many-devices':
          throw serviceError('REQUEST_BLOCKED');
        case 'invalid-token':
          throw serviceError('INVALID_TOKEN');
      }
    },
  });
}

function listDevices(service: WebheadService): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/account/devices',
    summary: "The account's devices.",
    authentication: 'sessionToken',
    answer: z.array(
      z.looseObject({ id: z.string(), isCurrentDevice: z.boolean(), lastAccessTime: z.int().nullable() }),
    ),
    errors: [],
    handle: async ({ live: { token, account } }) =>
      (await liveDevices(service, account)).map(({ device, lastAccessAt }) => ({
        id: device.id,
        isCurrentDevice: device.sessionStoredId === token.storedId,
        lastAccessTime: lastAccessAt,
        name: device.name,
        type: device.type,
        pushCallback: device.pushCallback,
        pushPublicKey: device.pushPublicKey,
        // Members that newer clients read, where the device has them.
        ...(device.pushAuthKey === null ? {} : { pushAuthKey: device.pushAuthKey }),
        ...(device.availableCommands === null ? {} : { availableCommands: JSON.parse(device.availableCommands) }),
      })),
  });
}

/** The devices whose sessions are of the account's generation. */
export async function liveDevices(
  { reader, now, sessionIdleMs }: WebheadService,
  account: AccountRecord,
): Promise<readonly { device: DeviceRecord; lastAccessAt: number }[]> {
  const devices = await reader.devicesOf(account.uid);
  return devices
    .filter(({ session }) => compareGeneration(session, account) === 'same')
    .filter(({ session }) => !isSessionIdle(session, { now: now(), idleMsMax: sessionIdleMs }))
    .map(({ device, session }) => ({ device, lastAccessAt: session.lastAccessAt }));
}

function destroyDevice({ writer }: WebheadService): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/account/device/destroy',
    summary: 'Removes a device and ends its session.',
    authentication: 'sessionToken',
    body: z.object({ id: hex(32) }),
    answer: nothing,
    errors: ['UNKNOWN_DEVICE'],
    handle: async ({ body: { id }, proof }) => {
      const { outcome } = await writer.destroyDevice({ proof, id });
      switch (outcome) {
        case 'destroyed':
          return {};
        case 'unknown-device':
          throw serviceError('UNKNOWN_DEVICE');
        case 'invalid-token':
          throw serviceError('INVALID_TOKEN');
      }
    },
  });
}
