/** The primary process of the webhead: it holds the port, keeps the workers and the stretcher alive, and serves nothing. */

import type { RunningService, ServiceContext } from '../platform/lifecycle.ts';
import { tellListening } from '../platform/lifecycle.ts';
import { startProcessCluster } from '../platform/process-cluster.ts';
import { readWebheadConfig } from './config.ts';
import { startStretcher } from './stretcher/process.ts';

export async function startPrimary(
  { log, environment }: ServiceContext,
  { stretcherProgram, socketVariable }: { stretcherProgram: string; socketVariable: string },
): Promise<RunningService> {
  const config = readWebheadConfig(environment);
  const stretcher = await startStretcher({
    program: stretcherProgram,
    threads: config.WEBHEAD_STRETCHER_THREADS,
    waitingMax: config.WEBHEAD_STRETCHER_WAITING_MAX,
    waitMsMax: config.WEBHEAD_STRETCHER_WAIT_MS_MAX,
    log,
  });
  const workers = startProcessCluster({
    log,
    processes: config.WEBHEAD_PROCESSES,
    environment: { [socketVariable]: stretcher.socketPath },
    onListening: (port) => {
      tellListening({ http: port });
      log.info({ port }, 'listening');
    },
  });
  // For operators: a new certificate or secret is taken up without losing a request.
  process.on('SIGHUP', () => void workers.rollWorkers());
  return {
    stop: async () => {
      await workers.stop();
      await stretcher.stop();
    },
  };
}
