/** The policy that CloudFormation works with: enough for the templates, and nothing that they do not ask for. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { resourcesOf } from '../../app/operator/assembly.ts';
import { DEPLOY_POLICY_CHARACTERS_MAX, deployPolicy, deployPolicyText } from '../../tools/deploy-policy.ts';
import { sharedStacks } from '../topology/support/assembly.ts';
import { changedStacks } from '../topology/support/changed.ts';

const stacks = sharedStacks();
const text = readFileSync('docs/deploy-policy.json', 'utf8');
const { Statement: statements } = deployPolicy(stacks);

test('the policy in docs is the one that the templates need today', () => expect(text).toBe(deployPolicyText(stacks)));

test('it fits into a managed policy', () =>
  expect(text.replaceAll(/\s/g, '').length).toBeLessThanOrEqual(DEPLOY_POLICY_CHARACTERS_MAX));

test('every service of the templates may be built, and every allowed service is one of theirs', () => {
  const allowedServices = new Set(
    statements
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap(({ Action }) => [Action].flat())
      .map((action) => action.split(':')[0]),
  );
  expect([...allowedServices].sort()).toEqual([
    'acm',
    'autoscaling',
    'backup',
    'backup-storage',
    'budgets',
    'cloudformation',
    'cloudwatch',
    'ec2',
    'elasticloadbalancing',
    'es',
    'iam',
    'imagebuilder',
    'kms',
    'logs',
    'route53',
    's3',
    'scheduler',
    'secretsmanager',
    'ses',
    'sns',
    'sqs',
    'ssm',
    'wafv2',
  ]);
});

test('a resource of a service without a row is named', () => {
  const [{ name } = { name: '' }] = stacks;
  const changed = changedStacks(stacks, name, ({ Resources }) => {
    Resources['Table'] = { Type: 'AWS::DynamoDB::Table', Properties: {} };
  });
  expect(() => deployPolicy(changed)).toThrow(new RangeError('no actions are known for AWS::DynamoDB::Table'));
});

test('a row that no resource asks for is named', () => {
  const without = stacks.filter(({ layer }) => layer !== 'lifetime');
  expect(() => deployPolicy(without)).toThrow(new RangeError('no resource is one of Scheduler: their rows can go'));
});

describe('it allows', () => {
  test.each([
    'ec2:CreateVpc',
    'autoscaling:StartInstanceRefresh',
    'cloudformation:DescribeStacks',
    'secretsmanager:CreateSecret',
    'route53:ChangeResourceRecordSets',
    'iam:CreateRole',
    'iam:PassRole',
    's3:PutBucketPolicy',
    's3:PutEncryptionConfiguration',
  ])('%s', (action) => expect(isAllowed(action)).toBe(true));
});

describe('it refuses', () => {
  test.each([
    'iam:CreateUser',
    'iam:CreateAccessKey',
    'iam:AttachUserPolicy',
    'iam:CreatePolicy',
    'iam:PutUserPolicy',
    'iam:CreateOpenIDConnectProvider',
    'organizations:LeaveOrganization',
    'account:CloseAccount',
    'sts:AssumeRole',
    'lambda:CreateFunction',
    'cloudformation:CreateStack',
    'secretsmanager:GetSecretValue',
    'kms:Sign',
    'ssm:SendCommand',
    'ses:SendEmail',
    's3:GetObject',
    's3:PutObject',
    'ec2:PurchaseReservedInstancesOffering',
    'backup:DeleteRecoveryPoint',
  ])('%s', (action) => expect(isAllowed(action)).toBe(false));
});

describe('roles', () => {
  const names = resourcesOf(stacks, 'AWS::IAM::Role').map(({ stack, id }) => `${stack.name}-${id}`);

  test('of every stack can be made, under the names that CloudFormation gives them', () => {
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !covers('RolesOfOurStacks', `arn:aws:iam::333333333333:role/${name}`))).toEqual([]);
  });

  test.each(['cdk-piclidp-cfn-exec-role-333333333333-us-east-1', 'Administrator', 'prod-people'])(
    '%s cannot be changed or passed',
    (name) => {
      const arn = `arn:aws:iam::333333333333:role/${name}`;
      expect([covers('RolesOfOurStacks', arn), covers('PassThem', arn)]).toEqual([false, false]);
    },
  );

  test('are passed to the services that the templates trust, and get no policy of AWS but those that they name', () => {
    expect(statement('PassThem').Condition).toEqual({
      StringEquals: {
        'iam:PassedToService': [
          'backup.amazonaws.com',
          'ec2.amazonaws.com',
          'imagebuilder.amazonaws.com',
          'scheduler.amazonaws.com',
          'vpc-flow-logs.amazonaws.com',
        ],
      },
    });
    expect(statement('PoliciesOfAws').Condition).toEqual({
      ArnEquals: {
        'iam:PolicyARN': [
          'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore',
          'arn:aws:iam::aws:policy/EC2InstanceProfileForImageBuilder',
          'arn:aws:iam::aws:policy/service-role/EC2ImageBuilderLifecycleExecutionPolicy',
        ],
      },
    });
  });
});

test('nothing is built in a region that is not ours', () =>
  expect(statement('BuildInOurRegions').Condition).toEqual({
    StringEquals: { 'aws:RequestedRegion': ['us-east-1', 'us-east-2', 'us-west-2'] },
  }));

test('buckets are those of ours', () => {
  const buckets = resourcesOf(stacks, 'AWS::S3::Bucket').map(({ resource }) =>
    String(resource.Properties?.['BucketName']),
  );
  expect(buckets).toHaveLength(2);
  expect(buckets.filter((bucket) => !covers('Buckets', `arn:aws:s3:::${bucket}`))).toEqual([]);
  expect(covers('Buckets', 'arn:aws:s3:::cdk-piclidp-assets-333333333333-us-east-1')).toBe(false);
});

/** Whether some statement allows an action, on whatever resource and condition, and none denies it. */
function isAllowed(action: string): boolean {
  const effects = statements
    .filter(({ Action }) => [Action].flat().some((pattern) => matches(pattern, action)))
    .map(({ Effect }) => Effect);
  return effects.includes('Allow') && !effects.includes('Deny');
}

function covers(sid: string, arn: string): boolean {
  return [statement(sid).Resource].flat().some((pattern) => matches(pattern, arn));
}

function statement(sid: string) {
  const found = statements.find(({ Sid }) => Sid === sid);
  if (found === undefined) throw new RangeError(`there is no statement ${sid}`);
  return found;
}

/** As IAM reads a star. */
function matches(pattern: string, value: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  if (others.length === 0) return value === first;
  const last = others.pop() ?? '';
  if (!value.startsWith(first) || !value.endsWith(last) || value.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of others) {
    const found = value.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= value.length - last.length;
}
