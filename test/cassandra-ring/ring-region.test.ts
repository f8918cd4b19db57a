/** The ring of a region as a whole: who reaches it, who may use its key, what corrects it, and what is backed up. */

import { describe, expect, test } from '@jest/globals';
import type { AssembledStack } from '../../app/operator/assembly.ts';
import { resourcesIn } from '../support/construct-stack.ts';
import { sharedTopology, stackNamed } from '../topology/support/assembly.ts';
import { rulesOf } from '../topology/support/rules-of.ts';
import { mayDo } from './may-do.ts';

const prod = sharedTopology('prod');
const loadtest = sharedTopology('loadtest');
const [EAST, WEST, WITNESS] = ['us-east-1', 'us-west-2', 'us-east-2'].map((region) =>
  stackNamed(`prod-${region}-data`, prod.stacks),
) as [AssembledStack, AssembledStack, AssembledStack];
const LOADTEST_DATA = ['us-east-1', 'us-west-2'].map((region) =>
  stackNamed(`loadtest-${region}-data`, loadtest.stacks),
);

/** The rules of a group, those of one way. */
const rules = (way: 'in' | 'out', { name }: AssembledStack, bearer: string) =>
  rulesOf(name.startsWith('prod-') ? prod : loadtest, name, bearer).filter((rule) => rule.startsWith(way));

describe('who reaches a ring node', () => {
  test('in prod: the ring at 7000, from the region and the ring subnets of the others; balancer and callers at 9042', () =>
    expect(rules('in', EAST, 'ring nodes')).toEqual([
      'in 7000 from 10.21.40.0/21',
      'in 7000 from 10.22.40.0/21',
      'in 7000 from ring nodes',
      'in 8080 from ring balancer',
      'in 9042 from prod-us-east-1-services dbwriter machines',
      'in 9042 from prod-us-east-1-services webhead machines',
      'in 9042 from ring balancer',
    ]));

  test('at the witness: the ring alone', () =>
    expect(rules('in', WITNESS, 'ring nodes')).toEqual([
      'in 7000 from 10.20.40.0/21',
      'in 7000 from 10.21.40.0/21',
      'in 7000 from ring nodes',
    ]));

  test("at its machine's other address: nobody", () => {
    for (const stack of [EAST, WEST, WITNESS, ...LOADTEST_DATA]) {
      expect(rules('out', stack, 'ring-node machines')).toHaveLength(2);
      expect(rules('in', stack, 'ring-node machines')).toEqual([]);
    }
  });
});

describe('whom a ring node calls', () => {
  test('from its own address: the ring, on the ways on which the ring calls it', () =>
    expect(rules('out', EAST, 'ring nodes')).toEqual([
      'out 7000 to 10.21.40.0/21',
      'out 7000 to 10.22.40.0/21',
      'out 7000 to ring nodes',
    ]));

  test("from its machine's address: AWS and the log routers of its region", () =>
    expect(rules('out', EAST, 'ring-node machines')).toEqual([
      'out 2514 to prod-us-east-1-logs logs balancer',
      'out 443 to prod-us-east-1-network endpoints of AWS',
    ]));

  test("from the witness's machine: AWS, and the log routers of the primary region by their addresses", () =>
    expect(rules('out', WITNESS, 'ring-node machines')).toEqual([
      'out 2514 to 10.20.48.0/21',
      'out 443 to prod-us-east-2-network endpoints of AWS',
    ]));
});

