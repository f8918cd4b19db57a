/** The process that stretches passwords: one a machine, at low priority, so that costly logins starve nothing else. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { constants, setPriority } from 'node:os';
import { z } from 'zod';
import { stretchPassword } from '../../accounts/verifier.ts';
import { integerFrom, readConfig } from '../../platform/config.ts';
import { runService, tellListening } from '../../platform/lifecycle.ts';
import { createWorkQueue, QueueFull, type WorkQueue } from './queue.ts';

const BODY_BYTES_MAX = 1024;
const KEEP_ALIVE_MS = 75_000;

/** Set by the webhead's primary process, which starts this one. */
const STRETCHER_SETTINGS = z.strictObject({
  STRETCHER_SOCKET: z.string().min(1).describe('path of the Unix socket, in a folder that only the webhead can enter'),
  STRETCHER_THREADS: integerFrom(1, 128),
  STRETCHER_WAITING_MAX: integerFrom(0, 10_000),
  STRETCHER_WAIT_MS_MAX: integerFrom(1, 60_000),
});

const stretchRequest = z.strictObject({
  authPW: z.string().regex(/^[0-9a-f]{64}$/),
  authSalt: z.string().regex(/^[0-9a-f]{64}$/),
  verifierVersion: z.union([z.literal(1), z.literal(2)]),
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
      now: Date.now,
    });
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      answer(queue, request, response).catch((error: unknown) => {
        log.error({ err: error }, 'stretching failed');
        if (!response.headersSent) response.writeHead(500);
        response.end();
      });
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(config.STRETCHER_SOCKET, resolve);
    });
    tellListening({});
    return { stop: () => new Promise((resolve) => server.close(() => resolve())) };
  },
});

async function answer(queue: WorkQueue, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parsed = stretchRequest.safeParse(await readJson(request));
  if (!parsed.success) {
    response.writeHead(400).end();
    return;
  }
  const { authPW, authSalt, verifierVersion } = parsed.data;
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  try {
    const keys = await queue.run(
      () =>
        stretchPassword({
          authPW: Buffer.from(authPW, 'hex'),
          authSalt: Buffer.from(authSalt, 'hex'),
          verifierVersion,
        }),
      gone.signal,
    );
    response
      .writeHead(200)
      .end(
        JSON.stringify({ verifyHash: keys.verifyHash.toString('hex'), wrapwrapKey: keys.wrapwrapKey.toString('hex') }),
      );
  } catch (error) {
    if (!(error instanceof QueueFull)) throw error;
    response.writeHead(503).end();
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return undefined;
  }
}
