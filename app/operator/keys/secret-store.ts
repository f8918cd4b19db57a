/** Secrets Manager as `keys init` needs it: what has a value, the first value of a secret, and what has reached other regions. */

import { createHash } from 'node:crypto';
import type { DescribeSecretCommandOutput, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { z } from 'zod';
import { bounded, failed } from '../aws.ts';
import type { DeclaredSecret } from './declared-secrets.ts';

export interface SecretStanding {
  readonly arn: string;
  /** The version that machines are given; nothing while the secret has no value. */
  readonly currentVersion: string | undefined;
}

export interface ReplicaStanding {
  readonly region: string;
  readonly state: 'in-sync' | 'waiting' | 'failed';
  /** As AWS says it. */
  readonly detail: string;
}

export interface SecretStore {
  /** Nothing when the secret is not there, or is on its way out. */
  standingOf(secret: DeclaredSecret): Promise<SecretStanding | undefined>;
  /** Gives a secret its first value. Of any number of callers racing, exactly one gets `made`; the others' values are dropped. */
  putFirst(secret: DeclaredSecret, arn: string, value: unknown): Promise<'made' | 'there'>;
  /** @throws Error that names the secret, never its value. */
  read<Schema extends z.ZodType>(secret: DeclaredSecret, schema: Schema): Promise<z.infer<Schema>>;
  replicasOf(secret: DeclaredSecret): Promise<readonly ReplicaStanding[]>;
  /** Asks AWS to copy a secret anew to where it failed. */
  replicateAgain(secret: DeclaredSecret, region: string): Promise<void>;
  close(): void;
}

const CURRENT = 'AWSCURRENT';
const ATTEMPTS_MAX = 5;

export async function openSecretStore(): Promise<SecretStore> {
  const { default: sdk } = await import('@aws-sdk/client-secrets-manager');
  const clients = new Map<string, SecretsManagerClient>();
  const clientFor = (region: string) => {
    const known = clients.get(region);
    if (known !== undefined) return known;
    const client = new sdk.SecretsManagerClient({ region, maxAttempts: ATTEMPTS_MAX });
    clients.set(region, client);
    return client;
  };
  const describe = async (name: string, region: string) => {
    try {
      return await clientFor(region).send(new sdk.DescribeSecretCommand({ SecretId: name }), bounded());
    } catch (cause) {
      if (cause instanceof sdk.ResourceNotFoundException) return undefined;
      throw failed(`secret ${name} in ${region} cannot be asked for`, cause);
    }
  };
  return {
    async standingOf({ name, region }) {
      const described = await describe(name, region);
      if (described?.ARN === undefined || described.DeletedDate !== undefined) return undefined;
      return { arn: described.ARN, currentVersion: currentVersionOf(described) };
    },

    async putFirst({ name, region }, arn, value) {
      const put = new sdk.PutSecretValueCommand({
        SecretId: arn,
        SecretString: JSON.stringify(value),
        ClientRequestToken: firstVersionOf(arn),
      });
      try {
        await clientFor(region).send(put, bounded());
        return 'made';
      } catch (cause) {
        // The version is there with another value: somebody else's run was first.
        if (cause instanceof sdk.ResourceExistsException) return 'there';
        throw failed(`secret ${name} in ${region} cannot be given its value`, cause);
      }
    },

    async read({ name, region }, schema) {
      const get = new sdk.GetSecretValueCommand({ SecretId: name });
      const { SecretString: text } = await clientFor(region)
        .send(get, bounded())
        .catch((cause: unknown) => {
          throw failed(`secret ${name} in ${region} cannot be read`, cause);
        });
      const parsed = schema.safeParse(parseJson(text ?? ''));
      if (parsed.success) return parsed.data;
      const members = parsed.error.issues.map(({ path, code }) => `${path.join('.') || 'the whole'} (${code})`);
      throw new Error(`secret ${name} has not the shape it must have: ${members.join(', ')}`);
    },

    async replicasOf(secret) {
      const here = await describe(secret.name, secret.region);
      return Promise.all(
        secret.replicaRegions.map(async (region): Promise<ReplicaStanding> => {
          const status = here?.ReplicationStatus?.findLast(({ Region: of }) => of === region);
          const detail = status?.StatusMessage ?? status?.Status ?? 'AWS knows of no such replica';
          if (status?.Status === 'Failed') return { region, state: 'failed', detail };
          if (status?.Status !== 'InSync') return { region, state: 'waiting', detail };
          // What counts is what a machine of that region is given.
          const there = await describe(secret.name, region);
          const same = there !== undefined && currentVersionOf(there) === (here && currentVersionOf(here));
          return { region, state: same ? 'in-sync' : 'waiting', detail };
        }),
      );
    },

    async replicateAgain({ name, region }, replicaRegion) {
      const again = new sdk.ReplicateSecretToRegionsCommand({
        SecretId: name,
        AddReplicaRegions: [{ Region: replicaRegion }],
      });
      await clientFor(region)
        .send(again, bounded())
        .catch((cause: unknown) => {
          throw failed(`secret ${name} cannot be copied to ${replicaRegion}`, cause);
        });
    },

    close() {
      for (const client of clients.values()) client.destroy();
    },
  };
}

function currentVersionOf({ VersionIdsToStages: versions }: DescribeSecretCommandOutput): string | undefined {
  return Object.entries(versions ?? {}).find(([, stages]) => stages.includes(CURRENT))?.[0];
}

/** The same for whoever asks: AWS takes one value under one version and refuses every other. */
function firstVersionOf(arn: string): string {
  return createHash('sha256').update(`first value of ${arn}`).digest('hex');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not passed on as cause: a JSON error quotes the text.
    return undefined;
  }
}
