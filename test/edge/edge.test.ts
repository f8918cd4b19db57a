/** What faces the internet: names that lead to a well region, a firewall that spares who must be spared, mail that hears of its bounces. */

import { STATUS_CODES } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { SERVICE_ERRORS } from '../../app/accounts/service-errors.ts';
import type { Balancer } from '../../lib/cluster/balancer.ts';
import { Firewall } from '../../lib/edge/firewall.ts';
import { Mail } from '../../lib/edge/mail.ts';
import { PublicNames } from '../../lib/edge/public-names.ts';
import { onlyIn, PROD, regionOf, resourcesIn, stackIn } from '../support/construct-stack.ts';

const REGION = regionOf(PROD, 1);

describe('public names', () => {
  const stack = stackIn(PROD, REGION);
  const balancer = { dnsName: 'balancer.example', hostedZoneId: 'Z1' } as Balancer;
  const names = new PublicNames(stack, 'Names', { environment: PROD, region: REGION, balancer });
  const nearest = onlyIn(stack, 'AWS::Route53::RecordSet', 'NamesNearest').Properties;

  test('the common name leads to the nearest region that is well', () => {
    expect(nearest).toMatchObject({
      Name: 'accounts.idp.example.org',
      HostedZoneId: 'Z0PROD789ABCDEFGHIJK',
      Type: 'A',
      Region: 'us-west-2',
      SetIdentifier: 'us-west-2',
      AliasTarget: { DNSName: 'balancer.example', EvaluateTargetHealth: true },
    });
    expect(nearest.HealthCheckId).toEqual({
      'Fn::GetAtt': [onlyIn(stack, 'AWS::Route53::HealthCheck').id, 'HealthCheckId'],
    });
    expect(names.healthCheckId).toMatch(/Token/);
  });

  test("the region's own name always leads there, so that its check can see it come back", () => {
    const regional = onlyIn(stack, 'AWS::Route53::RecordSet', 'NamesRegional').Properties;
    expect(regional.Name).toBe('us-west-2.accounts.idp.example.org');
    expect(regional).not.toHaveProperty('HealthCheckId');
    expect(regional.AliasTarget.EvaluateTargetHealth).toBe(false);
  });

  test('the check asks over HTTPS, with the name, whether the whole region is well', () =>
    expect(onlyIn(stack, 'AWS::Route53::HealthCheck').Properties.HealthCheckConfig).toEqual({
      Type: 'HTTPS',
      FullyQualifiedDomainName: 'us-west-2.accounts.idp.example.org',
      Port: 443,
      EnableSNI: true,
      ResourcePath: '/__heartbeat__',
      RequestInterval: 10,
      FailureThreshold: 3,
    }));
});

describe('the firewall', () => {
  function firewall(spared: readonly string[]) {
    const stack = stackIn(PROD, REGION);
    new Firewall(stack, 'Firewall', {
      environment: PROD,
      region: REGION,
      balancerArn: 'arn:balancer',
      requestsPerAddressMax: 2000,
      spared,
    });
    return stack;
  }

  const stack = firewall([]);
  const acl = onlyIn(stack, 'AWS::WAFv2::WebACL').Properties;
  const [rate, list] = acl.Rules;

  test('lets requests through unless a rule says no', () => expect(acl.DefaultAction).toEqual({ Allow: {} }));

  test('tells an address that asks too often to wait, in the words of the service', () => {
    const { CustomResponse: answer } = rate.Action.Block;
    expect(answer).toMatchObject({ ResponseCode: 429, ResponseHeaders: [{ Name: 'Retry-After', Value: '300' }] });
    const { errno, statusCode } = SERVICE_ERRORS.TOO_MANY_REQUESTS;
    expect([errno, statusCode]).toEqual([114, 429]);
    const body = JSON.parse(acl.CustomResponseBodies[answer.CustomResponseBodyKey].Content);
    expect(body).toEqual({ code: statusCode, errno, error: STATUS_CODES[statusCode] });
    expect(rate.Statement.RateBasedStatement).toMatchObject({
      Limit: 2000,
      EvaluationWindowSec: 300,
      AggregateKeyType: 'IP',
    });
  });

  test('counts no health check', () =>
    expect(rate.Statement.RateBasedStatement.ScopeDownStatement).toEqual({
      NotStatement: {
        Statement: {
          ByteMatchStatement: {
            FieldToMatch: { UriPath: {} },
            PositionalConstraint: 'EXACTLY',
            SearchString: '/__heartbeat__',
            TextTransformations: [{ Priority: 0, Type: 'NONE' }],
          },
        },
      },
    }));

  test('counts no request of our own generators, address by address', () => {
    const withGenerators = firewall(['192.0.2.1', '192.0.2.2']);
    const set = onlyIn(withGenerators, 'AWS::WAFv2::IPSet');
    expect(set.Properties.Addresses).toEqual(['192.0.2.1/32', '192.0.2.2/32']);
    const [{ Statement }] = onlyIn(withGenerators, 'AWS::WAFv2::WebACL').Properties.Rules;
    const { Statements: both } = Statement.RateBasedStatement.ScopeDownStatement.AndStatement;
    expect(both).toHaveLength(2);
    expect(both[1]).toEqual({
      NotStatement: { Statement: { IPSetReferenceStatement: { Arn: { 'Fn::GetAtt': [set.id, 'Arn'] } } } },
    });
  });

  test('spares nobody where there are no generators', () =>
    expect(resourcesIn(stack, 'AWS::WAFv2::IPSet')).toEqual([]));

  test('turns away addresses that AWS knows for attacks', () =>
    expect(list.Statement.ManagedRuleGroupStatement).toEqual({
      VendorName: 'AWS',
      Name: 'AWSManagedRulesAmazonIpReputationList',
    }));

  test('keeps a log of what it blocked only, without queries and authorizations', () => {
    const { RedactedFields, LoggingFilter } = onlyIn(stack, 'AWS::WAFv2::LoggingConfiguration').Properties;
    expect(RedactedFields).toEqual([{ QueryString: {} }, { SingleHeader: { Name: 'authorization' } }]);
    expect(LoggingFilter).toMatchObject({ DefaultBehavior: 'DROP', Filters: [{ Behavior: 'KEEP' }] });
  });

  test('keeps no samples, which would show whole requests', () => {
    const visibilities = [acl.VisibilityConfig, rate.VisibilityConfig, list.VisibilityConfig];
    expect(visibilities.map(({ SampledRequestsEnabled }) => SampledRequestsEnabled)).toEqual([false, false, false]);
  });

  test('keeps its log for a week, under a key of its own that only this log may use', () => {
    const { KmsKeyId, ...log } = onlyIn(stack, 'AWS::Logs::LogGroup').Properties;
    const key = onlyIn(stack, 'AWS::KMS::Key');
    expect(log).toEqual({ LogGroupName: 'aws-waf-logs-prod-accounts', RetentionInDays: 7 });
    expect(KmsKeyId).toEqual({ 'Fn::GetAtt': [key.id, 'Arn'] });
    expect(key.Properties.KeyPolicy.Statement[1]).toMatchObject({
      Principal: { Service: 'logs.us-west-2.amazonaws.com' },
      Condition: {
        ArnEquals: {
          'kms:EncryptionContext:aws:logs:arn':
            'arn:aws:logs:us-west-2:333333333333:log-group:aws-waf-logs-prod-accounts',
        },
      },
    });
  });
});

