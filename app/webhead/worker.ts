/** A worker process of the webhead: it serves. */

import { randomBytes } from 'node:crypto';
import { createKeysignerClient } from '../keysigner/client.ts';
import { createGuardedAgent } from '../platform/guarded-agent.ts';
import { tlsFiles } from '../platform/http-server.ts';
import type { RunningService, ServiceContext } from '../platform/lifecycle.ts';
import { readPairSecrets } from '../platform/secrets.ts';
import { createServiceCaller } from '../platform/service-call/caller.ts';
import { openReader } from '../storage/open.ts';
import { createRemoteWriter } from '../storage/remote/writer.ts';
import { storeOf } from '../storage/settings.ts';
import { readWebheadConfig, type WebheadConfig } from './config.ts';
import { createLimiter } from './limiter.ts';
import { readPages, registerPages } from './pages/pages.ts';
import { createPush } from './push.ts';
import { createWebheadServer } from './server.ts';
import { createSessionToucher } from './session-toucher.ts';
import { connectStretcher } from './stretcher/client.ts';

/** Connections of one worker to each neighbour: more in flight than a few dozen only queue there. */
const CONNECTIONS_MAX = 32;
const PUSH_CONNECTIONS_MAX = 4;
const PUSH_MS_MAX = 5000;
const PUSH_ANSWER_BYTES_MAX = 16_384;

export async function startWorker({ log, environment }: ServiceContext): Promise<RunningService> {
  const config = readWebheadConfig(environment);
  const now = Date.now;
  const development = config.WEBHEAD_ENVIRONMENT === 'development';
  const callers = await openCallers(config);
  const writer = createRemoteWriter({ caller: callers.dbwriter });
  const reader = openReader({ settings: storeOf('WEBHEAD', config), now, log });
  const agent = createGuardedAgent({
    connectionsMax: PUSH_CONNECTIONS_MAX,
    timeoutMs: PUSH_MS_MAX,
    answerBytesMax: PUSH_ANSWER_BYTES_MAX,
    allowPrivate: development,
  });
  const stretcher = connectStretcher({
    socketPath: environment.PRIMARY_STRETCHER_SOCKET ?? '',
    waitMsMax: config.WEBHEAD_STRETCHER_WAIT_MS_MAX,
    callsMax: config.WEBHEAD_STRETCHER_WAITING_MAX + config.WEBHEAD_STRETCHER_THREADS,
  });
  const pages = await readPages(config.WEBHEAD_PAGES_FOLDER);
  const app = createWebheadServer({
    service: {
      reader,
      writer,
      keysigner: createKeysignerClient({ caller: callers.keysigner, now, log }),
      stretcher,
      limiter: createLimiter({ writer, enabled: config.WEBHEAD_LIMITS, now, log }),
      push: createPush({ agent, log }),
      toucher: createSessionToucher({ writer, afterMs: config.WEBHEAD_SESSION_TOUCH_AFTER_MS, now, log }),
      publicUrl: config.WEBHEAD_PUBLIC_URL,
      contentUrl: config.WEBHEAD_CONTENT_URL,
      redirectDomain: config.WEBHEAD_REDIRECT_DOMAIN,
      development,
      verifierVersion: config.WEBHEAD_VERIFIER_VERSION,
      sessionIdleMs: config.WEBHEAD_SESSION_IDLE_MS,
      now,
      random: randomBytes,
      log,
    },
    corsOrigin: config.WEBHEAD_CORS_ORIGIN,
    clientAddressDepth: config.WEBHEAD_CLIENT_ADDRESS_DEPTH,
    hawkSkewSeconds: config.WEBHEAD_HAWK_SKEW_SECONDS,
    drainMs: config.WEBHEAD_DRAIN_MS,
    tls: tlsFiles(config.WEBHEAD_TLS_CERTIFICATE_FILE, config.WEBHEAD_TLS_PRIVATE_KEY_FILE),
    registerPages: (server) =>
      registerPages(server, {
        pages,
        publicUrl: config.WEBHEAD_PUBLIC_URL,
        redirectDomain: config.WEBHEAD_REDIRECT_DOMAIN,
      }),
  });
  await app.listen({ host: config.WEBHEAD_LISTEN_HOST, port: config.WEBHEAD_PORT });
  return {
    stop: async () => {
      await app.drainAndClose();
      await Promise.all([
        callers.dbwriter.close(),
        callers.keysigner.close(),
        stretcher.close(),
        agent.destroy(),
        reader.close(),
      ]);
    },
  };
}

async function openCallers(config: WebheadConfig) {
  const shared = {
    connectionsMax: CONNECTIONS_MAX,
    callsMax: config.WEBHEAD_CALLS_MAX,
    timeoutMs: config.WEBHEAD_CALL_MS_MAX,
    authorityFile: config.WEBHEAD_AUTHORITY_FILE,
  };
  return {
    dbwriter: createServiceCaller({
      ...shared,
      url: config.WEBHEAD_DBWRITER_URL,
      secrets: await readPairSecrets(config.WEBHEAD_DBWRITER_SECRET),
    }),
    keysigner: createServiceCaller({
      ...shared,
      url: config.WEBHEAD_KEYSIGNER_URL,
      secrets: await readPairSecrets(config.WEBHEAD_KEYSIGNER_SECRET),
    }),
  };
}
