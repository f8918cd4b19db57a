/** Stopping a server without failing a request: clients are told to go elsewhere before any connection is closed. */

import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyInstance {
    /** True from the first moment of the stop: load balancers are told so. */
    isDraining(): boolean;
    /** Answers `connection: close` for a while, then closes what is idle, waits for what is in flight, and returns. */
    drainAndClose(): Promise<void>;
  }
}

/**
 * Prepares a server for a graceful stop. To be called before the server listens.
 * @param drainMs how long connections are told to close before those that stayed idle are closed: longer than a busy client's pause
 * between two uses of one, so that no request is on its way to a connection that we close.
 */
export function prepareDraining(app: FastifyInstance, { drainMs }: { drainMs: number }): void {
  let draining = false;
  app.addHook('onRequest', (_request, reply, done) => {
    if (draining) reply.raw.setHeader('connection', 'close');
    done();
  });
  app.decorate('isDraining', () => draining);
  app.decorate('drainAndClose', async () => {
    draining = true;
    if (app.server.listening) await connectionsGone(app, drainMs);
    await app.close();
  });
}

const LOOK_EVERY_MS = 25;

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
