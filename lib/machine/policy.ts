/** Statements of policies, as IAM writes them. */

import type { Environment } from '../../regions/schema.ts';

export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: '*' | Readonly<Record<string, string | readonly string[]>>;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export type Principal = NonNullable<PolicyStatement['Principal']>;

export type Condition = NonNullable<PolicyStatement['Condition']>;

export function policy(statements: readonly PolicyStatement[]) {
  return { Version: '2012-10-17', Statement: statements };
}

export function allowed(
  actions: readonly string[],
  resources: readonly string[],
  condition?: Condition,
): PolicyStatement {
  const statement = { Effect: 'Allow', Action: actions, Resource: resources } as const;
  return condition === undefined ? statement : { ...statement, Condition: condition };
}

/** A statement of a policy that a resource has: it says who. */
export function allowedTo(
  principal: Principal,
  actions: readonly string[],
  resources: readonly string[],
  condition?: Condition,
): PolicyStatement {
  return { ...allowed(actions, resources, condition), Principal: principal };
}

/** Who the account lets do something, by policies of its own. */
export function accountItself({ account }: Environment): Principal {
  return { AWS: `arn:aws:iam::${account}:root` };
}

/** For a key's policy: the account's own policies say who may do what with the key. */
export function accountDecides(environment: Environment): PolicyStatement {
  return {
    Sid: 'PoliciesOfTheAccount',
    Effect: 'Allow',
    Principal: accountItself(environment),
    Action: 'kms:*',
    // In a key's policy `*` is the key itself.
    Resource: '*',
  };
}

/** Who may take a role: a service of AWS. */
export function assumedBy(service: string) {
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  };
}
