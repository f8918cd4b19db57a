/** Names that one stack, region or machine must know of another: literals, made here and nowhere else. */

import { primaryRegion } from '../regions/derived.ts';
import type { Environment, Region } from '../regions/schema.ts';

/** What stands in each region's private zone; the same name leads to the region's own part, in every region. */
export type InternalHost = 'keysigner' | 'dbwriter' | 'ring' | 'logs' | 'mail' | 'search';

/** Below the operator's own zone, so that certificates for it come from a public authority. */
export function internalZoneName({ publicZone }: Environment): string {
  return `internal.${publicZone.name}`;
}

export function internalName(environment: Environment, host: InternalHost): string {
  return `${host}.${internalZoneName(environment)}`;
}

/** The URL that clients have. Its host and port are under the MAC of each of their requests. */
export function accountsUrl({ accountsName }: Environment): string {
  return `https://${accountsName}`;
}

/** A region's own name of the accounts service, by which its health is asked. */
export function regionalAccountsName({ accountsName }: Environment, { name }: Region): string {
  return `${name}.${accountsName}`;
}

/** Secrets by the names under which machines ask for them. */
export type SecretName =
  | 'idp-key-set'
  | 'sealing-keyring'
  | 'webhead-dbwriter'
  | 'webhead-keysigner'
  | `ring-authority/${'nodes' | 'clients'}`
  | `ring-node/${string}`
  | `ring-role/${'operator' | 'dbwriter' | 'webhead' | 'tokenserver'}`;

export function secretName({ name }: Environment, secret: SecretName): string {
  return `picl-idp/${name}/${secret}`;
}

/** What stands in a machine's settings in the place of a secret. */
export function secretReference(environment: Environment, secret: SecretName): string {
  return `secretsmanager:${secretName(environment, secret)}`;
}

/** The ARN of a secret in a region. AWS adds six characters of its own, in every region the same ones, that nobody knows before. */
export function secretArn(environment: Environment, region: Region, secret: SecretName): string {
  return `arn:aws:secretsmanager:${region.name}:${environment.account}:secret:${secretName(environment, secret)}-??????`;
}

/** A key that signs certificates has the same name in each region: nobody knows another region's key ids. */
export function idpKeyAlias({ name }: Environment, key: string): string {
  return `alias/picl-idp/${name}/${key}`;
}

/** The queue in which a region's bounces and complaints wait for its dbwriters. */
export function bounceQueueName({ name }: Environment): string {
  return `${name}-mail-bounces`;
}

export function bounceQueueUrl(environment: Environment, region: Region): string {
  return `https://sqs.${region.name}.amazonaws.com/${environment.account}/${bounceQueueName(environment)}`;
}

export function bounceQueueArn(environment: Environment, region: Region): string {
  return `arn:aws:sqs:${region.name}:${environment.account}:${bounceQueueName(environment)}`;
}

/** The queue of the bounces and complaints that dbwriters could not handle. */
export function deadBounceQueueName(environment: Environment): string {
  return `${bounceQueueName(environment)}-dead`;
}

export function deadBounceQueueArn(environment: Environment, region: Region): string {
  return `arn:aws:sqs:${region.name}:${environment.account}:${deadBounceQueueName(environment)}`;
}

/** The ARN of something of EC2's, which names it by its kind and id; `*` is all of a kind. */
export function ec2Arn(
  environment: Environment,
  region: Region,
  resource: `${'instance' | 'volume' | 'elastic-ip' | 'network-interface'}/${string}`,
): string {
  return `arn:aws:ec2:${region.name}:${environment.account}:${resource}`;
}

/** A name as ids of constructs have it: `us-east-1` is `UsEast1`. */
export function pascal(name: string): string {
  return name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

/** The search domain that an environment's lines end in, in its primary region. */
export function searchDomainName({ name }: Environment): string {
  return `${name}-logs`;
}

export function searchDomainArn(environment: Environment): string {
  const { name } = primaryRegion(environment);
  return `arn:aws:es:${name}:${environment.account}:domain/${searchDomainName(environment)}`;
}

/** A region's long copy of the lines. Buckets of everybody share one space of names: the account makes it ours. */
export function logArchiveName(environment: Environment, region: Region): string {
  return `picl-idp-${environment.name}-logs-${environment.account}-${region.name}`;
}
