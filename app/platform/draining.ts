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
 * @param drainMs how long connections that are in use are told to close before idle ones are closed: longer than a busy
 * client's pause between two requests, so that no request is on its way to a connection that we close.
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
    if (app.server.listening) await new Promise((resolve) => setTimeout(resolve, drainMs));
    await app.close();
  });
}
