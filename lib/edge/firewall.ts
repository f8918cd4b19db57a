/** What stands before a public balancer: floods and known attacks end there. */

import { CfnKey } from 'aws-cdk-lib/aws-kms';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnIPSet, CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import type { Environment, Region } from '../../regions/schema.ts';
import { HEARTBEAT_PATH } from '../cluster/balancer.ts';
import { accountItself, allowedTo, policy } from '../machine/policy.ts';

const WINDOW_SECONDS = 300;
/** Requests show who did what: they are needed to understand an attack of these days, and nobody keeps them longer. */
const DAYS_KEPT = 7;
const TOO_MANY_REQUESTS = 429;
const RETRY_AFTER_SECONDS = '300';

export interface FirewallProps {
  readonly environment: Environment;
  readonly region: Region;
  readonly balancerArn: string;
  /** Requests of one address within five minutes. */
  readonly requestsPerAddressMax: number;
  /** Addresses of our own load generators, which are no flood. */
  readonly spared: readonly string[];
}

/**
 * A web ACL on a public balancer.
 * Resources: a web ACL with a limit for each client address, from which the health checks' path and our own generators are spared, and
 * AWS's list of addresses that are known for attacks; its association; a log of what was blocked, encrypted with a key of its own, without
 * queries and authorizations, kept for days.
 * Failure behaviour: while WAF itself is away, the balancer lets requests through, and the limits of the service remain.
 */
export class Firewall extends Construct {
  /** As metrics name it. */
  readonly aclName: string;

  constructor(scope: Construct, id: string, props: FirewallProps) {
    super(scope, id);
    const { environment, region, balancerArn, requestsPerAddressMax, spared } = props;
    this.aclName = `${environment.name}-accounts`;
    const generators = spared.length === 0 ? [] : [this.addGenerators(spared)];
    const acl = new CfnWebACL(this, 'Acl', {
      name: this.aclName,
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: visible(this.aclName),
      customResponseBodies: {
        busy: { contentType: 'APPLICATION_JSON', content: '{"code":429,"errno":114,"error":"Too Many Requests"}' },
      },
      rules: [
        {
          name: 'requests-per-address',
          priority: 0,
          action: {
            block: {
              customResponse: {
                responseCode: TOO_MANY_REQUESTS,
                customResponseBodyKey: 'busy',
                responseHeaders: [{ name: 'Retry-After', value: RETRY_AFTER_SECONDS }],
              },
            },
          },
          statement: {
            rateBasedStatement: {
              aggregateKeyType: 'IP',
              evaluationWindowSec: WINDOW_SECONDS,
              limit: requestsPerAddressMax,
              scopeDownStatement: noneOf([isHeartbeat(), ...generators]),
            },
          },
          visibilityConfig: visible('requests-per-address'),
        },
        {
          name: 'known-attackers',
          priority: 1,
          overrideAction: { none: {} },
          statement: {
            managedRuleGroupStatement: { vendorName: 'AWS', name: 'AWSManagedRulesAmazonIpReputationList' },
          },
          visibilityConfig: visible('known-attackers'),
        },
      ],
    });
    new CfnWebACLAssociation(this, 'OfBalancer', { resourceArn: balancerArn, webAclArn: acl.attrArn });
    this.addLog(environment, region, acl.attrArn);
  }

  private addGenerators(addresses: readonly string[]): CfnWebACL.StatementProperty {
    const set = new CfnIPSet(this, 'Generators', {
      scope: 'REGIONAL',
      ipAddressVersion: 'IPV4',
      addresses: addresses.map((address) => `${address}/32`),
      description: 'Addresses of the load generators',
    });
    return { ipSetReferenceStatement: { arn: set.attrArn } };
  }

  private addLog(environment: Environment, region: Region, resourceArn: string): void {
    const { name, account } = environment;
    // WAF writes only to groups whose names begin so.
    const logGroupName = `aws-waf-logs-${name}-accounts`;
    const logGroupArn = `arn:aws:logs:${region.name}:${account}:log-group:${logGroupName}`;
    const key = new CfnKey(this, 'LogKey', {
      description: `requests that the firewall of ${name} blocked`,
      enableKeyRotation: true,
      keyPolicy: policy([
        allowedTo(accountItself(environment), ['kms:*'], ['*']),
        allowedTo(
          { Service: `logs.${region.name}.amazonaws.com` },
          ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
          ['*'],
          { ArnEquals: { 'kms:EncryptionContext:aws:logs:arn': logGroupArn } },
        ),
      ]),
    });
    const log = new CfnLogGroup(this, 'Log', { logGroupName, retentionInDays: DAYS_KEPT, kmsKeyId: key.attrArn });
    const logging = new CfnLoggingConfiguration(this, 'Logging', {
      resourceArn,
      logDestinationConfigs: [logGroupArn],
      // A link in a mail has its code in the query.
      redactedFields: [{ queryString: {} }, { singleHeader: { Name: 'authorization' } }],
      loggingFilter: {
        DefaultBehavior: 'DROP',
        Filters: [
          {
            Behavior: 'KEEP',
            Requirement: 'MEETS_ANY',
            Conditions: [{ ActionCondition: { Action: 'BLOCK' } }],
          },
        ],
      },
    });
    logging.addResourceDependency(log);
  }
}

function isHeartbeat(): CfnWebACL.StatementProperty {
  return {
    byteMatchStatement: {
      fieldToMatch: { uriPath: {} },
      positionalConstraint: 'EXACTLY',
      searchString: HEARTBEAT_PATH,
      textTransformations: [{ priority: 0, type: 'NONE' }],
    },
  };
}

function noneOf(statements: readonly CfnWebACL.StatementProperty[]): CfnWebACL.StatementProperty {
  const [first, ...others] = statements.map((statement) => ({ notStatement: { statement } }));
  return others.length === 0 && first !== undefined
    ? first
    : { andStatement: { statements: first === undefined ? others : [first, ...others] } };
}

function visible(metricName: string): CfnWebACL.VisibilityConfigProperty {
  // Samples would show whole requests, queries and all.
  return { cloudWatchMetricsEnabled: true, sampledRequestsEnabled: false, metricName };
}
