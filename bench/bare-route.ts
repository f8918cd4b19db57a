/** A bare fastify route on all cores: what the framework gives without us. */

import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import fastify from 'fastify';

const ANSWER = { email: 'somebody@example.org', verified: true, emailVerified: true, sessionVerified: true };

if (cluster.isPrimary) {
  for (let count = 0; count < availableParallelism(); count += 1) cluster.fork();
  cluster.on('listening', (_worker, { port }) => process.send?.({ listening: { http: port } }));
  process.on('disconnect', () => process.exit(0));
} else {
  const app = fastify();
  app.get('/v1/recovery_email/status', async () => ANSWER);
  await app.listen({ host: '127.0.0.1', port: 0 });
}
