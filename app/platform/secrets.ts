/** Secrets, read once at start from where a setting says they lie. */

import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';

/** A secret could not be read or has not the shape it must have. Its value is never in the message. */
export class SecretUnavailable extends Error {
  override readonly name = 'SecretUnavailable';
}

const SECRET_BYTES_MAX = 65_536;
const SECRETS_MANAGER_TIMEOUT_MS = 5000;
const PAIR_KEY_BYTES = 32;

/**
 * Reads a secret's text.
 * @param reference `file:/path` (refused when others than its owner can read it) or `secretsmanager:NAME`.
 * @throws SecretUnavailable that names the reference, never the value.
 */
export async function readSecret(reference: string): Promise<string> {
  return reference.startsWith('file:') ? readSecretFile(reference.slice('file:'.length)) : readManagedSecret(reference);
}

async function readSecretFile(path: string): Promise<string> {
  const { mode, size } = await stat(path).catch((cause: unknown) => {
    throw new SecretUnavailable(`secret file ${path} cannot be read`, { cause });
  });
  if ((mode & 0o077) !== 0) {
    throw new SecretUnavailable(`secret file ${path} has mode ${(mode & 0o777).toString(8)}, allowed: 600 or 400`);
  }
  if (size > SECRET_BYTES_MAX)
    throw new SecretUnavailable(`secret file ${path} is larger than ${SECRET_BYTES_MAX} bytes`);
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SecretUnavailable(`secret file ${path} cannot be read`, { cause });
  });
}

async function readManagedSecret(reference: string): Promise<string> {
  // Loaded only where it is used: the SDK costs more memory than the rest of a small service.
  const { default: sdk } = await import('@aws-sdk/client-secrets-manager');
  const { GetSecretValueCommand, SecretsManagerClient } = sdk;
  const client = new SecretsManagerClient({ maxAttempts: 3 });
  try {
    const command = new GetSecretValueCommand({ SecretId: reference.slice('secretsmanager:'.length) });
    const { SecretString } = await client.send(command, {
      abortSignal: AbortSignal.timeout(SECRETS_MANAGER_TIMEOUT_MS),
    });
    if (SecretString === undefined) throw new SecretUnavailable(`secret ${reference} holds no text`);
    return SecretString;
  } catch (cause) {
    if (cause instanceof SecretUnavailable) throw cause;
    throw new SecretUnavailable(`secret ${reference} cannot be read`, { cause });
  } finally {
    client.destroy();
  }
}

/** Reads a secret whose text is JSON of a shape. @throws SecretUnavailable that names the members at fault, without values. */
export async function readJsonSecret<Schema extends z.ZodType>(
  reference: string,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const secretText = await readSecret(reference);
  let value: unknown;
  try {
    value = JSON.parse(secretText);
  } catch {
    // Not passed on as cause: a JSON error quotes the text.
    throw new SecretUnavailable(`secret ${reference} is not JSON`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const members = parsed.error.issues.map(({ path, code }) => `${path.join('.') || 'the whole'} (${code})`);
  throw new SecretUnavailable(`secret ${reference} has not the shape it must have: ${members.join(', ')}`);
}

const pairSecret = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,64}$/),
  key: z.string().regex(/^[0-9a-f]{64}$/),
});

const pairSecrets = z
  .strictObject({ current: pairSecret, previous: pairSecret.optional() })
  // A caller is known by its id: the one before must not stand in for the new one.
  .refine(({ current, previous }) => current.id !== previous?.id, { path: ['previous', 'id'] });

/** What two clusters share to sign their calls: callers sign with `current`; both are accepted, so that a rotation has no gap. */
export type PairSecrets = z.infer<typeof pairSecrets>;

/** Makes the first secret of a pair of clusters. @param pair its name, for example `webhead-dbwriter`. */
export function createPairSecrets(pair: string): PairSecrets {
  return { current: { id: `${pair}-1`, key: randomBytes(PAIR_KEY_BYTES).toString('hex') } };
}

/** Reads the secret of a pair of clusters. @throws SecretUnavailable */
export function readPairSecrets(reference: string): Promise<PairSecrets> {
  return readJsonSecret(reference, pairSecrets);
}
