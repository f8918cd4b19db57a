/** Statements of policies, as IAM writes them. */

export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: '*' | Readonly<Record<string, string | readonly string[]>>;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

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

/** Who may take a role: a service of AWS. */
export function assumedBy(service: string) {
  return policyOfTrust({ Service: service });
}

function policyOfTrust(principal: Readonly<Record<string, string>>) {
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' }],
  };
}
