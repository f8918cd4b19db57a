/** Free ports for processes that must know each other's before any of them runs. */

import { createServer, type Server } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** The processes of a box that was killed need a moment to see it, and to leave. */
const TAKEN_MS_MAX = 2000;
const TRY_EVERY_MS = 50;

/** A port that was asked for is taken. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken';
}

/**
 * Finds a port for each wish on loopback: the wished one, or a free one for 0. All are held until all are found, so that
 * none is found twice.
 * @throws PortTaken
 */
export async function findPorts<Name extends string>(
  wishes: Readonly<Record<Name, number>>,
): Promise<Record<Name, number>> {
  const held: Server[] = [];
  try {
    const found: [string, number][] = [];
    for (const [name, wish] of Object.entries<number>(wishes)) {
      const server = await holdInTime(wish);
      held.push(server);
      const address = server.address();
      found.push([name, typeof address === 'object' && address !== null ? address.port : wish]);
    }
    return Object.fromEntries(found) as Record<Name, number>;
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

async function holdInTime(port: number): Promise<Server> {
  const deadline = Date.now() + TAKEN_MS_MAX;
  for (;;) {
    try {
      return await hold(port);
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await wait(TRY_EVERY_MS);
    }
  }
}

function hold(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (cause) => reject(new PortTaken(`port ${port} cannot be used`, { cause })));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}
