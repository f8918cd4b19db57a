/** A balancer: TLS on both sides, and probes that no outage of a neighbour changes. */

import { describe, expect, test } from '@jest/globals';
import type { Stack } from 'aws-cdk-lib';
import { Balancer, type BalancerProps } from '../../lib/cluster/balancer.ts';
import { SecurityGroup } from '../../lib/network/security-group.ts';
import { onlyIn, PROD, regionOf, resourcesIn, stackIn } from '../support/construct-stack.ts';

function stackWith(options: Partial<BalancerProps>): Stack {
  const stack = stackIn(PROD, regionOf(PROD, 0));
  new Balancer(stack, 'Balancer', {
    exposure: 'public',
    subnetIds: ['subnet-1', 'subnet-2'],
    securityGroup: new SecurityGroup(stack, 'Group', { vpcId: 'vpc-1', bearer: 'balancer' }),
    vpcId: 'vpc-1',
    domainNames: ['accounts.idp.example.org', 'us-east-1.accounts.idp.example.org'],
    publicZoneId: 'Z0PROD789ABCDEFGHIJK',
    machinesPort: 8443,
    deletionProtection: true,
    drainSeconds: 30,
    ...options,
  });
  return stack;
}

const open = stackWith({});
const inside = stackWith({ exposure: 'internal', domainNames: ['keysigner.internal.idp.example.org'] });
const listeners = (stack: Stack) =>
  resourcesIn(stack, 'AWS::ElasticLoadBalancingV2::Listener').map(({ Properties }) => Properties);

describe('listeners', () => {
  test('a public balancer sends HTTP to HTTPS for good, and forwards HTTPS', () =>
    expect(listeners(open)).toMatchObject([
      {
        Port: 80,
        Protocol: 'HTTP',
        DefaultActions: [
          { Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' } },
        ],
      },
      { Port: 443, Protocol: 'HTTPS', DefaultActions: [{ Type: 'forward' }] },
    ]));

  test('an internal balancer has no listener without TLS', () =>
    expect(listeners(inside).map(({ Port, Protocol }) => [Port, Protocol])).toEqual([[443, 'HTTPS']]));

  test.each([
    ['public', open],
    ['internal', inside],
  ] as const)('a %s one speaks no TLS older than 1.2', (_, stack) =>
    expect(listeners(stack).find(({ Port }) => Port === 443)?.SslPolicy).toBe(
      'ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09',
    ),
  );

  test('an internal one has no address on the internet', () =>
    expect(onlyIn(inside, 'AWS::ElasticLoadBalancingV2::LoadBalancer').Properties.Scheme).toBe('internal'));
});

describe('its certificate', () => {
  test('names all the names, each proven in the public zone', () =>
    expect(onlyIn(open, 'AWS::CertificateManager::Certificate').Properties).toMatchObject({
      DomainName: 'accounts.idp.example.org',
      SubjectAlternativeNames: ['us-east-1.accounts.idp.example.org'],
      ValidationMethod: 'DNS',
      DomainValidationOptions: [
        { DomainName: 'accounts.idp.example.org', HostedZoneId: 'Z0PROD789ABCDEFGHIJK' },
        { DomainName: 'us-east-1.accounts.idp.example.org', HostedZoneId: 'Z0PROD789ABCDEFGHIJK' },
      ],
    }));

  test('of one name has no other name', () =>
    expect(onlyIn(inside, 'AWS::CertificateManager::Certificate').Properties).not.toHaveProperty(
      'SubjectAlternativeNames',
    ));
});

describe.each([
  ['clients', ({ id }: { readonly id: string }) => !id.includes('Heartbeat')],
  ['those who ask whether the region is well', ({ id }: { readonly id: string }) => id.includes('Heartbeat')],
] as const)('machines behind it, for %s', (_, isOfGroup) => {
  const groups = resourcesIn(open, 'AWS::ElasticLoadBalancingV2::TargetGroup').filter(isOfGroup);
  const targets = groups[0]?.Properties ?? {};

  test('are one group', () => expect(groups).toHaveLength(1));

  test('are spoken to by TLS', () => expect(targets).toMatchObject({ Protocol: 'HTTPS', Port: 8443 }));

  test('are asked for /__lbheartbeat__ only, which knows nothing of the store', () =>
    expect(targets).toMatchObject({
      HealthCheckProtocol: 'HTTPS',
      HealthCheckPath: '/__lbheartbeat__',
      Matcher: { HttpCode: '200' },
      HealthCheckIntervalSeconds: 10,
      UnhealthyThresholdCount: 3,
    }));

  test('that leave may finish for thirty seconds, as long as services take to stop', () =>
    expect(attributesOf(targets['TargetGroupAttributes'])).toMatchObject({
      'deregistration_delay.timeout_seconds': '30',
    }));
});

describe('answers to those who ask whether the region is well', () => {
  test('are counted apart from those to clients, so that they cannot stop a release while the store is away', () =>
    expect(onlyIn(open, 'AWS::ElasticLoadBalancingV2::ListenerRule').Properties).toMatchObject({
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/__heartbeat__'] } }],
      Actions: [
        { Type: 'forward', TargetGroupArn: { 'Fn::GetAtt': [expect.stringContaining('Heartbeat'), 'TargetGroupArn'] } },
      ],
    }));

  test('have no rule inside, where nobody asks from the internet', () => {
    expect(resourcesIn(inside, 'AWS::ElasticLoadBalancingV2::ListenerRule')).toEqual([]);
    expect(resourcesIn(inside, 'AWS::ElasticLoadBalancingV2::TargetGroup')).toHaveLength(1);
  });
});

describe('the balancer itself', () => {
  const attributes = attributesOf(
    onlyIn(open, 'AWS::ElasticLoadBalancingV2::LoadBalancer').Properties.LoadBalancerAttributes,
  );

  test('adds who called to what the caller said of others, and drops headers that are none', () =>
    expect(attributes).toMatchObject({
      'routing.http.xff_header_processing.mode': 'append',
      'routing.http.drop_invalid_header_fields.enabled': 'true',
    }));

  test('keeps no log of whole URLs', () =>
    expect(Object.keys(attributes).filter((key) => key.startsWith('access_logs'))).toEqual([]));

  test('is protected where its environment keeps data, and only there', () => {
    const free = stackWith({ deletionProtection: false });
    expect(attributes['deletion_protection.enabled']).toBe('true');
    expect(
      attributesOf(onlyIn(free, 'AWS::ElasticLoadBalancingV2::LoadBalancer').Properties.LoadBalancerAttributes),
    ).toMatchObject({ 'deletion_protection.enabled': 'false' });
  });
});

function attributesOf(list: readonly { Key: string; Value: string }[]): Readonly<Record<string, string>> {
  return Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]));
}
