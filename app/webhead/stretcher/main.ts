/** The process that stretches passwords: one a machine, at low priority, so that costly logins starve nothing else. */

import { createServer, type Socket } from 'node:net';
import { constants, setPriority } from 'node:os';
import { z } from 'zod';
import { stretchPassword } from '../../accounts/verifier.ts';
import { integerFrom, readConfig } from '../../platform/config.ts';
import { runService, tellListening } from '../../platform/lifecycle.ts';
import type { Log } from '../../platform/log.ts';
import { createWorkQueue, QueueFull, type WorkQueue } from './queue.ts';
import { readMessages, stretcherQuestion, writeMessage } from './wire.ts';

/** Set by the webhead's primary process, which starts this one. */
const STRETCHER_SETTINGS = z.strictObject({
  STRETCHER_SOCKET: z.string().min(1).describe('path of the Unix socket, in a folder that only the webhead can enter'),
  STRETCHER_THREADS: integerFrom(1, 128),
  STRETCHER_WAITING_MAX: integerFrom(0, 10_000),
  STRETCHER_WAIT_MS_MAX: integerFrom(1, 60_000),
});

await runService({
  name: 'stretcher',
  logLevel: 'info',
  start: async ({ environment, log }) => {
    const config = readConfig('STRETCHER_', STRETCHER_SETTINGS, environment);
    setPriority(process.pid, constants.priority.PRIORITY_BELOW_NORMAL);
    const queue = createWorkQueue({
      runningMax: config.STRETCHER_THREADS,
      waitingMax: config.STRETCHER_WAITING_MAX,
      waitMsMax: config.STRETCHER_WAIT_MS_MAX,
    });
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      serve(socket, queue, log);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(config.STRETCHER_SOCKET, resolve);
    });
    tellListening({});
    return {
      // Asked to stop after the webheads are done: who still waits is told by the end of the connection.
      stop: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          for (const socket of sockets) socket.destroy();
        }),
    };
  },
});

/** Answers the questions of one connection; what its peer gave up, by word or by leaving, is not begun. */
function serve(socket: Socket, queue: WorkQueue, log: Log): void {
  const asked = new Map<number, AbortController>();
  socket.on('error', (error) => log.warn({ err: error }, 'a connection broke'));
  socket.on('close', () => {
    for (const gone of asked.values()) gone.abort();
  });
  readMessages(socket, stretcherQuestion, (question) => {
    const { id } = question;
    if ('gone' in question) {
      asked.get(id)?.abort();
      return;
    }
    const gone = new AbortController();
    asked.set(id, gone);
    stretch(question, { queue, signal: gone.signal })
      .then((keys) => writeMessage(socket, { id, ...keys }))
      .catch((error: unknown) => {
        if (!(error instanceof QueueFull)) log.error({ err: error }, 'stretching failed');
        writeMessage(socket, { id, refused: error instanceof QueueFull ? error.message : 'stretching failed' });
      })
      .finally(() => asked.delete(id));
  });
}

async function stretch(
  { authPW, authSalt, verifierVersion }: { authPW: string; authSalt: string; verifierVersion: 1 | 2 },
  { queue, signal }: { queue: WorkQueue; signal: AbortSignal },
): Promise<{ verifyHash: string; wrapwrapKey: string }> {
  const password = { authPW: Buffer.from(authPW, 'hex'), authSalt: Buffer.from(authSalt, 'hex'), verifierVersion };
  const { verifyHash, wrapwrapKey } = await queue.run(() => stretchPassword(password), signal);
  return { verifyHash: verifyHash.toString('hex'), wrapwrapKey: wrapwrapKey.toString('hex') };
}
