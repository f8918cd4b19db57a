/** The right to sign certificates with the keys in KMS. */

import { idpKeysInKms } from '../../regions/derived.ts';
import type { Environment, Region } from '../../regions/schema.ts';
import { allowed, type PolicyStatement } from '../machine/policy.ts';
import { idpKeyAlias } from '../names.ts';

/**
 * For all keys that there are, also those that sign no more or not yet: machines of the release before go on with theirs until they are
 * replaced. KMS takes up to five minutes, as far as we recall, until it goes by a new alias.
 */
export function signsInKms(environment: Environment, region: Region): readonly PolicyStatement[] {
  const aliases = idpKeysInKms(environment).map((name) => idpKeyAlias(environment, name));
  if (aliases.length === 0) return [];
  const keys = [anyKeyArn(environment, region)];
  const ofTheAliases = { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': aliases } };
  return [
    allowed(['kms:GetPublicKey'], keys, ofTheAliases),
    allowed(['kms:Sign'], keys, {
      ...ofTheAliases,
      StringEquals: { 'kms:SigningAlgorithm': 'RSASSA_PKCS1_V1_5_SHA_256', 'kms:MessageType': 'DIGEST' },
    }),
  ];
}

/** What the rule pack says of that right, and why it stays so. */
export function findingsOfSigning(environment: Environment, region: Region): Readonly<Record<string, string>> {
  if (idpKeysInKms(environment).length === 0) return {};
  return {
    [`AwsSolutions-IAM5[Resource::${anyKeyArn(environment, region)}]`]:
      'AWS names a key as it is made; a condition on its alias says which one is meant.',
  };
}

/** Ids of multi-Region keys, and no others, begin so. */
function anyKeyArn({ account }: Environment, { name }: Region): string {
  return `arn:aws:kms:${name}:${account}:key/mrk-*`;
}
