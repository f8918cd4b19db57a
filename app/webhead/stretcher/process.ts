/** The stretcher as the webhead's primary process keeps it: started, started again when it dies, ended with the webhead. */

import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../../platform/log.ts';
import { createRestartBackoff } from '../../platform/restart-backoff.ts';

export interface StretcherProcess {
  readonly socketPath: string;
  stop(): Promise<void>;
}

/** Starts the stretcher on a socket in a new folder that only this user can enter. */
export async function startStretcher({
  program,
  threads,
  waitingMax,
  waitMsMax,
  log,
}: {
  /** Path of the stretcher's entry point. */
  program: string;
  threads: number;
  waitingMax: number;
  waitMsMax: number;
  log: Log;
}): Promise<StretcherProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'picl-idp-stretcher-'));
  const socketPath = join(folder, 'socket');
  let child: ChildProcess | undefined;
  let stopping = false;
  const backoff = createRestartBackoff();

  const start = async () => {
    if (stopping) return;
    await rm(socketPath, { force: true });
    const startedAt = Date.now();
    // Hashes run on libuv's threads, whose number is fixed before Node starts.
    const environment = {
      PATH: process.env['PATH'],
      UV_THREADPOOL_SIZE: String(threads),
      STRETCHER_SOCKET: socketPath,
      STRETCHER_THREADS: String(threads),
      STRETCHER_WAITING_MAX: String(waitingMax),
      STRETCHER_WAIT_MS_MAX: String(waitMsMax),
    };
    child = fork(program, { env: environment, execArgv: process.execArgv });
    child.on('exit', (code, signal) => {
      if (stopping) return;
      const restartMs = backoff(Date.now() - startedAt);
      log.warn({ code, signal, restartMs }, 'the stretcher ended and is started again');
      setTimeout(() => void start(), restartMs);
    });
  };
  await start();

  return {
    socketPath,
    stop: async () => {
      stopping = true;
      const running = child;
      if (running !== undefined && running.exitCode === null && running.signalCode === null) {
        const ended = new Promise((resolve) => running.once('exit', resolve));
        running.kill('SIGTERM');
        await ended;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}
