/** A cluster: machines that come and go by themselves, behind a balancer of their own. */

import { describe, expect, test } from '@jest/globals';
import type { Stack } from 'aws-cdk-lib';
import { Cluster, type ClusterPlan } from '../../lib/cluster/cluster.ts';
import { allowed } from '../../lib/machine/policy.ts';
import { RegionNetwork } from '../../lib/network/region-network.ts';
import { SecurityGroup } from '../../lib/network/security-group.ts';
import { keysignerPlan } from '../../lib/services/keysigner.ts';
import { webheadPlan } from '../../lib/services/webhead.ts';
import { onlyIn, PROD, regionOf, resourcesIn, stackIn } from '../support/construct-stack.ts';

const REGION = regionOf(PROD, 0);
const WEBHEAD = webheadPlan(PROD, REGION);
const KEYSIGNER = keysignerPlan(PROD, REGION);
const SIZE = { instanceType: 'c7g.large', machinesMin: 3, machinesMax: 9 };

function stackWith(plan: ClusterPlan, size = SIZE): Stack {
  const stack = stackIn(PROD, REGION);
  const network = new RegionNetwork(stack, 'Network', { environment: PROD, region: REGION, natGateways: 'one' });
  const endpoints = new SecurityGroup(stack, 'Endpoints', { vpcId: network.vpcId, bearer: 'endpoints' });
  const imageId = 'ami-0123456789abcdef0';
  new Cluster(stack, 'Cluster', { environment: PROD, region: REGION, network, plan, size, imageId, endpoints });
  return stack;
}

const webheads = stackWith(WEBHEAD);
const keysigners = stackWith(KEYSIGNER);
const group = onlyIn(webheads, 'AWS::AutoScaling::AutoScalingGroup');
const template = onlyIn(webheads, 'AWS::EC2::LaunchTemplate').Properties.LaunchTemplateData;

describe('its machines', () => {
  test('are replaced when their balancer calls them unhealthy, and are given three minutes to start', () =>
    expect(group.Properties).toMatchObject({ HealthCheckType: 'ELB', HealthCheckGracePeriod: 180 }));

  test('are as many as stand there at least and at most, and a deploy sets no number between', () => {
    expect(group.Properties).toMatchObject({ MinSize: '3', MaxSize: '9' });
    expect(group.Properties).not.toHaveProperty('DesiredCapacity');
  });

  test('stand in every zone, in subnets of their own', () => {
    const { VPCZoneIdentifier: subnets } = group.Properties;
    const cidrs = subnets.map(
      ({ 'Fn::GetAtt': [id] }: { 'Fn::GetAtt': [string] }) =>
        onlyIn(webheads, 'AWS::EC2::Subnet', id).Properties.CidrBlock,
    );
    expect(cidrs).toEqual(['10.20.8.0/24', '10.20.9.0/24', '10.20.10.0/24']);
  });

  test('answer metadata to signed requests only, have no key pair, and an encrypted disk', () => {
    expect(template.MetadataOptions).toEqual({
      HttpEndpoint: 'enabled',
      HttpTokens: 'required',
      HttpPutResponseHopLimit: 1,
    });
    expect(template).not.toHaveProperty('KeyName');
    expect(template.BlockDeviceMappings[0].Ebs).toMatchObject({ Encrypted: true, DeleteOnTermination: true });
  });

  test('have no public address', () => expect(template).not.toHaveProperty('NetworkInterfaces'));

  test('are told their role and settings in a script that can be read', () => {
    const script = template.UserData['Fn::Base64'] as string;
    expect(script).toMatch(
      /^#!\/bin\/sh\nset -eu\ncat > \/etc\/picl-idp\/webhead\.env <<'END'\nAWS_REGION=us-east-1\n/,
    );
    expect(script).toMatch(/\nsystemctl enable --now picl-idp-webhead\.service\n$/);
    expect(script).toContain('\nWEBHEAD_DBWRITER_URL=https://dbwriter.internal.idp.example.org\n');
  });
});

describe('a new release', () => {
  const { Strategy: strategy, Preferences: preferences } = group.UpdatePolicy.AutoScalingInstanceRefresh;

  test('replaces machines without ever having fewer than before', () => {
    expect(strategy).toBe('Rolling');
    expect(preferences).toMatchObject({ MinHealthyPercentage: 100, MaxHealthyPercentage: 134, SkipMatching: true });
  });

  test('is watched for five minutes, and rolled back by two alarms that wake nobody', () => {
    expect(preferences.BakeTime).toBe(300);
    const ids = preferences.AlarmSpecification.Alarms.map(({ Ref }: { Ref: string }) => Ref);
    const alarms = resourcesIn(webheads, 'AWS::CloudWatch::Alarm');
    expect(ids.sort()).toEqual(alarms.map(({ id }) => id).sort());
    expect(alarms.map(({ Properties }) => Properties.MetricName).sort()).toEqual([
      'HTTPCode_Target_5XX_Count',
      'UnHealthyHostCount',
    ]);
    expect(alarms.filter(({ Properties }) => 'AlarmActions' in Properties)).toEqual([]);
  });

  test('names no alarm of another cluster', () => {
    for (const { Properties } of resourcesIn(webheads, 'AWS::CloudWatch::Alarm')) {
      expect(Properties.Dimensions.map(({ Name }: { Name: string }) => Name)).toEqual(['LoadBalancer', 'TargetGroup']);
    }
  });
});

