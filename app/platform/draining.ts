/** Stopping a server without failing a request: clients are told to go elsewhere before any connection is closed. */

import cluster from 'node:cluster';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyInstance {
    /** True from the first moment of the stop: load balancers are told so. */
    isDraining(): boolean;
    /**
     * Answers `connection: close` for a while, then closes what is idle, waits for what is in flight, and returns: 7 s after the
     * drain at the latest, having cut what is left.
     */
    drainAndClose(): Promise<void>;
  }
}

const LOOK_EVERY_MS = 25;
/**
 * A connection that never carried a request, such as one that a browser opens in advance, is none of those that Node calls idle. It may
 * bring its first request for so long after the server stopped listening; nobody would end it otherwise.
 */
const FIRST_REQUEST_MS_MAX = 1000;
/** What is in flight may take so long to end. The longest drain (20 s) and this are less than the 30 s that a stop may take. */
const IN_FLIGHT_MS_MAX = 6000;
/** A primary that does not answer by then is past caring. */
const LEAVE_MS_MAX = 1000;

/**
 * Prepares a server for a graceful stop. To be called before the server listens.
 * @param drainMs how long connections are told to close before those that stayed idle are closed: longer than a busy client's pause
 * between two uses of one, so that no request is on its way to a connection that we close.
 */
export function prepareDraining(app: FastifyInstance, { drainMs }: { drainMs: number }): void {
  let draining = false;
  const open = openSockets(app, 'connection');
  // Whoever brings a request is no longer silent. Over TLS, the request's socket is the one that the handshake made of the connection's.
  const silent = openSockets(app, app.server instanceof TlsServer ? 'secureConnection' : 'connection');
  app.addHook('onRequest', (request, _reply, done) => {
    silent.delete(request.raw.socket);
    done();
  });
  // With the answer, not with the request: one that was in flight when the stop began would else keep its connection.
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (draining) reply.raw.setHeader('connection', 'close');
    done();
  });
  app.decorate('isDraining', () => draining);
  app.decorate('drainAndClose', async () => {
    draining = true;
    if (app.server.listening) await connectionsGone(app, drainMs);
    const timers = [
      setTimeout(() => destroyAll(silent), FIRST_REQUEST_MS_MAX),
      setTimeout(() => destroyAll(open), IN_FLIGHT_MS_MAX),
    ];
    await app.close().finally(() => {
      for (const timer of timers) clearTimeout(timer);
    });
    await leaveCluster();
  });
}

/** Keeps the set of what is connected by an event of the server, until it is closed. */
function openSockets({ server }: FastifyInstance, event: 'connection' | 'secureConnection'): Set<Socket> {
  const open = new Set<Socket>();
  server.on(event, (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return open;
}

/**
 * Waits until the primary, where there is one, knows that this process takes no more connections. Those that it had handed over meanwhile go
 * back to it and to another worker; they would hang for ever if this process ended before it read of them.
 */
async function leaveCluster(): Promise<void> {
  const { worker } = cluster;
  if (worker?.isConnected() !== true) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, LEAVE_MS_MAX);
    worker.once('disconnect', () => {
      clearTimeout(timer);
      resolve();
    });
    worker.disconnect();
  });
}

function destroyAll(sockets: ReadonlySet<Socket>): void {
  for (const socket of sockets) socket.destroy();
}

/** Waits until every client has closed its connection, but no longer than the drain may take. */
async function connectionsGone({ server }: FastifyInstance, drainMs: number): Promise<void> {
  const endsAt = Date.now() + drainMs;
  while (Date.now() < endsAt) {
    const count = await new Promise<number>((resolve) =>
      server.getConnections((_error, connections) => resolve(connections)),
    );
    if (count === 0) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
