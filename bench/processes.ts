/** The processes of a benchmark: generators, bare work, and what is measured; each ends with the row that started it. */

import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { BareWork } from './bare-work.ts';
import type { Load, LoadReport } from './generator.ts';

const FOLDER = import.meta.dirname;
const EXEC_ARGUMENTS = ['--disable-warning=ExperimentalWarning'];

export interface Worker<Request, Report> {
  ask(request: Request): Promise<Report>;
  stop(): void;
}

/** @param options `core` binds the process to one core. */
function startWorker<Request extends object, Report>(
  file: string,
  { core, threads }: { core?: number | undefined; threads?: number } = {},
): Worker<Request, Report> {
  const child = forkOn(join(FOLDER, file), {
    core,
    environment: threads === undefined ? {} : { UV_THREADPOOL_SIZE: String(threads) },
  });
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        child.once('exit', () => reject(new Error(`${file} ended`)));
        child.once('message', (report) => {
          child.removeAllListeners('exit');
          resolve(report as Report);
        });
        child.send(request);
      }),
    stop: () => void child.kill(),
  };
}

export const startGenerator = (core?: number) => startWorker<Load, LoadReport>('generator.ts', { core });
/** @param threads of libuv, for work that runs on them */
export const startBareWork = (options: { core?: number; threads?: number } = {}) =>
  startWorker<BareWork, { perSecond: number }>('bare-work.ts', options);

/** Forks a program, on one core where one is named. */
export function forkOn(
  program: string,
  {
    core,
    environment = {},
    parameters = [],
  }: { core?: number | undefined; environment?: Readonly<Record<string, string>>; parameters?: readonly string[] },
): ChildProcess {
  const options = {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'] as ('ignore' | 'inherit' | 'ipc')[],
  };
  if (core === undefined) return fork(program, parameters, { ...options, execArgv: EXEC_ARGUMENTS });
  return fork(program, parameters, {
    ...options,
    execPath: 'taskset',
    execArgv: ['-c', String(core), process.execPath, ...EXEC_ARGUMENTS],
  });
}
