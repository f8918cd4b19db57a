/** Processes that share a port: the primary holds the socket, workers serve, and a dead worker is replaced. */

import cluster, { type Worker } from 'node:cluster';
import type { Log } from './log.ts';
import { createRestartBackoff } from './restart-backoff.ts';

/** Less than the 30 s that the primary itself may take to stop: no worker outlives it. */
const STOP_MS_MAX = 28_000;
/** A new worker that does not serve by then is given up, and the old ones stay. */
const START_MS_MAX = 30_000;

export interface ProcessCluster {
  /**
   * Replaces the workers one by one, each new one serving before its old one stops. When a new one ends or does not serve in time, the
   * old ones that are left stay. Asked again meanwhile, it does nothing.
   */
  rollWorkers(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts worker processes of this very program and keeps so many of them alive. To be called in the primary
 * (`cluster.isPrimary`); in a worker the program serves.
 * @param onListening called whenever a worker begins to serve, with the port.
 */
export function startProcessCluster({
  log,
  processes,
  environment,
  onListening,
}: {
  log: Log;
  processes: number;
  /** Variables that workers get beside their parent's. */
  environment: Readonly<Record<string, string>>;
  onListening: (port: number) => void;
}): ProcessCluster {
  const workers = new Set<Worker>();
  const backoff = createRestartBackoff();
  let stopping = false;
  let rolling = false;

  const fork = () => {
    const worker = cluster.fork(environment);
    const startedAt = Date.now();
    workers.add(worker);
    worker.on('listening', ({ port }) => {
      onListening(port);
      log.info({ worker: worker.process.pid }, 'a worker listens');
    });
    worker.on('exit', (code, signal) => {
      workers.delete(worker);
      // While workers are rolled there is one more than asked for: the end of one leaves no gap.
      if (stopping || workers.size >= processes) return;
      const lived = Date.now() - startedAt;
      // A worker that was asked to stop by a signal of its own leaves with 0: it is replaced at once.
      const waitMs = code === 0 ? 0 : backoff(lived);
      log.warn({ code, signal, livedMs: lived, waitMs }, 'a worker ended and is replaced');
      setTimeout(() => {
        if (!stopping && workers.size < processes) fork();
      }, waitMs);
    });
    return worker;
  };

  const roll = async () => {
    for (const old of [...workers]) {
      if (stopping) return;
      const fresh = fork();
      const isServing = await serves(fresh);
      if (!isServing && !stopping) log.error('a new worker does not serve: the old ones stay');
      await stopWorker(isServing ? old : fresh);
      if (!isServing) return;
    }
  };

  for (let count = 0; count < processes; count += 1) fork();
  return {
    rollWorkers: async () => {
      if (rolling) return;
      rolling = true;
      await roll().finally(() => {
        rolling = false;
      });
    },
    stop: async () => {
      stopping = true;
      await Promise.all([...workers].map(stopWorker));
    },
  };
}

/** Whether a worker begins to serve, in time. */
function serves(worker: Worker): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (value: boolean) => {
      clearTimeout(timer);
      resolve(value);
    };
    const timer = setTimeout(() => settle(false), START_MS_MAX);
    worker.once('listening', () => settle(true)).once('exit', () => settle(false));
  });
}

function stopWorker(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    if (worker.isDead()) {
      resolve();
      return;
    }
    const timer = setTimeout(() => worker.process.kill('SIGKILL'), STOP_MS_MAX);
    worker.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    worker.process.kill('SIGTERM');
  });
}
