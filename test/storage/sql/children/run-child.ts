/** Runs one of the programs beside this file as a process of its own, and reads what it prints. */

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const LINES_MS_MAX = 20_000;

export interface Child {
  readonly process: ChildProcess;
  readonly lines: string[];
  /** Waits for a state of the lines. @throws when it does not come, with what the child complained of */
  until(what: string, holds: (lines: readonly string[]) => boolean): Promise<void>;
  /** Ends it without a chance to stop anything. */
  kill(): Promise<void>;
  ended(): Promise<void>;
}

/** @param shell runs before the program, in the same process: limits that it is to live under */
export function runChild(name: string, parameters: readonly string[], { shell = ':' } = {}): Child {
  const program = join(process.cwd(), 'test/storage/sql/children', name);
  const child = spawn(
    'sh',
    [
      '-c',
      `${shell}; exec "$0" "$@"`,
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      program,
      ...parameters,
    ],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const lines: string[] = [];
  let rest = '';
  let complaints = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.once('close', () => {
    if (rest !== '') lines.push(rest);
  });
  return {
    process: child,
    lines,
    until: async (what, holds) => {
      const deadline = Date.now() + LINES_MS_MAX;
      while (!holds(lines)) {
        if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${name}: no ${what}: ${complaints}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    kill: async () => {
      child.kill('SIGKILL');
      await closed;
    },
    ended: () => closed,
  };
}
