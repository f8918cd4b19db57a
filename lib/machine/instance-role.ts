/** What a machine may ask of AWS: one IAM role for each role of machines. */

import { CfnInstanceProfile, CfnRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import { allowed, assumedBy, type PolicyStatement, policy } from './policy.ts';

/** What an agent of Systems Manager needs so that operators reach a machine without a port, a key or an address. */
const OPERATED_BY_SESSION_MANAGER: readonly PolicyStatement[] = [
  allowed(
    [
      'ssm:UpdateInstanceInformation',
      'ssmmessages:CreateControlChannel',
      'ssmmessages:CreateDataChannel',
      'ssmmessages:OpenControlChannel',
      'ssmmessages:OpenDataChannel',
    ],
    // These actions know no resources.
    ['*'],
  ),
];

export interface InstanceRoleProps {
  /** For example `prod keysigner`. */
  readonly bearer: string;
  readonly statements: readonly PolicyStatement[];
  /** Whether operators may open a session on the machine. */
  readonly sessions: boolean;
}

/**
 * The IAM role of one role of machines.
 * Resources: a role with one inline policy, its instance profile.
 */
export class InstanceRole extends Construct {
  readonly profileArn: string;

  constructor(scope: Construct, id: string, { bearer, statements, sessions }: InstanceRoleProps) {
    super(scope, id);
    const all = [...statements, ...(sessions ? OPERATED_BY_SESSION_MANAGER : [])];
    const role = new CfnRole(this, 'Role', {
      description: bearer,
      assumeRolePolicyDocument: assumedBy('ec2.amazonaws.com'),
      ...(all.length === 0 ? {} : { policies: [{ policyName: 'machine', policyDocument: policy(all) }] }),
    });
    if (sessions)
      acknowledge(role, { 'AwsSolutions-IAM5[Resource::*]': 'Actions of the session agent know no resources.' });
    this.profileArn = new CfnInstanceProfile(this, 'Profile', { roles: [role.ref] }).attrArn;
  }
}
