/** The right to read secrets by name. */

import type { Environment, Region } from '../../regions/schema.ts';
import { allowed, type PolicyStatement } from '../machine/policy.ts';
import { type SecretName, secretArn } from '../names.ts';

export function readsSecrets(
  environment: Environment,
  region: Region,
  secrets: readonly SecretName[],
): PolicyStatement {
  return allowed(
    ['secretsmanager:GetSecretValue'],
    secrets.map((secret) => secretArn(environment, region, secret)),
  );
}
