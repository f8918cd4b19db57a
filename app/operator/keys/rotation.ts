/** The rotation of the identity provider's key in a key set file. */

import { resolve } from 'node:path';
import {
  createKeySet,
  type KeySet,
  keySetSchema,
  prepareNextKey,
  promoteNextKey,
  retirePreviousKeys,
} from '../../keysigner/key-set.ts';
import { writeSecretFile } from '../../platform/secret-file.ts';
import { readJsonSecret } from '../../platform/secrets.ts';

export interface KeySetOptions {
  readonly file: string;
  readonly json: boolean;
}

type RotationStep = (keySet: KeySet, now: number) => KeySet | Promise<KeySet>;

export type StepName = 'show' | 'prepare' | 'promote' | 'retire';

const STEPS: Readonly<Record<StepName, RotationStep>> = {
  show: (keySet) => keySet,
  prepare: prepareNextKey,
  promote: promoteNextKey,
  retire: retirePreviousKeys,
};

/** Makes a key set file, which must not be there. */
export async function createKeySetFile(options: KeySetOptions): Promise<void> {
  const keySet = await createKeySet(Date.now());
  await writeSecretFile(options.file, JSON.stringify(keySet), { replace: false });
  tell(keySet, options);
}

/** Takes one step of a rotation. */
export async function rotate(name: StepName, options: KeySetOptions): Promise<void> {
  const before = await readJsonSecret(`file:${resolve(options.file)}`, keySetSchema);
  const after = await STEPS[name](before, Date.now());
  if (after !== before) await writeSecretFile(options.file, JSON.stringify(after), { replace: true });
  tell(after, options);
}

function tell({ keys }: KeySet, { json }: KeySetOptions): void {
  const rows = keys.map(({ kid, state, since }) => ({ kid, state, since: new Date(since).toISOString() }));
  if (json) console.log(JSON.stringify(rows));
  else for (const { kid, state, since } of rows) console.log(`${state.padEnd(9)} ${kid}  since ${since}`);
}
