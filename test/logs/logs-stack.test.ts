/** The logs of an environment: routers, the search domain, the long copy. */

import { describe, expect, test } from '@jest/globals';
import { readLogRouterConfig } from '../../app/log-router/config.ts';
import { type Environment, environmentSchema } from '../../regions/schema.ts';
import { LOADTEST, onlyIn, PROD, regionOf, resourcesIn } from '../support/construct-stack.ts';
import { sharedTopology, stackNamed } from '../topology/support/assembly.ts';
import { rulesOf } from '../topology/support/rules-of.ts';
import { logsAlone } from './logs-alone.ts';

const DOMAIN = 'AWS::OpenSearchService::Domain';
const BUCKET = 'AWS::S3::Bucket';
const [EAST, WEST, LOADTEST_EAST] = ['prod-us-east-1-logs', 'prod-us-west-2-logs', 'loadtest-us-east-1-logs'] as const;
const prod = sharedTopology('prod');
const loadtest = sharedTopology('loadtest');
const [east, west] = [stackNamed(EAST, prod.stacks), stackNamed(WEST, prod.stacks)];
const loadtestEast = stackNamed(LOADTEST_EAST, loadtest.stacks);
const loadtestWest = stackNamed('loadtest-us-west-2-logs', loadtest.stacks);
const domain = onlyIn(east, DOMAIN);

/** What the routers of a stack are told: their settings files, router by router. */
const filesOf = ({ machines }: typeof prod, stackName: string) =>
  machines
    .filter(({ stack, role }) => stack.name === stackName && role === 'log-router')
    .map(({ userData }) => userData.files);

describe('a router', () => {
  test('keeps its queues on a volume of its own zone, which outlives machine and stack', () => {
    const volumes = resourcesIn(west, 'AWS::EC2::Volume');
    expect(volumes.map(({ Properties: { AvailabilityZone, Encrypted } }) => [AvailabilityZone, Encrypted])).toEqual([
      ['us-west-2a', true],
      ['us-west-2b', true],
    ]);
    expect(volumes.map(({ DeletionPolicy, UpdateReplacePolicy }) => [DeletionPolicy, UpdateReplacePolicy])).toEqual([
      ['Retain', 'Retain'],
      ['Retain', 'Retain'],
    ]);
  });

  test('is replaced by a deploy only after the one before it', () => {
    const [first, second] = resourcesIn(east, 'AWS::AutoScaling::AutoScalingGroup');
    expect(second?.DependsOn).toContain(first?.id);
    expect(first?.DependsOn).not.toContain(second?.id);
  });

  test('adds lines and objects below its own name, and can read or delete none by itself', () => {
    const roles = resourcesIn(west, 'AWS::IAM::Role').map(
      ({ Properties }) => Properties.Policies[0].PolicyDocument.Statement,
    );
    const granted = roles.map((statements) =>
      statements.filter(({ Action }: { Action: string[] }) => Action.some((one) => /^(es|s3):/.test(one))),
    );
    const expected = (name: string) => [
      {
        Effect: 'Allow',
        Action: ['es:ESHttpPost'],
        Resource: [`arn:aws:es:us-east-1:333333333333:domain/prod-logs/_bulk`],
      },
      {
        Effect: 'Allow',
        Action: ['es:ESHttpGet', 'es:ESHttpPut'],
        Resource: [
          `arn:aws:es:us-east-1:333333333333:domain/prod-logs/_index_template/*`,
          `arn:aws:es:us-east-1:333333333333:domain/prod-logs/_plugins/_ism/policies/*`,
        ],
      },
      {
        Effect: 'Allow',
        Action: ['s3:PutObject'],
        Resource: [`arn:aws:s3:::picl-idp-prod-logs-333333333333-us-west-2/${name}/*`],
      },
    ];
    expect(granted).toEqual([expected('log-router-1'), expected('log-router-2')]);
  });

  test('is told what its own schema asks for, with queues on its volume', () => {
    const [, files] = filesOf(prod, WEST);
    expect(readLogRouterConfig(files?.['log-router'] ?? {})).toEqual({
      LOG_ROUTER_NAME: 'log-router-2',
      LOG_ROUTER_REGION: 'us-west-2',
      LOG_ROUTER_PORT: 2514,
      LOG_ROUTER_QUEUE_FOLDER: '/var/lib/picl-idp/queues',
      LOG_ROUTER_SEARCH_URL: 'https://search.internal.idp.example.org',
      LOG_ROUTER_SEARCH_REGION: 'us-east-1',
      LOG_ROUTER_SEARCH_DAYS_KEPT: 14,
      LOG_ROUTER_ARCHIVE_BUCKET: `picl-idp-prod-logs-333333333333-us-west-2`,
    });
    expect(files?.['attach']).toMatchObject({ ATTACH_MOUNT_POINT: '/var/lib/picl-idp' });
  });
});

