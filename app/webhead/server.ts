/** The public HTTP server. */

import type { FastifyInstance } from 'fastify';
import { serviceError } from '../accounts/service-errors.ts';
import { createHttpServer, type HttpServerOptions, registerProbes } from '../platform/http-server.ts';
import { keepRawBody } from '../platform/service-call/verifier.ts';
import { readReleaseVersion } from '../platform/version.ts';
import { answerError, answerErrors, errorBody } from './error-answers.ts';
import { createHawkAuthentication } from './hawk-authentication.ts';
import { commonHeaders, registerHeaders } from './headers.ts';
import { registerPlainRoutes } from './plain-routes.ts';
import { allRoutes } from './routes/all.ts';
import type { WebheadService } from './service.ts';

const BODY_BYTES_MAX = 16_384;

export interface WebheadServerOptions {
  readonly service: WebheadService;
  readonly corsOrigin: string;
  readonly clientAddressDepth: number;
  readonly hawkSkewSeconds: number | undefined;
  readonly drainMs: number;
  readonly tls?: HttpServerOptions['tls'];
  /** Registers the pages that mails link to. */
  readonly registerPages: (app: FastifyInstance) => void;
}

export function createWebheadServer(options: WebheadServerOptions): FastifyInstance {
  const { service, corsOrigin, clientAddressDepth, hawkSkewSeconds, drainMs, tls, registerPages } = options;
  const { log, now, publicUrl, reader, keysigner, sessionIdleMs } = service;
  const app = createHttpServer({
    bodyBytesMax: BODY_BYTES_MAX,
    drainMs,
    tls,
    answerUnroutable: (error, request, reply) => {
      reply.headers(commonHeaders(corsOrigin, now()));
      answerError(error, { request, reply, log });
    },
    malformedAnswer: {
      headers: () => commonHeaders(corsOrigin, now()),
      body: JSON.stringify(errorBody(serviceError('MALFORMED_REQUEST'))),
    },
  });
  keepRawBody(app);
  app.decorateRequest('live', undefined);
  app.decorateRequest('errno', undefined);
  registerHeaders(app, { corsOrigin, now });
  answerErrors(app, log);

  const heartbeat = async () => {
    await Promise.all([reader.ping(), keysigner.ping()]);
  };
  const { pathname } = new URL(publicUrl);
  const pathPrefix = pathname === '/' ? '' : pathname;
  registerProbes(app, { version: readReleaseVersion(), heartbeat, pathPrefix });
  const hawk = createHawkAuthentication({ reader, publicUrl, sessionIdleMs, skewSeconds: hawkSkewSeconds, now });
  for (const route of allRoutes(service)) route.register(app, { hawk, pathPrefix, clientAddressDepth, log });
  registerPlainRoutes(app, service);
  registerPages(app);
  return app;
}