describe('the balancer', () => {
  test('stands at the literal address of each ring subnet, inside, and refuses to be deleted in prod', () => {
    const [balancer, ...others] = resourcesIn(EAST, 'AWS::ElasticLoadBalancingV2::LoadBalancer');
    expect(others).toEqual([]);
    const { Scheme, Type, SubnetMappings, LoadBalancerAttributes } = balancer?.Properties ?? {};
    expect([Type, Scheme]).toEqual(['network', 'internal']);
    expect(SubnetMappings.map((one: { PrivateIPv4Address: string }) => one.PrivateIPv4Address)).toEqual([
      '10.20.40.10',
      '10.20.41.10',
      '10.20.42.10',
    ]);
    expect(LoadBalancerAttributes).toContainEqual({ Key: 'deletion_protection.enabled', Value: 'true' });
    expect(LoadBalancerAttributes).toContainEqual({ Key: 'load_balancing.cross_zone.enabled', Value: 'true' });
  });

  test("has the nodes' own addresses as targets, and asks each at 8080 whether it is well", () => {
    const [targets] = resourcesIn(EAST, 'AWS::ElasticLoadBalancingV2::TargetGroup');
    expect(targets?.Properties).toMatchObject({
      TargetType: 'ip',
      Protocol: 'TCP',
      Port: 9042,
      Targets: ['10.20.40.20', '10.20.41.20', '10.20.42.20'].map((Id) => ({ Id, Port: 9042 })),
      HealthCheckProtocol: 'HTTP',
      HealthCheckPort: '8080',
      HealthCheckPath: '/health',
      Matcher: { HttpCode: '200' },
    });
  });

  test('is called ring in the private zone, and the nodes by their names', () => {
    const names = resourcesIn(EAST, 'AWS::Route53::RecordSet').map(({ Properties }) => Properties.Name);
    expect(names.sort()).toEqual(
      ['ring-1', 'ring-2', 'ring-3', 'ring'].map((one) => `${one}.internal.idp.example.org`),
    );
  });

  test('is none at the witness, whose node finds the log routers of the primary region by their name', () => {
    expect(resourcesIn(WITNESS, 'AWS::ElasticLoadBalancingV2::LoadBalancer')).toEqual([]);
    const records = resourcesIn(WITNESS, 'AWS::Route53::RecordSet').map(({ Properties }) => [
      Properties.Name,
      Properties.ResourceRecords,
    ]);
    expect(Object.fromEntries(records)).toEqual({
      'logs.internal.idp.example.org': ['10.20.48.10', '10.20.49.10', '10.20.50.10'],
      'ring-7.internal.idp.example.org': ['10.22.40.20'],
    });
  });
});

