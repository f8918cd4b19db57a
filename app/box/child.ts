/** A role's process under the box: started, started again when it dies, told to stop. */

import { type ChildProcess, fork } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Log } from '../platform/log.ts';
import { createRestartBackoff } from '../platform/restart-backoff.ts';

/** A role may take 30 s to stop; a little more before it is cut off. */
const STOP_MS_MAX = 32_000;

export interface Child {
  readonly name: string;
  pid(): number | undefined;
  /** From now on its end is no crash. */
  expectEnd(): void;
  /** Resolves when the process has ended. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  readonly name: string;
  readonly program: string;
  readonly settings: Readonly<Record<string, string>>;
  /** What the program's Node is to do with memory. */
  readonly nodeFlags: readonly string[];
  readonly log: Log;
  /** Takes what the process prints; unset: it goes to our own standard error. */
  readonly output: ((stream: Readable) => void) | undefined;
  /** Told once when the process leaves because its settings are wrong: starting it again will not help. */
  readonly onHopeless: () => void;
}

/** `EX_CONFIG`: the role has said what is wrong with its settings. */
const EXIT_CONFIG = 78;
const STANDARD_ERROR = 2;

export function startChild({ name, program, settings, nodeFlags, log, output, onHopeless }: ChildOptions): Child {
  let child: ChildProcess | undefined;
  let stopping = false;
  const backoff = createRestartBackoff();

  const start = () => {
    if (stopping) return;
    const startedAt = Date.now();
    const environment = {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TMPDIR: process.env['TMPDIR'],
      // Else the C library keeps a heap for each of a process's many threads.
      MALLOC_ARENA_MAX: '2',
      ...settings,
    };
    child = fork(program, {
      env: environment,
      stdio:
        output === undefined ? ['ignore', STANDARD_ERROR, STANDARD_ERROR, 'ipc'] : ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: [...nodeFlags, '--disable-warning=ExperimentalWarning'],
    });
    for (const stream of [child.stdout, child.stderr]) if (stream !== null) output?.(stream);
    child.on('exit', (code, signal) => {
      if (stopping) return;
      if (code === EXIT_CONFIG) {
        onHopeless();
        return;
      }
      const restartMs = backoff(Date.now() - startedAt);
      log.warn({ role: name, code, signal, restartMs }, 'a process ended and is started again');
      setTimeout(start, restartMs);
    });
  };
  start();

  return {
    name,
    pid: () => child?.pid,
    expectEnd: () => {
      stopping = true;
    },
    stop: async () => {
      stopping = true;
      const running = child;
      if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
      const ended = new Promise((resolve) => running.once('exit', resolve));
      const timer = setTimeout(() => running.kill('SIGKILL'), STOP_MS_MAX);
      running.kill('SIGTERM');
      await ended;
      clearTimeout(timer);
    },
  };
}
