/** Where the box's logs go: to standard error, readable on a terminal and as JSON lines elsewhere. */

import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type Logger, pino, stdTimeFunctions } from 'pino';

export interface Output {
  readonly log: Logger;
  /** Passes on what a process prints, line by line. */
  follow(stream: Readable): void;
}

export async function openOutput(): Promise<Output> {
  const write = process.stderr.isTTY ? await prettyWriter() : (line: string) => process.stderr.write(`${line}\n`);
  const log = pino(
    { base: { service: 'box' }, timestamp: stdTimeFunctions.isoTime },
    { write: (line: string) => write(line.trimEnd()) },
  );
  return {
    log,
    follow: (stream) => createInterface({ input: stream }).on('line', write),
  };
}

async function prettyWriter(): Promise<(line: string) => void> {
  const { prettyFactory } = await import('pino-pretty');
  const pretty = prettyFactory({
    colorize: true,
    ignore: 'pid,hostname,service',
    messageFormat: '{service}: {msg}',
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
  });
  return (line) => process.stderr.write(line.startsWith('{') ? pretty(line) : `${line}\n`);
}
