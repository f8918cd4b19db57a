/** The route by which one device wakes the others with a message that only they can read. */

import { z } from 'zod';
import { defineRoute, nothing, type Route } from '../route.ts';
import type { WebheadService } from '../service.ts';
import { hex } from '../values.ts';
import { liveDevices } from './devices.ts';

const TTL_SECONDS_MAX = 28 * 86_400;
const TARGETS_MAX = 500;

const text = z.string().max(255);
const command = <Name extends string, Data extends z.ZodType>(name: Name, data: Data) =>
  z.strictObject({ version: z.literal(1), command: z.literal(name), data });

/** The messages that clients of this protocol understand. */
const pushPayload = z.discriminatedUnion('command', [
  command('fxaccounts:device_connected', z.strictObject({ deviceName: text })),
  command('fxaccounts:device_disconnected', z.strictObject({ id: hex(32) })),
  command('fxaccounts:profile_updated', z.strictObject({}).optional()),
  command('fxaccounts:password_changed', z.strictObject({}).optional()),
  command('fxaccounts:password_reset', z.strictObject({}).optional()),
  command('fxaccounts:account_destroyed', z.strictObject({ uid: hex(32) })),
  command(
    'fxaccounts:command_received',
    z.strictObject({ command: text, index: z.int().nonnegative(), sender: text.optional(), url: z.string().max(2048) }),
  ),
  command(
    'sync:collection_changed',
    z.strictObject({
      collections: z
        .array(z.enum(['addons', 'bookmarks', 'history', 'forms', 'prefs', 'tabs', 'passwords', 'clients']))
        .min(1)
        .max(8),
      reason: z.enum(['firstsync']).optional(),
    }),
  ),
]);

export function notifyRoute(service: WebheadService): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/account/devices/notify',
    summary: "Sends a message to the account's other devices. Whether it arrives is not told.",
    authentication: 'sessionToken',
    body: z.object({
      to: z.union([z.literal('all'), z.array(hex(32)).max(TARGETS_MAX)]),
      excluded: z.array(hex(32)).max(TARGETS_MAX).optional(),
      payload: pushPayload,
      TTL: z.int().min(0).max(TTL_SECONDS_MAX).optional(),
    }),
    answer: nothing,
    errors: [],
    handle: async ({ live: { token, account }, body: { to, excluded = [], payload, TTL: ttlSeconds = 0 } }) => {
      const devices = (await liveDevices(service, account)).map(({ device }) => device);
      const others = devices.filter(({ sessionStoredId }) => sessionStoredId !== token.storedId);
      const chosen = others.filter(({ id }) => (to === 'all' || to.includes(id)) && !excluded.includes(id));
      service.push.send(chosen, { payload: JSON.stringify(payload), ttlSeconds });
      return {};
    },
  });
}
