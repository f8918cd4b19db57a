/** Filling declared secrets: each gets its first value once, and keeps what it has. */

import { randomBytes } from 'node:crypto';
import { createKeyring } from '../../dbwriter/keyring.ts';
import { createKeySet } from '../../keysigner/key-set.ts';
import { createPairSecrets } from '../../platform/secrets.ts';
import type { DeclaredSecret, SecretKind } from './declared-secrets.ts';
import { type CertifiedKey, certifiedKeySchema, createAuthority, createNodeCertificate } from './ring-certificates.ts';
import type { ReplicaStanding, SecretStanding, SecretStore } from './secret-store.ts';

export type FilledState = 'made' | 'kept' | 'would-make';

export interface FilledSecret {
  readonly secret: DeclaredSecret;
  readonly state: FilledState;
}

export interface FillParts {
  readonly store: SecretStore;
  readonly environment: string;
  readonly now: () => number;
  readonly dryRun: boolean;
  /** Told of each secret as soon as it stands. */
  readonly onFilled: (filled: FilledSecret) => void;
}

/** Secrets that the templates declare are not in the account. The message says what to deploy. */
class SecretsMissing extends Error {
  override readonly name = 'SecretsMissing';
}

/** Authorities come first: what they sign needs them. */
const ORDER: readonly SecretKind[] = ['ring-authority', 'key-set', 'sealing-keyring', 'pair', 'ring-node', 'ring-role'];
const PASSWORD_BYTES = 32;

type AuthorityName = 'nodes' | 'clients';

/**
 * Gives each secret without a value its first one. Can be stopped at any moment and run again; two runs at once make each value once.
 * @throws SecretsMissing before anything is made when one of the secrets is not there.
 */
export async function fillSecrets(
  secrets: readonly DeclaredSecret[],
  parts: FillParts,
): Promise<readonly FilledSecret[]> {
  const standings = await standingsOf(secrets, parts.store);
  const ordered = [...standings].sort(([left], [right]) => ORDER.indexOf(left.kind) - ORDER.indexOf(right.kind));
  const filled: FilledSecret[] = [];
  for (const [secret, standing] of ordered) {
    const state = await fill(secret, standing, { ...parts, secrets });
    filled.push({ secret, state });
    parts.onFilled({ secret, state });
  }
  return filled;
}

async function standingsOf(
  secrets: readonly DeclaredSecret[],
  store: SecretStore,
): Promise<ReadonlyMap<DeclaredSecret, SecretStanding>> {
  const standings = new Map<DeclaredSecret, SecretStanding>();
  const missing: DeclaredSecret[] = [];
  for (const secret of secrets) {
    const standing = await store.standingOf(secret);
    if (standing === undefined) missing.push(secret);
    else standings.set(secret, standing);
  }
  if (missing.length === 0) return standings;
  const stackNames = [...new Set(missing.map(({ stackName }) => stackName))];
  const names = missing.map(({ name, region }) => `${name} in ${region}`);
  throw new SecretsMissing(
    `secrets are not there: ${names.join(', ')}; first deploy them: npx cdk deploy ${stackNames.join(' ')}`,
  );
}

async function fill(
  secret: DeclaredSecret,
  { arn, currentVersion }: SecretStanding,
  parts: FillParts & { readonly secrets: readonly DeclaredSecret[] },
): Promise<FilledState> {
  if (currentVersion !== undefined) return 'kept';
  if (parts.dryRun) return 'would-make';
  const value = await makeValue(secret, parts);
  // Asked again: somebody may have put a value by hand since.
  if ((await parts.store.standingOf(secret))?.currentVersion !== undefined) return 'kept';
  const put = await parts.store.putFirst(secret, arn, value);
  if (put === 'made') return 'made';
  const standing = await parts.store.standingOf(secret);
  if (standing?.currentVersion !== undefined) return 'kept';
  throw new Error(
    `secret ${secret.name} had a first value, and no version of it is current any more: restore one by hand`,
  );
}

async function makeValue(
  { kind, shortName, identity }: DeclaredSecret,
  { store, environment, now, secrets }: FillParts & { readonly secrets: readonly DeclaredSecret[] },
): Promise<unknown> {
  const authority = (name: AuthorityName) => readAuthority(name, { store, secrets });
  switch (kind) {
    case 'key-set':
      return createKeySet(now());
    case 'sealing-keyring':
      return createKeyring();
    case 'pair':
      return createPairSecrets(shortName);
    case 'ring-authority':
      return createAuthority(`picl-idp ${environment} ring ${shortName}`, now());
    case 'ring-role': {
      const { certificatePem } = await authority('clients');
      return {
        username: shortName,
        password: randomBytes(PASSWORD_BYTES).toString('hex'),
        authorityPem: certificatePem,
      };
    }
    case 'ring-node': {
      if (identity === undefined) throw new TypeError(`ring node ${shortName} has no identity`);
      const [nodes, clients] = await Promise.all([authority('nodes'), authority('clients')]);
      return {
        internode: await createNodeCertificate(nodes, identity, now()),
        clients: await createNodeCertificate(clients, identity, now()),
        nodesAuthorityPem: nodes.certificatePem,
        clientsAuthorityPem: clients.certificatePem,
      };
    }
  }
}

/** Always as stored: whichever run made it, it is the one that counts. */
function readAuthority(
  name: AuthorityName,
  { store, secrets }: { store: SecretStore; secrets: readonly DeclaredSecret[] },
): Promise<CertifiedKey> {
  const secret = secrets.find(({ kind, shortName }) => kind === 'ring-authority' && shortName === name);
  if (secret === undefined) throw new Error(`ring-authority/${name}: the templates declare no such secret`);
  return store.read(secret, certifiedKeySchema);
}

export interface WaitParts {
  readonly store: SecretStore;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly now: () => number;
  /** How long to wait at most. */
  readonly waitMsMax: number;
  readonly onProgress: (progress: { readonly inSync: number; readonly of: number }) => void;
}

export interface ReplicatedSecret {
  readonly secret: DeclaredSecret;
  readonly replicas: readonly ReplicaStanding[];
}

const POLL_MS = 2000;

/** Waits until each replica hands out what its secret holds. A replica that failed is asked for once more. */
export async function waitForReplicas(
  secrets: readonly DeclaredSecret[],
  { store, sleep, now, waitMsMax, onProgress }: WaitParts,
): Promise<readonly ReplicatedSecret[]> {
  const until = now() + waitMsMax;
  const asked = new Set<string>();
  for (;;) {
    const replicated: ReplicatedSecret[] = [];
    for (const secret of secrets) replicated.push({ secret, replicas: await store.replicasOf(secret) });
    const all = replicated.flatMap(({ secret, replicas }) => replicas.map((replica) => ({ secret, replica })));
    const failed = all.filter(({ replica }) => replica.state === 'failed');
    const toAsk = failed.filter(({ secret, replica }) => !asked.has(`${secret.name} ${replica.region}`));
    const inSync = all.filter(({ replica }) => replica.state === 'in-sync').length;
    onProgress({ inSync, of: all.length });
    const settled = inSync + failed.length - toAsk.length === all.length;
    if (settled || now() >= until) return replicated;
    for (const { secret, replica } of toAsk) {
      asked.add(`${secret.name} ${replica.region}`);
      await store.replicateAgain(secret, replica.region);
    }
    await sleep(POLL_MS);
  }
}
