/** Where the box's logs go: to standard error, readable on a terminal and as JSON lines elsewhere. */

import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type Logger, pino, stdTimeFunctions } from 'pino';

export interface Output {
  readonly log: Logger;
  /** Makes what a process prints readable, line by line; unset where its lines go out as they are, untouched by us. */
  readonly follow: ((stream: Readable) => void) | undefined;
}

export async function openOutput(): Promise<Output> {
  const pretty = process.stderr.isTTY ? await prettyWriter() : undefined;
  const write = pretty ?? ((line: string) => process.stderr.write(`${line}\n`));
  const log = pino(
    { base: { service: 'box' }, timestamp: stdTimeFunctions.isoTime },
    { write: (line: string) => write(line.trimEnd()) },
  );
  return {
    log,
    follow: pretty === undefined ? undefined : (stream) => createInterface({ input: stream }).on('line', pretty),
  };
}

async function prettyWriter(): Promise<(line: string) => void> {
  const { default: pinoPretty } = await import('pino-pretty');
  const pretty = pinoPretty.prettyFactory({
    colorize: true,
    ignore: 'pid,hostname,service',
    messageFormat: '{service}: {msg}',
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
  });
  return (line) => process.stderr.write(line.startsWith('{') ? pretty(line) : `${line}\n`);
}