describe('the rules of routers', () => {
  test('let nothing in but from their balancer, and nothing out to the internet', () => {
    expect(rulesOf(prod, EAST, 'log router machines')).toEqual([
      'in 2514 from logs balancer',
      'out 443 to pl-63a5400a',
      'out 443 to prod-us-east-1-network endpoints of AWS',
      'out 443 to search domain',
    ]);
    expect(rulesOf(prod, WEST, 'log router machines')).toEqual([
      'in 2514 from logs balancer',
      'out 443 to 10.20.56.0/21',
      'out 443 to pl-68a54001',
      'out 443 to prod-us-west-2-network endpoints of AWS',
    ]);
  });

  test('let machines send lines to the routers of their own region, and the witness to those of the primary', () => {
    expect(rulesOf(prod, EAST, 'logs balancer')).toEqual([
      'in 2514 from 10.22.40.0/21',
      'in 2514 from prod-us-east-1-data ring-node machines',
      'in 2514 from prod-us-east-1-services dbwriter machines',
      'in 2514 from prod-us-east-1-services keysigner machines',
      'in 2514 from prod-us-east-1-services webhead machines',
      'out 2514 to log router machines',
    ]);
    expect(rulesOf(prod, WEST, 'logs balancer')).toEqual([
      'in 2514 from prod-us-west-2-data ring-node machines',
      'in 2514 from prod-us-west-2-services dbwriter machines',
      'in 2514 from prod-us-west-2-services keysigner machines',
      'in 2514 from prod-us-west-2-services webhead machines',
      'out 2514 to log router machines',
    ]);
  });
});

test('the balancer has a literal address in each zone, and its name in the private zone', () => {
  const balancer = onlyIn(west, 'AWS::ElasticLoadBalancingV2::LoadBalancer').Properties;
  expect(balancer.Scheme).toBe('internal');
  expect(
    balancer.SubnetMappings.map(({ PrivateIPv4Address }: { PrivateIPv4Address: string }) => PrivateIPv4Address),
  ).toEqual(['10.21.48.10', '10.21.49.10', '10.21.50.10']);
  const names = resourcesIn(west, 'AWS::Route53::RecordSet').map(({ Properties: { Name } }) => Name);
  expect(names).toContain('logs.internal.idp.example.org');
});

test('where no data is kept, a router knows of no long copy', () => {
  const settings = filesOf(loadtest, LOADTEST_EAST).map((files) => files['log-router'] ?? {});
  expect(
    settings.map(({ LOG_ROUTER_NAME, LOG_ROUTER_ARCHIVE_BUCKET }) => [LOG_ROUTER_NAME, LOG_ROUTER_ARCHIVE_BUCKET]),
  ).toEqual([
    ['log-router-1', undefined],
    ['log-router-2', undefined],
  ]);
  expect(rulesOf(loadtest, LOADTEST_EAST, 'log router machines')).toEqual([
    'in 2514 from logs balancer',
    'out 443 to loadtest-us-east-1-network endpoints of AWS',
    'out 443 to search domain',
  ]);
});

describe('the search domain', () => {
  test('is there once, in the primary region', () => {
    expect(resourcesIn(west, DOMAIN)).toEqual([]);
    expect(domain.Properties.DomainName).toBe('prod-logs');
  });

  test('is encrypted on disk, between its machines and to its callers', () => {
    expect(domain.Properties).toMatchObject({
      EncryptionAtRestOptions: { Enabled: true },
      NodeToNodeEncryptionOptions: { Enabled: true },
      DomainEndpointOptions: {
        EnforceHTTPS: true,
        TLSSecurityPolicy: 'Policy-Min-TLS-1-2-PFS-2023-10',
        CustomEndpoint: 'search.internal.idp.example.org',
      },
    });
  });

  test('leaves it to the policies of its own account who may do what, and takes no other caller', () => {
    expect(domain.Properties.AccessPolicies.Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::333333333333:root' },
        Action: ['es:ESHttp*'],
        Resource: ['arn:aws:es:us-east-1:333333333333:domain/prod-logs/*'],
      },
    ]);
  });

  test('can be reached from log routers of both regions only', () => {
    expect(rulesOf(prod, EAST, 'search domain')).toEqual([
      'in 443 from 10.21.48.0/21',
      'in 443 from log router machines',
    ]);
  });

  test('is kept where data is kept, and goes with its stack elsewhere', () => {
    expect(domain).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    expect(onlyIn(loadtestEast, DOMAIN).DeletionPolicy).toBe('Delete');
  });

  test('takes a new version of its engine without being replaced', () =>
    expect(domain.UpdatePolicy).toEqual({ EnableVersionUpgrade: true }));

  test('writes errors into a log that takes them from domains of this account only', () => {
    const { PolicyDocument } = onlyIn(east, 'AWS::Logs::ResourcePolicy').Properties;
    expect(JSON.parse(PolicyDocument).Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'es.amazonaws.com' },
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:PutLogEventsBatch'],
        Resource: ['arn:aws:logs:us-east-1:333333333333:log-group:/picl-idp/prod/search-errors:*'],
        Condition: { StringEquals: { 'aws:SourceAccount': '333333333333' } },
      },
    ]);
    expect(domain.DependsOn).toContain(onlyIn(east, 'AWS::Logs::ResourcePolicy').id);
  });
});

