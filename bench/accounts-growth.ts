/** `accounts.growth`: polls and login look-ups with a million accounts against a thousand, through the box's webheads. */

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alternate, type BenchRow } from './bench-row.ts';
import { startBenchBox } from './box.ts';
import { type FilledSession, filledEmail, fillStore } from './fill-store.ts';
import { expectOk } from './keysigner-sign.ts';
import { startGenerator } from './processes.ts';

const FEW = 1000;
const MANY = 1_000_000;
/** Sessions whose tokens are known, spread over all accounts. */
const SIGNERS = 1000;
const ROUNDS = 9;
const SLICE_MS = 1000;
const CONNECTIONS = 10;

export const accountsGrowth: BenchRow = {
  name: 'accounts.growth',
  bar: 0.9,
  run: async (progress) => {
    const folder = await mkdtemp(join(tmpdir(), 'picl-idp-growth-'));
    const fill = async (name: string, accounts: number) => {
      const box = join(folder, name);
      await mkdir(box);
      const file = join(box, 'accounts.sqlite');
      return { folder: box, signers: await fillStore({ file, accounts, sessionsUsable: SIGNERS, progress }) };
    };
    const few = await fill('few', FEW);
    const many = await fill('many', MANY);
    const fewBox = await startBenchBox({ folder: few.folder });
    const manyBox = await startBenchBox({ folder: many.folder });
    const generator = startGenerator();
    try {
      const ask = async ({ url, signers }: { url: string; signers: readonly FilledSession[] }) => {
        const polls = expectOk(
          await generator.ask({
            url,
            method: 'GET',
            path: '/v1/recovery_email/status',
            signers,
            connections: CONNECTIONS,
            ms: SLICE_MS,
          }),
        );
        // A login's look-up without the hash: whether an e-mail has an account.
        const body = JSON.stringify({ email: filledEmail(Math.floor(Math.random() * FEW)) });
        const lookUps = expectOk(
          await generator.ask({
            url,
            method: 'POST',
            path: '/v1/account/status',
            body,
            signers: [],
            connections: CONNECTIONS,
            ms: SLICE_MS,
          }),
        );
        return 2 / (1 / polls + 1 / lookUps);
      };
      const fewAsked = { url: fewBox.url, signers: few.signers };
      const manyAsked = { url: manyBox.url, signers: many.signers };
      await ask(fewAsked);
      await ask(manyAsked);
      const figures = await alternate({
        rounds: ROUNDS,
        progress,
        bare: () => ask(fewAsked),
        load: () => ask(manyAsked),
      });
      return { ...figures, unit: 'look-ups/s' };
    } finally {
      generator.stop();
      await fewBox.stop();
      await manyBox.stop();
      await rm(folder, { recursive: true });
    }
  },
};
