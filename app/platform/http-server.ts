/** The HTTP server that every service stands on: bounded in all that a client decides, and its probes. */

import { readFileSync } from 'node:fs';
import { createServer as createPlainServer, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { prepareDraining } from './draining.ts';
import { once } from './heartbeat.ts';
import type { ReleaseVersion } from './version.ts';

/** Longer than the 60 s after which an Application Load Balancer closes an idle connection, so that it never writes to one we closed. */
const KEEP_ALIVE_MS = 75_000;
/** A request must be whole by then, so that slow senders hold no connection for ever. */
const REQUEST_MS_MAX = 30_000;
const HEADERS_MS_MAX = 10_000;
/** How often the two limits above are looked at; Node's own 30 s would stretch them. */
const LIMITS_LOOK_EVERY_MS = 5000;
const HEADER_BYTES_MAX = 16_384;
/** Path and query, where routes take parameters from the path. */
const PARAMETER_CHARACTERS_MAX = 512;
const HEARTBEAT_MS_MAX = 5000;

export interface HttpServerOptions {
  readonly bodyBytesMax: number;
  /** How long clients are told to go elsewhere before a stop. */
  readonly drainMs: number;
  /** PEM files. Without them the server speaks plain HTTP. */
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string } | undefined;
  /** The answer to bytes that are no HTTP request. */
  readonly malformedAnswer?: { readonly headers: () => Record<string, string>; readonly body: string };
  /** Answers a request whose path cannot be decoded, before any route or hook sees it. */
  readonly answerUnroutable?: (error: Error, request: FastifyRequest, reply: FastifyReply) => void;
}

/** Makes a server without routes. Errors of routes are the caller's to answer (`setErrorHandler`). */
export function createHttpServer({
  bodyBytesMax,
  drainMs,
  tls,
  malformedAnswer,
  answerUnroutable,
}: HttpServerOptions): FastifyInstance {
  const limits = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_MS_MAX,
    headersTimeout: HEADERS_MS_MAX,
    connectionsCheckingInterval: LIMITS_LOOK_EVERY_MS,
    maxHeaderSize: HEADER_BYTES_MAX,
  };
  const app = fastify({
    // No logger of fastify's own: its lines hold URLs, and URLs hold codes.
    logger: false,
    bodyLimit: bodyBytesMax,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: PARAMETER_CHARACTERS_MAX },
    ...(answerUnroutable === undefined ? {} : { frameworkErrors: answerUnroutable }),
    clientErrorHandler: (error, socket) => answerMalformed(error, socket, malformedAnswer),
    serverFactory: (handler) => {
      const listener = handler as (request: unknown, response: ServerResponse) => void;
      if (tls === undefined) return createPlainServer(limits, listener);
      const certificate = { cert: readFileSync(tls.certificateFile), key: readFileSync(tls.keyFile) };
      return createTlsServer({ ...limits, ...certificate }, listener) as unknown as Server;
    },
  });
  prepareDraining(app, { drainMs });
  return app;
}

/** The port that a listening server was given. */
export function listeningPort(app: FastifyInstance): number {
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new RangeError('the server does not listen on a port');
  return address.port;
}

/** The TLS files of a service's settings, where it has them. */
export function tlsFiles(certificateFile: string | undefined, keyFile: string | undefined): HttpServerOptions['tls'] {
  return certificateFile === undefined || keyFile === undefined ? undefined : { certificateFile, keyFile };
}

function answerMalformed(
  error: NodeJS.ErrnoException,
  socket: Socket,
  answer: HttpServerOptions['malformedAnswer'],
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const tooLarge = error.code === 'HPE_HEADER_OVERFLOW';
  const status = tooLarge ? '431 Request Header Fields Too Large' : '400 Bad Request';
  const body = answer?.body ?? '{"error":"Bad Request"}';
  const headers = { 'content-type': 'application/json; charset=utf-8', connection: 'close', ...answer?.headers() };
  const headerLines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)) }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  socket.end(`HTTP/1.1 ${status}\r\n${headerLines.join('')}\r\n${body}`);
}

/**
 * Registers the probes. `/__lbheartbeat__` touches nothing and fails only while the server drains; `/__heartbeat__` asks what
 * the service needs, at most once a second, whoever calls; `/__version__` tells the release, and `/` does where nothing else is there.
 * @param pathPrefix where they answer too: the path of a public URL that has one.
 * @param hasRoot whether `/` is a page of the service's own.
 */
export function registerProbes(
  app: FastifyInstance,
  {
    version,
    heartbeat,
    pathPrefix = '',
    hasRoot = false,
  }: { version: ReleaseVersion; heartbeat: () => Promise<void>; pathPrefix?: string; hasRoot?: boolean },
): void {
  const ask = once({ everyMs: 1000, timeoutMs: HEARTBEAT_MS_MAX, now: Date.now }, heartbeat);
  const versionText = `${JSON.stringify({ version: version.version, commit: version.commit, source: version.source, release: version.release }, null, 2)}\n`;
  for (const prefix of new Set(['', pathPrefix])) {
    app.get(`${prefix}/__lbheartbeat__`, async (_request, reply) =>
      app.isDraining() ? reply.code(503).send({ draining: true }) : {},
    );
    app.get(`${prefix}/__heartbeat__`, async () => {
      await ask();
      return {};
    });
    for (const path of hasRoot ? ['/__version__'] : ['/', '/__version__'])
      app.get(prefix + path, async (_request, reply) =>
        reply.type('application/json; charset=utf-8').send(versionText),
      );
  }
}
