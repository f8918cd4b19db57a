/** The HTTP face of the dbwriter: each command of the table is a route, and only webheads may call. */

import type { FastifyError, FastifyInstance } from 'fastify';
import { createHttpServer, type HttpServerOptions, registerProbes } from '../platform/http-server.ts';
import type { Log } from '../platform/log.ts';
import type { PairSecrets } from '../platform/secrets.ts';
import { createServiceCallVerifier } from '../platform/service-call/verifier.ts';
import { readReleaseVersion } from '../platform/version.ts';
import { type AccountWriter, COMMANDS, type CommandName } from '../storage/commands/table.ts';
import { StoreUnavailable } from '../storage/errors.ts';

/** The largest input is a sign-up with a device and a resume value. */
const BODY_BYTES_MAX = 32_768;
const RETRY_AFTER_SECONDS = 5;

export interface DbwriterServerOptions {
  readonly log: Log;
  readonly commands: AccountWriter;
  /** This service's URL as its callers configure it. */
  readonly url: string;
  readonly webheadSecrets: PairSecrets;
  /** Resolves when the store answers. */
  readonly ping: () => Promise<void>;
  readonly writesMax: number;
  readonly now: () => number;
  readonly tls?: HttpServerOptions['tls'];
  readonly drainMs: number;
}

/** Makes the server; `server.decorate` nothing, start nothing: the caller listens and closes. */
export function createDbwriterServer(options: DbwriterServerOptions): FastifyInstance {
  const { log, commands, url, webheadSecrets, ping, writesMax, now, tls, drainMs } = options;
  const app = createHttpServer({ bodyBytesMax: BODY_BYTES_MAX, drainMs, tls });
  const verifier = createServiceCallVerifier(app, { url, callers: { webhead: webheadSecrets }, now });
  registerProbes(app, { version: readReleaseVersion(), heartbeat: ping });
  answerErrors(app, log);

  let writes = 0;
  app.post<{ Params: { name: string } }>('/v1/commands/:name', async (request, reply) => {
    verifier.verify(request);
    const { name } = request.params;
    if (!isCommandName(name)) return reply.code(404).send({ error: 'unknown command' });
    if (writes >= writesMax)
      return reply.code(503).header('retry-after', RETRY_AFTER_SECONDS).send({ error: 'too many writes' });
    const input = COMMANDS[name].input.safeParse(request.body);
    if (!input.success) {
      const faults = input.error.issues.map(({ path, code }) => `${path.join('.') || 'body'}: ${code}`);
      return reply.code(400).send({ error: 'wrong input', faults });
    }
    writes += 1;
    const startedAt = now();
    try {
      const outcome = await runCommand(commands, name, input.data);
      log.info({ command: name, outcome: outcome.outcome, ms: now() - startedAt }, 'command');
      return outcome;
    } finally {
      writes -= 1;
    }
  });
  return app;
}

function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

// The table pairs each name with its input and its outcome; a lookup by a name of several kinds loses that pairing.
function runCommand(commands: AccountWriter, name: CommandName, input: unknown): Promise<{ outcome: string }> {
  return (commands[name] as (anyInput: unknown) => Promise<{ outcome: string }>)(input);
}

function answerErrors(app: FastifyInstance, log: Log): void {
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'no such route' }));
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    if (error instanceof StoreUnavailable) {
      const cause = error.cause === undefined ? { reason: error.message } : { err: error };
      log.warn(cause, 'the store is unavailable');
      return reply.code(503).header('retry-after', RETRY_AFTER_SECONDS).send({ error: 'store unavailable' });
    }
    if (error.statusCode !== undefined && error.statusCode < 500) {
      log.warn({ reason: error.message, statusCode: error.statusCode }, 'refused a call');
      return reply.code(error.statusCode).send({ error: error.message });
    }
    if (error.name === 'AskTimedOut') return reply.code(503).send({ error: 'no answer in time' });
    log.error({ err: error }, 'a command failed');
    return reply.code(500).send({ error: 'internal error' });
  });
}