test.each([
  { machines: 1, zones: 1, zoneAwareness: { ZoneAwarenessEnabled: false } },
  { machines: 2, zones: 2, zoneAwareness: { ZoneAwarenessConfig: { AvailabilityZoneCount: 2 } } },
  { machines: 3, zones: 3, zoneAwareness: { ZoneAwarenessConfig: { AvailabilityZoneCount: 3 } } },
  { machines: 4, zones: 2, zoneAwareness: { ZoneAwarenessConfig: { AvailabilityZoneCount: 2 } } },
])(
  'search machines, $machines in all, stand in $zones of the zones, as many in each',
  ({ machines, zones, zoneAwareness }) => {
    const environment = withSearchMachines(machines);
    const { logsStack } = logsAlone(environment, regionOf(environment, 0));
    const { ClusterConfig, VPCOptions } = onlyIn(logsStack, DOMAIN).Properties;
    expect(VPCOptions.SubnetIds).toHaveLength(zones);
    expect(ClusterConfig).toMatchObject({ InstanceCount: machines, ...zoneAwareness });
  },
);

test('every region finds it by one name; another region reads what AWS called it from the stack of the primary', () => {
  const name = 'search.internal.idp.example.org';
  const [here, there] = [east, west].map((resources) =>
    resourcesIn(resources, 'AWS::Route53::RecordSet').find(({ Properties: { Name } }) => Name === name),
  );
  expect(here?.Properties.ResourceRecords).toEqual([{ 'Fn::GetAtt': [domain.id, 'DomainEndpoint'] }]);
  expect(there?.Properties.ResourceRecords).toEqual([
    { 'Fn::GetStackOutput': expect.objectContaining({ StackName: 'prod-us-east-1-logs', Region: 'us-east-1' }) },
  ]);
});

test('a region that is not the primary has no logs without those of the primary', () =>
  expect(() => logsAlone(PROD, regionOf(PROD, 1))).toThrow(
    new RangeError('us-west-2 has no search subnet in us-west-2a'),
  ));

describe('the long copy', () => {
  test('each region has a bucket of its own, which outlives its stack', () => {
    const buckets = [east, west].map((resources) => onlyIn(resources, BUCKET));
    expect(buckets.map(({ Properties: { BucketName } }) => BucketName)).toEqual([
      'picl-idp-prod-logs-333333333333-us-east-1',
      'picl-idp-prod-logs-333333333333-us-west-2',
    ]);
    for (const bucket of buckets) {
      expect(bucket).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    }
  });

  test('what is written over can be brought back, and lines go after 400 days', () => {
    const { VersioningConfiguration, LifecycleConfiguration } = onlyIn(east, BUCKET).Properties;
    expect(VersioningConfiguration).toEqual({ Status: 'Enabled' });
    expect(LifecycleConfiguration.Rules[0]).toMatchObject({
      ExpirationInDays: 400,
      NoncurrentVersionExpiration: { NoncurrentDays: 30 },
    });
  });

  test('the public is shut out, and its policy gives nothing to anybody', () => {
    expect(onlyIn(east, BUCKET).Properties.PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
    const { Statement } = onlyIn(east, 'AWS::S3::BucketPolicy').Properties.PolicyDocument;
    expect(
      Statement.map(({ Effect, Condition }: { Effect: string; Condition: unknown }) => [Effect, Condition]),
    ).toEqual([['Deny', { Bool: { 'aws:SecureTransport': 'false' } }]]);
  });

  test('an environment that deletes itself has no bucket, which would refuse to go with lines in it', () =>
    expect([loadtestEast, loadtestWest].flatMap((resources) => resourcesIn(resources, BUCKET))).toEqual([]));
});

function withSearchMachines(machines: number): Environment {
  if (!('twoRegions' in LOADTEST.shape)) throw new Error('loadtest is one machine');
  const { twoRegions } = LOADTEST.shape;
  const shape = { twoRegions: { ...twoRegions, search: { ...twoRegions.search, machines } } };
  return environmentSchema.parse({ ...LOADTEST, shape });
}
