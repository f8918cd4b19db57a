/** Logs: JSON lines on standard output, one shape for every service. */

import { type Logger, pino, stdTimeFunctions } from 'pino';

export type Log = Logger;

/** Makes the log of a process. Lines are written at once: the last words of a dying process are the ones that matter. */
export function createLogger({ service, level = 'info' }: { service: string; level?: string }): Log {
  return pino(
    { level, base: { service, pid: process.pid }, timestamp: stdTimeFunctions.isoTime },
    pino.destination({ fd: 1, sync: true }),
  );
}
