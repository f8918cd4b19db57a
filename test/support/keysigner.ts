/** A keysigner on a clock that stands still, and calls to it as a webhead signs them. */

import type { FastifyInstance } from 'fastify';
import { createRateLimit } from '../../app/keysigner/rate-limit.ts';
import { createKeysignerServer, type KeysignerServerOptions } from '../../app/keysigner/server.ts';
import type { SigningKeys } from '../../app/keysigner/signing-keys.ts';
import { writeHawkHeader } from '../../app/platform/hawk/header.ts';
import { hawkMac, hawkPayloadHash } from '../../app/platform/hawk/mac.ts';
import { SILENT } from './store-fixture.ts';

export const NOW = 1_700_000_000_000;
export const SECRET = { id: 'webhead-2', key: 'cd'.repeat(32) };
export const PREVIOUS_SECRET = { id: 'webhead-1', key: 'ef'.repeat(32) };
const URL_OF_IT = 'http://keysigner.internal:8080';

export const REQUEST = {
  uid: 'a0a1a2a3a4a5a6a7a8a9aaabacadaeaf',
  email: 'andré@example.org',
  generation: 1_600_000_000_001,
  lastAuthAt: 1_650_000_000,
  keysChangedAt: 1_600_000_000_000,
  deviceId: 'b0b1b2b3b4b5b6b7b8b9babbbcbdbebf',
  publicKey: { algorithm: 'RS', n: '1234567890', e: '65537' },
  durationMs: 21_600_000,
};

/** @param changes what differs from a keysigner with room for everybody. `lines` gets what it writes down. */
export function keysignerServer(
  keys: SigningKeys,
  { lines = [], ...changes }: Partial<KeysignerServerOptions> & { lines?: string[] } = {},
): FastifyInstance {
  const write = (line: object) => void lines.push(JSON.stringify(line));
  return createKeysignerServer({
    log: Object.assign(Object.create(SILENT), { info: write, warn: write, error: write }),
    keys,
    domain: 'accounts.example:9000',
    durationMsMax: 21_600_000,
    url: URL_OF_IT,
    webheadSecrets: { current: SECRET, previous: PREVIOUS_SECRET },
    perUid: limitOf(1000),
    perCaller: limitOf(1000),
    signaturesMax: 10,
    now: () => NOW,
    drainMs: 0,
    ...changes,
  });
}

/** Lets `burst` through; no time passes that would let more. */
export function limitOf(burst: number) {
  return createRateLimit({ burst, perMinute: burst, keysMax: 10, now: () => NOW });
}

/**
 * Asks as a webhead does.
 * @param changes `sent` and `sentTo` are what arrives where it is not what was signed; `at` is the caller's clock.
 */
export async function askKeysigner(
  app: FastifyInstance,
  body: string | object,
  changes: {
    method?: 'GET' | 'POST';
    url?: string;
    secret?: typeof SECRET;
    sent?: string;
    sentTo?: string;
    at?: number;
  } = {},
) {
  const { method = 'POST', url = '/v1/certificates', secret = SECRET, at = NOW } = changes;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const ts = Math.floor(at / 1000);
  const nonce = 'n';
  const hash = method === 'GET' ? hawkPayloadHash('', '') : hawkPayloadHash('application/json', text);
  const artifacts = { ts, nonce, method, resource: url, host: 'keysigner.internal', port: 8080, hash };
  const mac = hawkMac(Buffer.from(secret.key, 'hex'), artifacts);
  const answer = await app.inject({
    method,
    url: changes.sentTo ?? url,
    headers: {
      authorization: writeHawkHeader({ id: secret.id, ts, nonce, hash, mac }),
      ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
    },
    ...(method === 'GET' ? {} : { payload: changes.sent ?? text }),
  });
  return { status: answer.statusCode, body: answer.json(), headers: answer.headers };
}
