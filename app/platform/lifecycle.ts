/** The life of a service's process: start, stop on a signal, and an exit code that tells why. */

import { ConfigError, type Environment } from './config.ts';
import { createLogger, type Log } from './log.ts';

/** A balancer waits as long before it forgets a machine; whoever is not done by then is cut off. */
const STOP_MS_MAX = 30_000;
/** `EX_CONFIG` of sysexits.h: restarting will not help. */
const EXIT_CONFIG = 78;

export interface RunningService {
  stop(): Promise<void>;
}

export interface ServiceContext {
  readonly log: Log;
  readonly environment: Environment;
}

/**
 * Runs a service until a signal or, where a parent holds an IPC channel, the parent's end.
 * Exits 0 after a graceful stop, 78 when settings are wrong, 1 when something unforeseen was thrown or the stop took too long.
 */
export async function runService({
  name,
  logLevel,
  start,
}: {
  name: string;
  logLevel: string | undefined;
  start: (context: ServiceContext) => Promise<RunningService>;
}): Promise<void> {
  const log = createLogger({ service: name, level: logLevel ?? 'info' });
  const fail = (error: unknown) => {
    if (error instanceof ConfigError) {
      process.stderr.write(`${name}: ${error.message}\n`);
      process.exit(EXIT_CONFIG);
    }
    log.fatal({ err: error }, 'ended by an error that nothing handles');
    process.exit(1);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  try {
    stopOnSignals(await start({ log, environment: process.env }), log);
  } catch (error) {
    fail(error);
  }
}

function stopOnSignals(service: RunningService, log: Log): void {
  let stopping = false;
  const stop = (reason: string) => {
    if (stopping) {
      process.exit(1);
    }
    stopping = true;
    log.info({ reason }, 'stopping');
    setTimeout(() => {
      log.error({ stopMsMax: STOP_MS_MAX }, 'did not stop in time');
      process.exit(1);
    }, STOP_MS_MAX).unref();
    service.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'stop failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  // Ctrl-C reaches every process of a terminal at once; where a parent looks after this one, the order of ends is the parent's.
  process.on('SIGINT', () => {
    if (process.send === undefined) stop('SIGINT');
  });
  // A parent that was killed wants nothing more, and whoever comes after it needs the port: what was acknowledged is stored.
  process.on('disconnect', () => {
    if (!stopping) process.exit(1);
  });
}

/** Tells the parent, where there is one that listens, that this process serves, and on which ports. */
export function tellListening(ports: Readonly<Record<string, number>>): void {
  process.send?.({ listening: ports });
}
