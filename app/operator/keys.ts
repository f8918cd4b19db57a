/** `picl-idp keys`: the rotation of the identity provider's key. */

import { resolve } from 'node:path';
import { Command } from 'commander';
import {
  createKeySet,
  type KeySet,
  keySetSchema,
  prepareNextKey,
  promoteNextKey,
  retirePreviousKeys,
} from '../keysigner/key-set.ts';
import { writeSecretFile } from '../platform/secret-file.ts';
import { readJsonSecret } from '../platform/secrets.ts';

interface KeysOptions {
  readonly file: string;
  readonly json: boolean;
}

type RotationStep = (keySet: KeySet, now: number) => KeySet | Promise<KeySet>;

const STEPS: Readonly<Record<string, { description: string; step: RotationStep }>> = {
  show: { description: 'Lists the keys and their states.', step: (keySet) => keySet },
  prepare: {
    description: 'Makes the next key; it is published as soon as the keysigners are restarted, and signs nothing yet.',
    step: prepareNextKey,
  },
  promote: {
    description: 'Lets the next key sign, once it was published for 24 hours; the one before stays published.',
    step: promoteNextKey,
  },
  retire: { description: 'Drops previous keys 48 hours after they signed last.', step: retirePreviousKeys },
};

export function keysCommand(): Command {
  const keys = new Command('keys').description(
    "Rotates the identity provider's key in a key set file. Restart the keysigners after each step.",
  );
  keys
    .command('create')
    .description('Makes a key set; never overwrites one.')
    .requiredOption('--file <path>', 'the key set')
    .option('--json', 'answer for programs', false)
    .action(async (options: KeysOptions) => {
      const keySet = await createKeySet(Date.now());
      await writeSecretFile(options.file, JSON.stringify(keySet), { replace: false });
      tell(keySet, options);
    });
  for (const [name, { description, step }] of Object.entries(STEPS)) {
    keys
      .command(name)
      .description(description)
      .requiredOption('--file <path>', 'the key set')
      .option('--json', 'answer for programs', false)
      .action((options: KeysOptions) => runStep(options, step));
  }
  return keys;
}

async function runStep(options: KeysOptions, step: RotationStep): Promise<void> {
  const before = await readJsonSecret(`file:${resolve(options.file)}`, keySetSchema);
  const after = await step(before, Date.now());
  if (after !== before) await writeSecretFile(options.file, JSON.stringify(after), { replace: true });
  tell(after, options);
}

function tell({ keys }: KeySet, { json }: KeysOptions): void {
  const rows = keys.map(({ kid, state, since }) => ({ kid, state, since: new Date(since).toISOString() }));
  if (json) console.log(JSON.stringify(rows));
  else for (const { kid, state, since } of rows) console.log(`${state.padEnd(9)} ${kid}  since ${since}`);
}