describe('load', () => {
  test('adds webheads while they are half busy', () =>
    expect(onlyIn(webheads, 'AWS::AutoScaling::ScalingPolicy').Properties).toMatchObject({
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingConfiguration: {
        PredefinedMetricSpecification: { PredefinedMetricType: 'ASGAverageCPUUtilization' },
        TargetValue: 50,
      },
    }));

  test('adds no keysigner', () => expect(resourcesIn(keysigners, 'AWS::AutoScaling::ScalingPolicy')).toEqual([]));
});

describe('keysigners', () => {
  const [{ PolicyDocument: document } = { PolicyDocument: { Statement: [] } }] = onlyIn(keysigners, 'AWS::IAM::Role')
    .Properties.Policies;

  test('let no operator open a session: they may read two secrets and nothing else', () =>
    expect(document.Statement).toEqual([
      {
        Effect: 'Allow',
        Action: ['secretsmanager:GetSecretValue'],
        Resource: [
          'arn:aws:secretsmanager:us-east-1:333333333333:secret:picl-idp/prod/idp-key-set-??????',
          'arn:aws:secretsmanager:us-east-1:333333333333:secret:picl-idp/prod/webhead-keysigner-??????',
        ],
      },
    ]));

  test('are reached by their balancer only, and reach the endpoints of AWS only', () => {
    const ingress = resourcesIn(keysigners, 'AWS::EC2::SecurityGroupIngress').filter(({ Properties }) =>
      Properties.GroupId['Fn::GetAtt'][0].includes('MachinesGroup'),
    );
    const egress = resourcesIn(keysigners, 'AWS::EC2::SecurityGroupEgress').filter(({ Properties }) =>
      Properties.GroupId['Fn::GetAtt'][0].includes('MachinesGroup'),
    );
    expect(
      ingress.map(({ Properties: { FromPort, SourceSecurityGroupId: from } }) => [FromPort, from['Fn::GetAtt'][0]]),
    ).toEqual([[8443, expect.stringMatching(/^ClusterBalancerGroup/)]]);
    expect(
      egress.map(({ Properties: { FromPort, DestinationSecurityGroupId: to } }) => [FromPort, to['Fn::GetAtt'][0]]),
    ).toEqual([[443, expect.stringMatching(/^Endpoints/)]]);
  });

  test('have a name in the private zone, which webheads have not', () => {
    expect(onlyIn(keysigners, 'AWS::Route53::RecordSet').Properties.Name).toBe('keysigner.internal.idp.example.org');
    expect(resourcesIn(webheads, 'AWS::Route53::RecordSet')).toEqual([]);
  });
});

test('webheads let operators open sessions', () => {
  const actions = JSON.stringify(onlyIn(webheads, 'AWS::IAM::Role').Properties.Policies);
  expect(actions).toContain('ssmmessages:OpenDataChannel');
});

test('a new cluster is a few lines: the token server has its place in the network plan', () => {
  const stack = stackIn(PROD, REGION);
  const network = new RegionNetwork(stack, 'Network', { environment: PROD, region: REGION, natGateways: 'one' });
  const endpoints = new SecurityGroup(stack, 'Endpoints', { vpcId: network.vpcId, bearer: 'endpoints' });
  const plan: ClusterPlan = {
    role: 'webhead',
    subnets: 'webhead',
    settings: { TOKENSERVER_PORT: '8443' },
    statements: [allowed(['sqs:ReceiveMessage'], ['arn:aws:sqs:us-east-1:333333333333:tokens'])],
    sessions: true,
    exposure: 'public',
    domainNames: ['token.idp.example.org'],
    scalesWithLoad: true,
  };
  new Cluster(stack, 'Tokenserver', {
    environment: PROD,
    region: REGION,
    network,
    plan,
    size: SIZE,
    imageId: 'ami-1',
    endpoints,
  });
  expect(onlyIn(stack, 'AWS::ElasticLoadBalancingV2::LoadBalancer').Properties.Scheme).toBe('internet-facing');
  expect(onlyIn(stack, 'AWS::CertificateManager::Certificate').Properties.DomainName).toBe('token.idp.example.org');
});

describe('it refuses', () => {
  test('subnets that its region does not have', () =>
    expect(() => stackWith({ ...KEYSIGNER, subnets: 'tokenserver' })).toThrow(
      new RangeError('us-east-1 has no tokenserver subnet in us-east-1a'),
    ));

  test('a setting that user data cannot hold', () =>
    expect(() => stackWith({ ...KEYSIGNER, settings: { KEYSIGNER_DOMAIN: 'a\nb' } })).toThrow(
      /^KEYSIGNER_DOMAIN: got "a\nb"/,
    ));
});
