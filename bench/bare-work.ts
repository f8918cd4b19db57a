/** What a machine gives without us: RSA signatures and scrypt hashes, as fast as they go. */

import { generateKeyPairSync, randomBytes, scrypt, sign } from 'node:crypto';

export interface BareWork {
  readonly kind: 'rsa' | 'scrypt';
  readonly ms: number;
  /** Hashes in flight; signatures are made one by one. */
  readonly inFlight?: number;
}

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const MESSAGE = randomBytes(700);
const COST = { N: 65_536, r: 8, p: 1, maxmem: 128 * 65_536 * 8 + 1_048_576 };

process.on('message', (work: BareWork) => {
  const done = work.kind === 'rsa' ? signFor(work.ms) : hashFor(work);
  done.then((perSecond) => process.send?.({ perSecond }));
});

async function signFor(ms: number): Promise<number> {
  const startedAt = performance.now();
  let count = 0;
  while (performance.now() - startedAt < ms) {
    sign('sha256', MESSAGE, privateKey);
    count += 1;
  }
  return (1000 * count) / (performance.now() - startedAt);
}

async function hashFor({ ms, inFlight = 1 }: BareWork): Promise<number> {
  const startedAt = performance.now();
  let count = 0;
  const hash = () =>
    new Promise<void>((resolve, reject) =>
      scrypt(randomBytes(32), randomBytes(32), 32, COST, (error) => (error ? reject(error) : resolve())),
    );
  const worker = async () => {
    while (performance.now() - startedAt < ms) {
      await hash();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return (1000 * count) / (performance.now() - startedAt);
}