describe("the ring's key", () => {
  test('is renewed, and is in the hands of the account and of Auto Scaling, which grants it to resources of AWS alone', () => {
    const [key, ...others] = resourcesIn(EAST, 'AWS::KMS::Key');
    expect(others).toEqual([]);
    expect(key?.Properties.EnableKeyRotation).toBe(true);
    const autoScaling =
      'arn:aws:iam::333333333333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling';
    const statements = key?.Properties.KeyPolicy.Statement as readonly Record<string, unknown>[];
    expect(statements.map(({ Principal }) => Principal)).toEqual([
      { AWS: 'arn:aws:iam::333333333333:root' },
      { AWS: autoScaling },
      { AWS: autoScaling },
    ]);
    expect(statements[2]).toMatchObject({
      Action: 'kms:CreateGrant',
      Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    });
    expect(statements[1]?.['Action']).not.toContain('kms:CreateGrant');
  });

  test('has one name in every region, by which another region’s backups ask for it', () => {
    const names = [EAST, WEST, WITNESS].flatMap((one) => resourcesIn(one, 'AWS::KMS::Alias'));
    expect(names.map(({ Properties }) => Properties.AliasName)).toEqual(Array(3).fill('alias/picl-idp/prod/ring'));
  });

  test('and nothing else of the data has a principal that is everybody', () => {
    for (const { template } of [EAST, WEST, WITNESS, ...LOADTEST_DATA]) {
      expect(JSON.stringify(template)).toContain('"Principal"');
      expect(JSON.stringify(template)).not.toMatch(/"Principal":("\*"|\{"AWS":("\*"|\["\*"))/);
    }
  });
});

describe('the correction of configuration', () => {
  test("finds this environment's ring nodes, one at a time, at its time alone, and stops at the first error", () => {
    const [association] = resourcesIn(EAST, 'AWS::SSM::Association');
    expect(association?.Properties).toMatchObject({
      Targets: [
        { Key: 'tag:picl-idp:role', Values: ['ring-node'] },
        { Key: 'tag:picl-idp:environment', Values: ['prod'] },
      ],
      ScheduleExpression: 'cron(0/30 * * * ? *)',
      ApplyOnlyAtCronInterval: true,
      MaxConcurrency: '1',
      MaxErrors: '0',
    });
    const templates = resourcesIn(EAST, 'AWS::EC2::LaunchTemplate');
    for (const { Properties } of templates) {
      const [machines] = Properties.LaunchTemplateData.TagSpecifications;
      expect(machines.Tags).toContainEqual({ Key: 'picl-idp:role', Value: 'ring-node' });
      expect(machines.Tags).toContainEqual({ Key: 'picl-idp:environment', Value: 'prod' });
    }
  });

  test("runs the node's own program, and touches no service", () => {
    const [document] = resourcesIn(EAST, 'AWS::SSM::Document');
    const [step, ...others] = document?.Properties.Content.mainSteps ?? [];
    expect(others).toEqual([]);
    expect(step.inputs.runCommand).toEqual([
      '/opt/picl-idp/node/bin/node --env-file=/etc/picl-idp/ring-node.env /opt/picl-idp/release/cassandra-node.js configuration correct',
    ]);
    expect(document?.Properties).toMatchObject({ DocumentType: 'Command', UpdateMethod: 'NewVersion' });
  });
});

describe('backups', () => {
  test('of a serving region of prod are taken each day, kept 35 days, and copied to the other one', () => {
    const [plan] = resourcesIn(EAST, 'AWS::Backup::BackupPlan');
    const [rule, ...others] = plan?.Properties.BackupPlan.BackupPlanRule ?? [];
    expect(others).toEqual([]);
    expect(rule).toMatchObject({
      ScheduleExpression: 'cron(0 9 * * ? *)',
      Lifecycle: { DeleteAfterDays: 35 },
      CopyActions: [
        {
          DestinationBackupVaultArn: 'arn:aws:backup:us-west-2:333333333333:backup-vault:prod-ring',
          Lifecycle: { DeleteAfterDays: 35 },
        },
      ],
    });
    const [vault] = resourcesIn(WEST, 'AWS::Backup::BackupVault');
    expect(vault?.Properties.BackupVaultName).toBe('prod-ring');
  });

  test('end in a vault that is locked for as long as the plan keeps them, by a lock that its owners can lift', () => {
    const [vault] = resourcesIn(EAST, 'AWS::Backup::BackupVault');
    expect(vault?.Properties.LockConfiguration).toEqual({ MinRetentionDays: 7, MaxRetentionDays: 90 });
  });

  test('hold every ring volume of the region and nothing else', () => {
    const [selection] = resourcesIn(EAST, 'AWS::Backup::BackupSelection');
    const [{ ConditionKey, ConditionValue }, ...others] = selection?.Properties.BackupSelection.ListOfTags ?? [];
    expect(others).toEqual([]);
    const tag = JSON.stringify({ Key: ConditionKey, Value: ConditionValue });
    const tagged = Object.values(EAST.template.Resources).filter(({ Properties: properties }) =>
      JSON.stringify(properties ?? {}).includes(tag),
    );
    expect(tagged.map(({ Type }) => Type)).toEqual(Array(3).fill('AWS::EC2::Volume'));
  });

  test('are taken by a role that reaches no other volume, key or vault', () => {
    const role = prod.roles.find(({ stack, description }) => stack === EAST && /snapshots/.test(description));
    if (role === undefined) throw new Error('no role takes snapshots');
    const volume = 'arn:aws:ec2:us-east-1:333333333333:volume/vol-1';
    const snapshot = (tag: string) =>
      mayDo(role, {
        action: 'ec2:CreateSnapshot',
        resource: volume,
        context: { 'aws:ResourceTag/picl-idp:backup': tag },
      });
    expect([snapshot('prod/ring'), snapshot('loadtest/ring')]).toEqual([true, false]);
    const copy = (vault: string) =>
      mayDo(role, {
        action: 'backup:CopyIntoBackupVault',
        resource: `arn:aws:backup:us-west-2:333333333333:backup-vault:${vault}`,
      });
    expect([copy('prod-ring'), copy('another')]).toEqual([true, false]);
    const encrypt = (alias: string) =>
      mayDo(role, {
        action: 'kms:ReEncryptTo',
        resource: 'arn:aws:kms:us-west-2:333333333333:key/1',
        context: { 'kms:ViaService': 'ec2.us-west-2.amazonaws.com', 'kms:ResourceAliases': alias },
      });
    expect([encrypt('alias/picl-idp/prod/ring'), encrypt('alias/another')]).toEqual([true, false]);
    expect(mayDo(role, { action: 'backup:DeleteRecoveryPoint', resource: 'arn:aws:ec2:us-east-1::snapshot/1' })).toBe(
      false,
    );
  });

  test('are none at the witness, which holds what the others have, and none of a load test', () => {
    expect(JSON.stringify(EAST.template)).toContain('picl-idp:backup');
    for (const { template } of [WITNESS, ...LOADTEST_DATA]) {
      expect(Object.values(template.Resources).filter(({ Type }) => Type.startsWith('AWS::Backup::'))).toEqual([]);
      expect(JSON.stringify(template)).not.toContain('picl-idp:backup');
    }
  });
});
