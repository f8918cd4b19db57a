/** `keysigner.sign`: one keysigner on one core, its callers' signatures checked, against bare RSA on that core. */

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeySet } from '../app/keysigner/key-set.ts';
import { writeSecretFile } from '../app/platform/secret-file.ts';
import { alternate, type BenchRow } from './bench-row.ts';
import { forkOn, startBareWork, startGenerator } from './processes.ts';

const CORE = 0;
const GENERATOR_CORE = 1;
const SLICE_MS = 700;
const LOAD_MS = 1000;
const CONNECTIONS = 8;
const ROUNDS = 9;

/** A signature's request, as a webhead makes it. */
const REQUEST = JSON.stringify({
  uid: 'ab'.repeat(16),
  email: 'somebody@example.org',
  generation: 1_700_000_000_000,
  lastAuthAt: 1_700_000_000,
  keysChangedAt: 1_700_000_000_000,
  deviceId: null,
  publicKey: { algorithm: 'RS', n: '1'.repeat(617), e: '65537' },
  durationMs: 3_600_000,
});

export const keysignerSign: BenchRow = {
  name: 'keysigner.sign',
  bar: 0.75,
  run: async (progress) => {
    const folder = await mkdtemp(join(tmpdir(), 'picl-idp-bench-'));
    const key = randomBytes(32).toString('hex');
    await writeSecretFile(join(folder, 'pair.json'), JSON.stringify({ current: { id: 'bench', key } }), {
      replace: false,
    });
    await writeSecretFile(join(folder, 'keys.json'), JSON.stringify(await createKeySet(Date.now())), {
      replace: false,
    });
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const url = `http://127.0.0.1:${port}`;
    const settings = {
      KEYSIGNER_LISTEN_HOST: '127.0.0.1',
      KEYSIGNER_PORT: port,
      KEYSIGNER_URL: url,
      KEYSIGNER_LOG_LEVEL: 'info',
      KEYSIGNER_DOMAIN: 'example.org',
      KEYSIGNER_BACKEND: 'memory',
      KEYSIGNER_KEY_SET_SECRET: `file:${folder}/keys.json`,
      KEYSIGNER_WEBHEAD_SECRET: `file:${folder}/pair.json`,
      KEYSIGNER_DURATION_MS_MAX: 86_400_000,
      KEYSIGNER_SIGNATURES_PER_MINUTE_PER_UID: 1_000_000,
      KEYSIGNER_SIGNATURES_PER_MINUTE_PER_CALLER: 10_000_000,
      KEYSIGNER_SIGNATURES_MAX: 256,
      KEYSIGNER_DRAIN_MS: 0,
    };
    const environment = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]));
    const keysigner = forkOn(join(import.meta.dirname, '../app/keysigner/main.ts'), { core: CORE, environment });
    const generator = startGenerator(GENERATOR_CORE);
    const bareWork = startBareWork({ core: CORE });
    try {
      await new Promise((resolve) => keysigner.once('message', resolve));
      const load = (ms: number) =>
        generator.ask({
          url,
          method: 'POST',
          path: '/v1/certificates',
          body: REQUEST,
          signers: [{ id: 'bench', key }],
          connections: CONNECTIONS,
          ms,
        });
      await load(2500);
      const figures = await alternate({
        rounds: ROUNDS,
        progress,
        bare: async () => (await bareWork.ask({ kind: 'rsa', ms: SLICE_MS })).perSecond,
        load: async () => expectOk(await load(LOAD_MS)),
      });
      return { ...figures, unit: 'signatures/s' };
    } finally {
      generator.stop();
      bareWork.stop();
      keysigner.kill();
      await rm(folder, { recursive: true });
    }
  },
};

/** The rate of a load whose answers were all 200. @throws when one was not: a fast refusal is no speed. */
export function expectOk({
  perSecond,
  statuses,
}: {
  perSecond: number;
  statuses: Readonly<Record<string, number>>;
}): number {
  const others = Object.keys(statuses).filter((status) => status !== '200');
  if (others.length > 0) throw new Error(`answers were not all 200: ${JSON.stringify(statuses)}`);
  return perSecond;
}
