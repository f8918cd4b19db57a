/** Runs one of the programs beside this file as a process of its own, and reads its log. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';

const WAIT_MS_MAX = 20_000;
const LOOK_EVERY_MS = 10;

export interface LogLine {
  readonly service: string;
  readonly msg: string;
  readonly pid: number;
  readonly level: number;
  readonly port?: number;
  readonly err?: { readonly message: string };
}

export interface Program {
  readonly pid: number;
  readonly log: readonly LogLine[];
  /** Waits until so many lines say so. */
  said(message: string, times?: number): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Waits for its end. */
  ended(): Promise<{ readonly code: number | null; readonly complaints: string }>;
}

export function runProgram(name: string, parameter: string): Program {
  const path = join(process.cwd(), 'test/platform/children', name);
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path, parameter], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: LogLine[] = [];
  let rest = '';
  let complaints = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    log.push(...lines.map((line) => JSON.parse(line)));
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    pid: child.pid ?? 0,
    log,
    said: (message, times = 1) =>
      until(`${name} saying "${message}"`, () => log.filter(({ msg }) => msg === message).length >= times),
    signal: (signal) => child.kill(signal),
    ended: async () => ({ code: await closed, complaints }),
  };
}

/** @throws when it does not come true in time */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const endsAt = Date.now() + WAIT_MS_MAX;
  while (!(await holds())) {
    if (Date.now() > endsAt) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
