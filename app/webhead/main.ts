/** The process of a webhead: the primary, and, forked from it, each worker. */

import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { runService } from '../platform/lifecycle.ts';

const name = cluster.isPrimary ? 'webhead-primary' : 'webhead';
/** Beside this file, in the sources and in a release. */
const STRETCHER_PROGRAM = import.meta.url.endsWith('.ts') ? './stretcher/main.ts' : './stretcher.js';

await runService({
  name,
  logLevel: process.env['WEBHEAD_LOG_LEVEL'],
  start: async (context) => {
    // Loaded apart: the primary has no use for the server's code, nor a worker for the primary's.
    if (!cluster.isPrimary) {
      const { startWorker } = await import('./worker.ts');
      return startWorker(context);
    }
    const { startPrimary } = await import('./primary.ts');
    const stretcherProgram = fileURLToPath(new URL(STRETCHER_PROGRAM, import.meta.url));
    return startPrimary(context, { stretcherProgram, socketVariable: 'PRIMARY_STRETCHER_SOCKET' });
  },
});
