/** `picl-idp keys init`, told as it goes. */

import { setTimeout as sleep } from 'node:timers/promises';
import { readAssembly, stacksOf } from '../assembly.ts';
import { requireAccount } from '../aws.ts';
import { type EnvironmentOptions, EXIT_FAULT, EXIT_OK, type Output } from '../options.ts';
import { type DeclaredSecret, declaredSecrets } from './declared-secrets.ts';
import { type FilledSecret, fillSecrets, type ReplicatedSecret, waitForReplicas } from './fill.ts';
import { openSecretStore, type SecretStore } from './secret-store.ts';

/** Copies take seconds; an operator who waits longer wants to know. */
const REPLICATION_MS_MAX = 180_000;

const SAID: Readonly<Record<FilledSecret['state'], string>> = {
  made: 'made',
  kept: 'kept, it has a value',
  'would-make': 'would be made',
};

export interface InitOptions extends EnvironmentOptions {
  readonly dryRun: boolean;
}

/** @returns the exit code: 0 when every secret has its value in every region. */
export async function initKeys(
  environment: string,
  { assembly, dryRun, json }: InitOptions,
  output: Output,
): Promise<number> {
  const stacks = stacksOf(readAssembly(assembly), environment);
  const secrets = declaredSecrets(stacks);
  if (secrets.length === 0) {
    if (json) output.log(JSON.stringify({ environment, dryRun, secrets: [] }));
    else output.log(`${environment} declares no secrets: its machine makes its own`);
    return EXIT_OK;
  }
  await requireAccount(stacks);
  const store = await openSecretStore();
  try {
    const onFilled = ({ secret, state }: FilledSecret) => {
      if (!json) output.log(`${secret.name}: ${SAID[state]}`);
    };
    const filled = await fillSecrets(secrets, { store, environment, now: Date.now, dryRun, onFilled });
    const replicated = dryRun ? [] : await waitAndTell(secrets, { store, json, output });
    if (json) output.log(JSON.stringify({ environment, dryRun, secrets: forPrograms(filled, replicated) }));
    const inSync = replicated.every(({ replicas }) => replicas.every(({ state }) => state === 'in-sync'));
    return inSync ? EXIT_OK : EXIT_FAULT;
  } finally {
    store.close();
  }
}

async function waitAndTell(
  secrets: readonly DeclaredSecret[],
  { store, json, output }: { store: SecretStore; json: boolean; output: Output },
): Promise<readonly ReplicatedSecret[]> {
  const terminal = process.stderr.isTTY === true && !json;
  const replicated = await waitForReplicas(secrets, {
    store,
    sleep,
    now: Date.now,
    waitMsMax: REPLICATION_MS_MAX,
    onProgress: ({ inSync, of }) => {
      if (terminal) process.stderr.write(`\rcopies in other regions: ${inSync} of ${of} in sync`);
    },
  });
  if (terminal) process.stderr.write('\n');
  const lacking = replicated.flatMap(({ secret, replicas }) =>
    replicas.filter(({ state }) => state !== 'in-sync').map((replica) => ({ secret, replica })),
  );
  const count = replicated.reduce((sum, { replicas }) => sum + replicas.length, 0);
  if (!json && lacking.length === 0) output.log(`${count} copies in other regions are in sync`);
  for (const { secret, replica } of lacking) {
    output.error(`${secret.name}: the copy in ${replica.region} is not in sync (${replica.detail}); run this again`);
  }
  return replicated;
}

function forPrograms(filled: readonly FilledSecret[], replicated: readonly ReplicatedSecret[]) {
  const replicasOf = new Map(replicated.map(({ secret, replicas }) => [secret.name, replicas]));
  return filled.map(({ secret: { name, kind, region }, state }) => ({
    name,
    kind,
    region,
    state,
    replicas: replicasOf.get(name) ?? [],
  }));
}