describe('mail', () => {
  const stack = stackIn(PROD, REGION);
  new Mail(stack, 'Mail', { environment: PROD, region: REGION });
  const identity = onlyIn(stack, 'AWS::SES::EmailIdentity');

  test("is sent as the operator's domain, signed with a key of 2048 bits", () =>
    expect(identity.Properties).toMatchObject({
      EmailIdentity: 'idp.example.org',
      DkimAttributes: { SigningEnabled: true },
      DkimSigningAttributes: { NextSigningKeyLength: 'RSA_2048_BIT' },
    }));

  test('has its three DKIM records in the public zone', () => {
    const records = resourcesIn(stack, 'AWS::Route53::RecordSet').map(({ Properties }) => Properties);
    expect(records.map(({ Name, Type, HostedZoneId }) => [Name['Fn::GetAtt'][1], Type, HostedZoneId])).toEqual([
      ['DkimDNSTokenName1', 'CNAME', 'Z0PROD789ABCDEFGHIJK'],
      ['DkimDNSTokenName2', 'CNAME', 'Z0PROD789ABCDEFGHIJK'],
      ['DkimDNSTokenName3', 'CNAME', 'Z0PROD789ABCDEFGHIJK'],
    ]);
  });

  test('leaves only over TLS, and not to addresses that bounced or complained', () =>
    expect(onlyIn(stack, 'AWS::SES::ConfigurationSet').Properties).toMatchObject({
      DeliveryOptions: { TlsPolicy: 'REQUIRE' },
      SuppressionOptions: { SuppressedReasons: ['BOUNCE', 'COMPLAINT'] },
    }));

  test('tells of bounces and complaints by a topic, into a queue', () => {
    expect(onlyIn(stack, 'AWS::SES::ConfigurationSetEventDestination').Properties.EventDestination).toMatchObject({
      Enabled: true,
      MatchingEventTypes: ['bounce', 'complaint'],
    });
    expect(onlyIn(stack, 'AWS::SNS::Subscription').Properties).toMatchObject({
      Protocol: 'sqs',
      Endpoint: 'arn:aws:sqs:us-west-2:333333333333:prod-mail-bounces',
    });
  });

  test('what dbwriters could not handle five times waits aside, both for two weeks', () => {
    expect(onlyIn(stack, 'AWS::SQS::Queue', 'MailBounceQueue').Properties).toMatchObject({
      RedrivePolicy: {
        deadLetterTargetArn: 'arn:aws:sqs:us-west-2:333333333333:prod-mail-bounces-dead',
        maxReceiveCount: 5,
      },
      MessageRetentionPeriod: 1_209_600,
    });
    expect(onlyIn(stack, 'AWS::SQS::Queue', 'MailDeadBounces').Properties).toMatchObject({
      QueueName: 'prod-mail-bounces-dead',
      MessageRetentionPeriod: 1_209_600,
    });
  });

  test('only the topic may put into the queue, only SES may tell the topic, and nobody without TLS', () => {
    const policies = [...resourcesIn(stack, 'AWS::SQS::QueuePolicy'), ...resourcesIn(stack, 'AWS::SNS::TopicPolicy')];
    const statements = policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
    const allows = statements.filter(({ Effect }) => Effect === 'Allow');
    expect(allows.map(({ Action, Principal }) => [Action, Principal])).toEqual([
      [['sqs:SendMessage'], { Service: 'sns.amazonaws.com' }],
      [['sns:Publish'], { Service: 'ses.amazonaws.com' }],
    ]);
    expect(allows.map(({ Condition }) => Object.keys(Condition))).toEqual([['ArnEquals'], ['StringEquals']]);
    const denials = statements.filter(({ Effect }) => Effect === 'Deny');
    expect(denials).toHaveLength(policies.length);
    expect(denials.filter(({ Condition }) => Condition.Bool['aws:SecureTransport'] !== 'false')).toEqual([]);
  });
});
