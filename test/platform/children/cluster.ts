/** A service of two worker processes. Its workers do not start while the file named by its parameter is there. */

import cluster from 'node:cluster';
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { createHttpServer } from '../../../app/platform/http-server.ts';
import { runService } from '../../../app/platform/lifecycle.ts';
import { startProcessCluster } from '../../../app/platform/process-cluster.ts';

const ANSWER_MS = 2;

await runService({
  name: cluster.isPrimary ? 'primary' : 'worker',
  logLevel: 'info',
  start: async ({ log }) => {
    if (!cluster.isPrimary) {
      if (existsSync(process.argv[2] ?? '')) throw new Error('this release is broken');
      const app = createHttpServer({ bodyBytesMax: 1000, drainMs: 300 });
      app.get('/', async () => {
        await wait(ANSWER_MS);
        return { pid: process.pid };
      });
      await app.listen({ host: '127.0.0.1', port: 0 });
      return { stop: () => app.drainAndClose() };
    }
    const workers = startProcessCluster({
      log,
      processes: 2,
      environment: {},
      onListening: (port) => log.info({ port }, 'listening'),
    });
    process.on('SIGHUP', () => void workers.rollWorkers().then(() => log.info('rolled')));
    return { stop: () => workers.stop() };
  },
});
