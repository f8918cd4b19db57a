/** Messages to devices through the push services that they name: in the background, bounded, and through the guarded agent alone. */

import { type Dispatcher, request } from 'undici';
import type { Log } from '../platform/log.ts';
import type { DeviceRecord } from '../storage/records.ts';

const IN_FLIGHT_MAX = 64;
/** From the first byte sent to the last one read: the agent's own limits are on each wait, and a push service may drip. */
const DELIVERY_MS_MAX = 10_000;
const TTL_SECONDS_DEFAULT = 0;

export interface Push {
  /** Wakes devices without a message. */
  ping(devices: readonly DeviceRecord[]): void;
  /** Sends a message to the devices that told the keys to encrypt it with. */
  send(devices: readonly DeviceRecord[], message: { payload: string; ttlSeconds: number }): void;
}

/** Delivery is best effort: what fails is logged without the address, which names a person's browser. */
export function createPush({ agent, log }: { agent: Dispatcher; log: Log }): Push {
  let inFlight = 0;
  const deliver = ({ uid, id }: DeviceRecord, attempt: () => Promise<{ statusCode: number }>) => {
    if (inFlight >= IN_FLIGHT_MAX) {
      log.warn({ uid, deviceId: id, inFlightMax: IN_FLIGHT_MAX }, 'a push was dropped');
      return;
    }
    inFlight += 1;
    attempt()
      .then(({ statusCode }) => {
        if (statusCode >= 400) log.info({ uid, deviceId: id, statusCode }, 'a push service refused a message');
      })
      .catch((error: unknown) => log.info({ uid, deviceId: id, reason: reasonOf(error) }, 'a push was not delivered'))
      .finally(() => {
        inFlight -= 1;
      });
  };

  const post = async (url: string, headers: Record<string, string>, body: Buffer | null) => {
    const signal = AbortSignal.timeout(DELIVERY_MS_MAX);
    const answer = await request(url, { method: 'POST', headers, body, dispatcher: agent, signal });
    await answer.body.dump();
    return answer;
  };

  return {
    ping: (devices) => {
      for (const device of devices) {
        const { pushCallback } = device;
        if (pushCallback === null) continue;
        deliver(device, () => post(pushCallback, { ttl: String(TTL_SECONDS_DEFAULT) }, null));
      }
    },
    send: (devices, { payload, ttlSeconds }) => {
      for (const device of devices) {
        const { pushCallback, pushPublicKey, pushAuthKey } = device;
        if (pushCallback === null || pushPublicKey === null || pushAuthKey === null) continue;
        deliver(device, async () => {
          // Loaded with the first message: few processes ever send one.
          const { default: webPush } = await import('web-push');
          const subscription = { endpoint: pushCallback, keys: { p256dh: pushPublicKey, auth: pushAuthKey } };
          const details = webPush.generateRequestDetails(subscription, payload, {
            TTL: ttlSeconds,
            contentEncoding: 'aes128gcm',
          });
          const headers = Object.entries(details.headers).map(([name, value]) => [name, String(value)]);
          return post(pushCallback, Object.fromEntries(headers), details.body ?? null);
        });
      }
    },
  };
}

/** The kind of failure: a message may quote the address. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? `${error.name} ${error.code}` : error.name;
}
