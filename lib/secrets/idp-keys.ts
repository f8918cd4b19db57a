/** The keys that sign certificates, where an environment has them in AWS KMS. */

import { ReferenceStrength, Stack } from 'aws-cdk-lib';
import { CfnAlias, CfnKey, CfnReplicaKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { idpKeysInKms } from '../../regions/derived.ts';
import type { Environment } from '../../regions/schema.ts';
import { accountDecides, policy } from '../machine/policy.ts';
import { idpKeyAlias, pascal } from '../names.ts';
import { keepWith, keyDeletionDays } from '../retention.ts';

export interface IdpKeysProps {
  readonly environment: Environment;
}

/**
 * The keys that sign certificates, in the primary region of an environment that has them in KMS. Nobody ever reads one, and of our roles,
 * keysigners alone may sign.
 * Resources: for each key a multi-Region key of KMS (RSA, 2048 bits), retained where data is kept, and its alias; nothing where keysigners
 * hold the key in memory.
 * AWS renews no key of this kind by itself. An operator lets one key follow another by edits of `idpKeysInKms`, each of them deployed to
 * both regions before the next:
 * 1. The next key is added to `keys`, and to `published` behind the one that signs: it is there, and relying services learn of it.
 * 2. A day later it is put first in `published`: it signs. The one before stays published, for its certificates live on for a day.
 * 3. Two days later the one before is taken from `published`, and whenever nobody wants to go back, from `keys`. Where data is kept the key
 *    itself is left in the account, until somebody schedules its deletion there.
 * Failure behaviour: each region signs with its own copy, also while the other region is away. While KMS is away no certificate is signed;
 * those that were are good until they end. A deleted key is the end of all certificates by it.
 */
export class IdpKeys extends Construct {
  private readonly arns = new Map<string, string>();

  constructor(scope: Construct, id: string, { environment }: IdpKeysProps) {
    super(scope, id);
    for (const name of idpKeysInKms(environment)) {
      const key = new CfnKey(this, pascal(name), {
        description: descriptionOf(environment, name),
        keySpec: 'RSA_2048',
        keyUsage: 'SIGN_VERIFY',
        multiRegion: true,
        pendingWindowInDays: keyDeletionDays(environment),
        keyPolicy: policy([accountDecides(environment)]),
      });
      keepWith(environment, key);
      addAlias(this, { environment, name, keyId: key.attrKeyId });
      this.arns.set(name, key.attrArn);
    }
  }

  /** @throws RangeError where the environment has no such key. */
  arnOf(name: string): string {
    const arn = this.arns.get(name);
    if (arn === undefined) throw new RangeError(`key ${name}: got none, allowed: ${[...this.arns.keys()].join(', ')}`);
    return arn;
  }
}

export interface IdpKeyReplicasProps extends IdpKeysProps {
  /** Those of the primary region. */
  readonly keys: IdpKeys;
}

/**
 * The same keys in another region that serves: AWS copies them there, and nobody sees them pass.
 * Resources: a replica of each key, retained where data is kept, and its alias. The key's ARN is read from the primary region's stack when
 * this one is deployed.
 * Failure behaviour: a replica signs without the primary region. A change of the keys waits for it.
 */
export class IdpKeyReplicas extends Construct {
  constructor(scope: Construct, id: string, { environment, keys }: IdpKeyReplicasProps) {
    super(scope, id);
    for (const name of idpKeysInKms(environment)) {
      const replica = new CfnReplicaKey(this, pascal(name), {
        description: descriptionOf(environment, name),
        primaryKeyArn: Stack.consumeReference(keys.arnOf(name), ReferenceStrength.WEAK),
        pendingWindowInDays: keyDeletionDays(environment),
        keyPolicy: policy([accountDecides(environment)]),
      });
      keepWith(environment, replica);
      addAlias(this, { environment, name, keyId: replica.attrKeyId });
    }
  }
}

function descriptionOf({ name: environment }: Environment, name: string): string {
  return `certificates of ${environment}: ${name}`;
}

interface AliasOptions {
  readonly environment: Environment;
  readonly name: string;
  readonly keyId: string;
}

function addAlias(scope: Construct, { environment, name, keyId }: AliasOptions): void {
  new CfnAlias(scope, `${pascal(name)}Alias`, { aliasName: idpKeyAlias(environment, name), targetKeyId: keyId });
}
