/** The accounts service within this process: a real webhead, keysigner and store; only the stretching is cheap, and the clock is ours. */

import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { SealingKeyring } from '../../app/accounts/sealing.ts';
import { stretchPassword } from '../../app/accounts/verifier.ts';
import { createKeysignerClient } from '../../app/keysigner/client.ts';
import { createKeySet } from '../../app/keysigner/key-set.ts';
import { createRateLimit } from '../../app/keysigner/rate-limit.ts';
import { createKeysignerServer } from '../../app/keysigner/server.ts';
import { signingKeysInMemory } from '../../app/keysigner/signing-keys.ts';
import { listeningPort } from '../../app/platform/http-server.ts';
import { createServiceCaller } from '../../app/platform/service-call/caller.ts';
import type { DeviceRecord } from '../../app/storage/records.ts';
import { createLimiter } from '../../app/webhead/limiter.ts';
import { createWebheadServer } from '../../app/webhead/server.ts';
import type { WebheadService } from '../../app/webhead/service.ts';
import { createSessionToucher } from '../../app/webhead/session-toucher.ts';
import { openStoreFixture, PUBLIC_URL, SESSION_IDLE_MS, SILENT, type StoreFixture } from './store-fixture.ts';

const PAIR = { current: { id: 'webhead-1', key: 'cd'.repeat(32) } };

export interface AccountsService {
  readonly app: FastifyInstance;
  readonly fixture: StoreFixture;
  readonly service: WebheadService;
  /** What was pushed to devices. */
  readonly pushed: { readonly devices: readonly DeviceRecord[]; readonly payload?: string }[];
  close(): Promise<void>;
}

export interface AccountsServiceOptions {
  readonly development?: boolean;
  readonly limits?: boolean;
  /** Writes go through a real dbwriter on loopback, which checks what it is sent. */
  readonly remote?: boolean;
  readonly keyring?: SealingKeyring;
  readonly hawkSkewSeconds?: number;
  readonly clientAddressDepth?: number;
  readonly publicUrl?: string;
}

export async function startAccountsService(options: AccountsServiceOptions = {}): Promise<AccountsService> {
  const { development = true, limits = false, remote = false, hawkSkewSeconds, clientAddressDepth = 0 } = options;
  const { publicUrl = PUBLIC_URL } = options;
  // The store's own commands stay lenient: tests stretch cheaply also where the webhead is in production.
  const fixture = await openStoreFixture({
    limits,
    remote,
    ...(options.keyring === undefined ? {} : { keyring: options.keyring }),
  });
  const now = () => fixture.clock.now;
  const signer = await startKeysigner(new URL(PUBLIC_URL).host, now);
  const pushed: { devices: readonly DeviceRecord[]; payload?: string }[] = [];
  const service: WebheadService = {
    reader: fixture.reader,
    writer: fixture.writer,
    keysigner: signer.client,
    stretcher: { stretch: stretchCheaply, close: async () => undefined },
    limiter: createLimiter({ writer: fixture.writer, enabled: limits, now, log: SILENT }),
    push: {
      ping: (devices) => void pushed.push({ devices }),
      send: (devices, { payload }) => void pushed.push({ devices, payload }),
    },
    toucher: createSessionToucher({ writer: fixture.writer, afterMs: 3_600_000, now, log: SILENT }),
    publicUrl,
    contentUrl: `${PUBLIC_URL}/pages`,
    redirectDomain: 'firefox.com',
    development,
    verifierVersion: 0,
    sessionIdleMs: SESSION_IDLE_MS,
    now,
    random: randomBytes,
    log: SILENT,
  };
  const app = createWebheadServer({
    service,
    corsOrigin: '*',
    clientAddressDepth,
    hawkSkewSeconds,
    drainMs: 0,
    registerPages: () => undefined,
  });
  await app.ready();
  return {
    app,
    fixture,
    service,
    pushed,
    close: async () => {
      await app.close();
      await signer.close();
      await fixture.close();
    },
  };
}

const stretchCheaply: WebheadService['stretcher']['stretch'] = async ({ authPW, authSalt, verifierVersion }) => {
  const keys = await stretchPassword({
    authPW: Buffer.from(authPW, 'hex'),
    authSalt: Buffer.from(authSalt, 'hex'),
    verifierVersion: 0,
  });
  return {
    authSalt,
    verifierVersion,
    verifyHash: keys.verifyHash.toString('hex'),
    wrapwrapKey: keys.wrapwrapKey.toString('hex'),
  };
};

async function startKeysigner(domain: string, now: () => number) {
  const keys = signingKeysInMemory(await keySet);
  const make = (url: string) =>
    createKeysignerServer({
      log: SILENT,
      keys,
      domain,
      durationMsMax: 86_400_000,
      url,
      webheadSecrets: PAIR,
      perUid: createRateLimit({ burst: 1000, perMinute: 1000, keysMax: 1000, now: Date.now }),
      perCaller: createRateLimit({ burst: 1000, perMinute: 1000, keysMax: 10, now: Date.now }),
      signaturesMax: 100,
      now: Date.now,
      drainMs: 0,
    });
  // The port is under the signature, so it must be known before the server is made.
  const probe = make('http://127.0.0.1:1');
  await probe.listen({ host: '127.0.0.1', port: 0 });
  const port = listeningPort(probe);
  await probe.close();
  const url = `http://127.0.0.1:${port}`;
  const app = make(url);
  await app.listen({ host: '127.0.0.1', port });
  const caller = createServiceCaller({ url, secrets: PAIR, connectionsMax: 4, callsMax: 100, timeoutMs: 1900 });
  return {
    client: createKeysignerClient({ caller, now, log: SILENT }),
    close: async () => {
      await caller.close();
      await app.close();
    },
  };
}

/** Made once: a key takes a while. */
const keySet = createKeySet(Date.now());
