/** The other end of a service call: who calls is known by the signature, and what is called by its hash. */

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type HawkHeader, parseHawkHeader } from '../hawk/header.ts';
import { verifyHawkMac, verifyHawkPayload } from '../hawk/mac.ts';
import type { PairSecrets } from '../secrets.ts';

/** Seconds that a caller's clock may differ from ours. Machines run chrony; more than this is a replay or a fault. */
const SKEW_SECONDS_MAX = 60;
const EMPTY = Buffer.alloc(0);

/** A call without a valid signature. The message says which check failed, to an operator who reads the log of the caller. */
export class CallRefused extends Error {
  override readonly name = 'CallRefused';
  readonly statusCode = 401;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The raw bytes of the body, as they were hashed. */
    rawBody?: Buffer;
  }
  interface FastifyContextConfig {
    /** Whatever the body is, and of whatever type, the route does not look at it. */
    ignoresBody?: boolean;
  }
}

interface Caller {
  readonly name: string;
  readonly key: Uint8Array;
}

export interface ServiceCallVerifier {
  /** The caller's name. @throws CallRefused */
  verify(request: FastifyRequest): string;
}

/**
 * Prepares a server to verify calls; its JSON parser keeps the raw bytes.
 * @param url this service's URL as its callers configure it: host and port are under the MAC.
 * @param callers the secrets shared with each cluster that may call, by the cluster's name.
 */
export function createServiceCallVerifier(
  app: FastifyInstance,
  { url, callers, now }: { url: string; callers: Readonly<Record<string, PairSecrets>>; now: () => number },
): ServiceCallVerifier {
  const { protocol, hostname, port: portText } = new URL(url);
  const port = portText === '' ? (protocol === 'https:' ? 443 : 80) : Number(portText);
  const byId = callersById(callers);
  keepRawBody(app);
  return {
    verify: (request) => {
      const header = parseHawkHeader(request.headers.authorization ?? '');
      if (header === undefined) throw new CallRefused('no Hawk signature');
      const caller = byId.get(header.id);
      if (caller === undefined) throw new CallRefused('unknown caller');
      if (!verifyHawkMac(caller.key, header, { method: request.method, resource: request.url, host: hostname, port })) {
        throw new CallRefused('wrong signature');
      }
      if (Math.abs(now() / 1000 - Number(header.ts)) > SKEW_SECONDS_MAX)
        throw new CallRefused('clock differs by more than a minute');
      if (!isPayloadOf(header, request)) throw new CallRefused('wrong payload hash');
      return caller.name;
    },
  };
}

/** Whether the header's hash is that of the raw body. */
function isPayloadOf({ hash }: HawkHeader, { rawBody: body = EMPTY, headers }: FastifyRequest): boolean {
  const contentType = body.length === 0 ? '' : (headers['content-type'] ?? '');
  return hash !== undefined && verifyHawkPayload(hash, { contentType, body });
}

function callersById(callers: Readonly<Record<string, PairSecrets>>): ReadonlyMap<string, Caller> {
  const entries = Object.entries(callers).flatMap(([name, { current, previous }]) =>
    [current, ...(previous === undefined ? [] : [previous])].map(({ id, key }): [string, Caller] => [
      id,
      { name, key: Buffer.from(key, 'hex') },
    ]),
  );
  return new Map(entries);
}

/** Keeps the raw bytes of a JSON body beside its value: a payload's hash is over the bytes. */
export function keepRawBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.decorateRequest('rawBody', undefined);
  // Of any other type only an empty body is taken, and one that the route says it ignores.
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    const ignored = body.length === 0 || request.routeOptions.config.ignoresBody === true;
    done(ignored ? null : Object.assign(new Error('Unsupported Media Type'), { statusCode: 415 }), undefined);
  });
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    request.rawBody = body as Buffer;
    if (body.length === 0) {
      done(null, undefined);
      return;
    }
    try {
      done(null, JSON.parse(body.toString('utf8')));
    } catch {
      // The parser's own message quotes the body.
      done(
        Object.assign(new Error('Invalid JSON in request body'), { statusCode: 400, code: 'INVALID_JSON' }),
        undefined,
      );
    }
  });
}
