/** Processes that share a port: the primary holds the socket, workers serve, and a dead worker is replaced. */

import cluster, { type Worker } from 'node:cluster';
import type { Log } from './log.ts';
import { createRestartBackoff } from './restart-backoff.ts';

/** Workers may take 30 s to stop; a little more before they are cut off. */
const STOP_MS_MAX = 31_000;

export interface ProcessCluster {
  /** Replaces the workers one by one, each new one serving before the next old one stops. */
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
  const expected = new WeakSet<Worker>();
  let stopping = false;
  const backoff = createRestartBackoff();

  const fork = () => {
    if (stopping) return undefined;
    const worker = cluster.fork(environment);
    const startedAt = Date.now();
    workers.add(worker);
    worker.on('listening', ({ port }) => onListening(port));
    worker.on('exit', (code, signal) => {
      workers.delete(worker);
      if (stopping || expected.has(worker)) return;
      const lived = Date.now() - startedAt;
      // A worker that was asked to stop by a signal of its own leaves with 0: it is replaced at once.
      const waitMs = code === 0 ? 0 : backoff(lived);
      log.warn({ code, signal, livedMs: lived, waitMs }, 'a worker ended and is replaced');
      setTimeout(fork, waitMs);
    });
    return worker;
  };

  const roll = async () => {
    for (const old of [...workers]) {
      const fresh = fork();
      if (fresh === undefined) return;
      await new Promise((resolve) => fresh.once('listening', resolve).once('exit', resolve));
      expected.add(old);
      await stopWorker(old);
    }
  };

  for (let count = 0; count < processes; count += 1) fork();
  return {
    rollWorkers: roll,
    stop: async () => {
      stopping = true;
      await Promise.all([...workers].map(stopWorker));
    },
  };
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
