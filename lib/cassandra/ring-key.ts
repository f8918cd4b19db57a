/** The key under which a region's ring nodes have their disks. */

import { CfnAlias, CfnKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Environment, Region } from '../../regions/schema.ts';
import { accountDecides, type PolicyStatement, policy } from '../machine/policy.ts';
import { keepWith, keyDeletionDays } from '../retention.ts';

export interface RingKeyProps {
  readonly environment: Environment;
  readonly region: Region;
}

/** The key's name, the same in each region, for policies of other regions: nobody knows another region's key id. */
export function ringKeyAlias({ name }: Environment): string {
  return `alias/picl-idp/${name}/ring`;
}

/**
 * The key of a region's ring volumes, of their nodes' own disks and of their backups.
 * Resources: a key of KMS that is renewed each year, retained where data is kept; its alias.
 * Its policy names no role of ours, so that it depends on none: the account's own policies say who may use it. Auto Scaling's role has no
 * such policy that we could change, and is named.
 * Failure behaviour: while KMS is away, running nodes go on, since their machines hold the volumes' keys; none starts. A deleted key is the
 * loss of the region's ring.
 */
export class RingKey extends Construct {
  readonly keyArn: string;

  constructor(scope: Construct, id: string, { environment, region }: RingKeyProps) {
    super(scope, id);
    const key = new CfnKey(this, 'Key', {
      description: `disks and backups of the ring nodes of ${environment.name} in ${region.name}`,
      enableKeyRotation: true,
      pendingWindowInDays: keyDeletionDays(environment),
      keyPolicy: policy(keyPolicy(environment)),
    });
    keepWith(environment, key);
    new CfnAlias(this, 'Alias', { aliasName: ringKeyAlias(environment), targetKeyId: key.attrKeyId });
    this.keyArn = key.attrArn;
  }
}

function keyPolicy(environment: Environment): readonly PolicyStatement[] {
  const autoScaling = {
    AWS: `arn:aws:iam::${environment.account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`,
  };
  // In a key's policy `*` is the key itself.
  const theKey = '*';
  return [
    accountDecides(environment),
    {
      Sid: 'AutoScalingMakesDisks',
      Effect: 'Allow',
      Principal: autoScaling,
      Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
      Resource: theKey,
    },
    {
      Sid: 'AutoScalingLetsMachinesUseThem',
      Effect: 'Allow',
      Principal: autoScaling,
      Action: 'kms:CreateGrant',
      Resource: theKey,
      Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    },
  ];
}
