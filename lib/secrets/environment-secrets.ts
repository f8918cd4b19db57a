/** The secrets of an environment, as declarations: what they hold is made by `picl-idp keys init`, never by a template. */

import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { idpKeysInKms, servingRegions } from '../../regions/derived.ts';
import type { Environment } from '../../regions/schema.ts';
import { acknowledge } from '../acknowledge.ts';
import { keyValues } from '../key-values.ts';
import { type SecretName, secretName } from '../names.ts';
import { keepWith } from '../retention.ts';

/** What is in a secret: `keys init` makes each kind its own way. */
type SecretKind = 'key-set' | 'sealing-keyring' | 'pair' | 'ring-authority' | 'ring-node' | 'ring-role';

interface Declaration {
  readonly id: string;
  readonly name: SecretName;
  readonly kind: SecretKind;
  readonly holds: string;
  readonly tags?: Readonly<Record<string, string>>;
}

const OF_SERVICES: readonly Declaration[] = [
  {
    id: 'IdpKeySet',
    name: 'idp-key-set',
    kind: 'key-set',
    holds: 'the keys that sign certificates; keysigners read it',
  },
  {
    id: 'SealingKeyring',
    name: 'sealing-keyring',
    kind: 'sealing-keyring',
    holds: 'the keys that seal what the store holds; dbwriters read it',
  },
  {
    id: 'WebheadDbwriter',
    name: 'webhead-dbwriter',
    kind: 'pair',
    holds: 'what webheads sign their calls to dbwriters with',
  },
  {
    id: 'WebheadKeysigner',
    name: 'webhead-keysigner',
    kind: 'pair',
    holds: 'what webheads sign their calls to keysigners with',
  },
];

const AUTHORITIES: readonly Declaration[] = [
  {
    id: 'RingAuthorityOfNodes',
    name: 'ring-authority/nodes',
    kind: 'ring-authority',
    holds: 'the authority that ring nodes trust among themselves; no machine reads it',
  },
  {
    id: 'RingAuthorityOfClients',
    name: 'ring-authority/clients',
    kind: 'ring-authority',
    holds: 'the authority that clients of the ring trust; no machine reads it',
  },
];

const ROLES = { Operator: 'operator', Dbwriter: 'dbwriter', Webhead: 'webhead', Tokenserver: 'tokenserver' } as const;

export interface EnvironmentSecretsProps {
  readonly environment: Environment;
}

/**
 * Every secret of an environment of two regions, declared once in its primary region and replicated to the others by AWS.
 * Resources: a secret without a value for each; retained where data is kept. None for the key that signs certificates where it lies in KMS.
 * Failure behaviour: each region reads its own replica, also while the primary region is away; what changes a secret waits for it.
 */
export class EnvironmentSecrets extends Construct {
  constructor(scope: Construct, id: string, { environment }: EnvironmentSecretsProps) {
    super(scope, id);
    const [, ...replicas] = environment.regions.map(({ name }) => name);
    const [, ...servingReplicas] = servingRegions(environment).map(({ name }) => name);
    // A witness has ring nodes and nothing else: it gets no secret of a service.
    for (const declaration of [...ofServices(environment), ...AUTHORITIES, ...roles()]) {
      this.declareSecret(environment, declaration, servingReplicas);
    }
    for (const declaration of leaves(environment)) this.declareSecret(environment, declaration, replicas);
  }

  private declareSecret(
    environment: Environment,
    { id, name, kind, holds, tags }: Declaration,
    replicas: string[],
  ): void {
    const secret = new CfnSecret(this, id, {
      name: secretName(environment, name),
      description: holds,
      ...(replicas.length === 0 ? {} : { replicaRegions: replicas.map((region) => ({ region })) }),
      tags: keyValues({ 'picl-idp:secret': kind, ...tags }),
    });
    acknowledge(secret, {
      'AwsSolutions-SMG4': 'Operators rotate by commands that keep two values live; a schedule would need a Lambda.',
    });
    keepWith(environment, secret);
  }
}

/** A key that lies in KMS is in no secret. */
function ofServices(environment: Environment): readonly Declaration[] {
  const inKms = idpKeysInKms(environment).length > 0;
  return OF_SERVICES.filter(({ kind }) => !(inKms && kind === 'key-set'));
}

function roles(): readonly Declaration[] {
  return Object.entries(ROLES).map(([id, role]) => ({
    id: `RingRole${id}`,
    name: `ring-role/${role}`,
    kind: 'ring-role',
    holds: `the ring's login of the role ${role}`,
  }));
}

/** One for each ring node: its certificates name its address. */
function leaves({ regions }: Environment): readonly Declaration[] {
  return regions.flatMap(({ ringNodes }) =>
    ringNodes.map(({ name, address }) => ({
      id: `RingNode${name.replace('ring-', '')}`,
      name: `ring-node/${name}` as const,
      kind: 'ring-node',
      holds: `certificates and keys of ${name}; that node reads it`,
      tags: { 'picl-idp:ring-node': name, 'picl-idp:address': address },
    })),
  );
}
