/** The headers that every answer carries, and the answer to a browser that asks what it may do. */

import type { FastifyInstance } from 'fastify';

const PREFLIGHT_SECONDS = '86400';

/** What never changes from answer to answer. */
const CONSTANT_HEADERS = {
  'strict-transport-security': 'max-age=15552000; includeSubdomains',
  'x-frame-options': 'DENY',
  'x-xss-protection': '1; mode=block',
  'x-download-options': 'noopen',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-cache',
} as const;

const CORS_HEADERS = {
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
  'access-control-allow-headers': 'Authorization, Content-Type, If-None-Match',
  'access-control-max-age': PREFLIGHT_SECONDS,
} as const;

/** The headers of an answer given now: clients take their clock's error from `timestamp`, in whole seconds. */
export function commonHeaders(corsOrigin: string, now: number): Record<string, string> {
  return {
    ...CONSTANT_HEADERS,
    'access-control-allow-origin': corsOrigin,
    'access-control-expose-headers': 'WWW-Authenticate, Server-Authorization, Timestamp, Accept-Language',
    vary: 'origin',
    timestamp: String(Math.floor(now / 1000)),
  };
}

/** Sets the headers at the first moment of every request, so that no answer can go out without them. */
export function registerHeaders(
  app: FastifyInstance,
  { corsOrigin, now }: { corsOrigin: string; now: () => number },
): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(commonHeaders(corsOrigin, now()));
    if (request.method !== 'OPTIONS') {
      done();
      return;
    }
    reply.headers(CORS_HEADERS).code(200).send();
  });
}
