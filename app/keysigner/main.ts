/** The process of a keysigner. */

import { listeningPort, tlsFiles } from '../platform/http-server.ts';
import { runService, tellListening } from '../platform/lifecycle.ts';
import type { Log } from '../platform/log.ts';
import { readPairSecrets } from '../platform/secrets.ts';
import { type KeysignerConfig, readKeysignerConfig } from './config.ts';
import { createRateLimit } from './rate-limit.ts';
import { createKeysignerServer } from './server.ts';
import { readSigningKeys } from './signing-keys.ts';
import { openKmsSigningKeys } from './signing-keys-kms.ts';

/** Accounts whose rate is remembered; beyond them the one idle longest is forgotten. */
const UIDS_MAX = 100_000;
const CALLERS_MAX = 100;

await runService({
  name: 'keysigner',
  logLevel: process.env['KEYSIGNER_LOG_LEVEL'],
  start: async ({ log, environment }) => {
    const config = readKeysignerConfig(environment);
    const keys = await openKeys(config, log);
    const app = createKeysignerServer({
      log,
      keys,
      domain: config.KEYSIGNER_DOMAIN,
      durationMsMax: config.KEYSIGNER_DURATION_MS_MAX,
      url: config.KEYSIGNER_URL,
      webheadSecrets: await readPairSecrets(config.KEYSIGNER_WEBHEAD_SECRET),
      perUid: rateLimit(config.KEYSIGNER_SIGNATURES_PER_MINUTE_PER_UID, UIDS_MAX),
      perCaller: rateLimit(config.KEYSIGNER_SIGNATURES_PER_MINUTE_PER_CALLER, CALLERS_MAX),
      signaturesMax: config.KEYSIGNER_SIGNATURES_MAX,
      now: Date.now,
      tls: tlsFiles(config.KEYSIGNER_TLS_CERTIFICATE_FILE, config.KEYSIGNER_TLS_PRIVATE_KEY_FILE),
      drainMs: config.KEYSIGNER_DRAIN_MS,
    });
    await app.listen({ host: config.KEYSIGNER_LISTEN_HOST, port: config.KEYSIGNER_PORT });
    tellListening({ http: listeningPort(app) });
    log.info({ port: listeningPort(app) }, 'listening');
    return { stop: () => app.drainAndClose() };
  },
});

function openKeys(config: KeysignerConfig, log: Log) {
  const { KEYSIGNER_KMS_KEY_IDS: keyIds, KEYSIGNER_KMS_REGION: region, KEYSIGNER_KEY_SET_SECRET: secret } = config;
  if (config.KEYSIGNER_BACKEND === 'memory' && secret !== undefined) return readSigningKeys(secret);
  const [first, ...others] = keyIds ?? [];
  if (first === undefined || region === undefined) throw new RangeError('the schema lets no other settings through');
  return openKmsSigningKeys({ region, keyIds: [first, ...others], log });
}

/** A burst of a quarter of a minute's worth. */
function rateLimit(perMinute: number, keysMax: number) {
  return createRateLimit({ burst: Math.max(1, Math.ceil(perMinute / 4)), perMinute, keysMax, now: Date.now });
}
