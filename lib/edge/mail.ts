/** Mail of a region: the identity it is sent as, and what comes back. */

import { CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import { CfnConfigurationSet, CfnConfigurationSetEventDestination, CfnEmailIdentity } from 'aws-cdk-lib/aws-ses';
import { CfnSubscription, CfnTopic, CfnTopicPolicy } from 'aws-cdk-lib/aws-sns';
import { CfnQueue, CfnQueuePolicy } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Environment, Region } from '../../regions/schema.ts';
import { allowedTo, type PolicyStatement, policy } from '../machine/policy.ts';
import { bounceQueueArn, bounceQueueName, deadBounceQueueArn, deadBounceQueueName } from '../names.ts';

const DKIM_TTL_SECONDS = '1800';
const DAY_SECONDS = 86_400;
/** A dbwriter answers for a message in seconds; one that died in between must not keep it long. */
const VISIBILITY_SECONDS = 60;
const RECEIVES_MAX = 5;
const DAYS_KEPT = 14;

export interface MailProps {
  readonly environment: Environment;
  readonly region: Region;
}

/**
 * Sending mail through SES in a region, and hearing of bounces and complaints.
 * Resources: an identity for the operator's domain with its three DKIM records; a configuration set that requires TLS; bounces and complaints by
 * a topic into a queue that the region's dbwriters read, with a queue for what they could not handle.
 * Failure behaviour: while a region's SES is away, mails of that region fail and their routes answer 503; while its dbwriters are
 * away, bounces wait in the queue for two weeks.
 */
export class Mail extends Construct {
  constructor(scope: Construct, id: string, { environment, region }: MailProps) {
    super(scope, id);
    const { name, publicZone } = environment;
    const configurationSet = new CfnConfigurationSet(this, 'ConfigurationSet', {
      name,
      deliveryOptions: { tlsPolicy: 'REQUIRE' },
      reputationOptions: { reputationMetricsEnabled: true },
      suppressionOptions: { suppressedReasons: ['BOUNCE', 'COMPLAINT'] },
    });
    const identity = new CfnEmailIdentity(this, 'Identity', {
      emailIdentity: publicZone.name,
      dkimAttributes: { signingEnabled: true },
      dkimSigningAttributes: { nextSigningKeyLength: 'RSA_2048_BIT' },
      configurationSetAttributes: { configurationSetName: configurationSet.ref },
    });
    const tokens = [
      [identity.attrDkimDnsTokenName1, identity.attrDkimDnsTokenValue1],
      [identity.attrDkimDnsTokenName2, identity.attrDkimDnsTokenValue2],
      [identity.attrDkimDnsTokenName3, identity.attrDkimDnsTokenValue3],
    ] as const;
    tokens.forEach(([recordName, value], index) => {
      new CfnRecordSet(this, `Dkim${index + 1}`, {
        hostedZoneId: publicZone.id,
        name: recordName,
        type: 'CNAME',
        ttl: DKIM_TTL_SECONDS,
        resourceRecords: [value],
      });
    });
    const topicArn = this.addTopic(environment, region, configurationSet.ref);
    this.addQueues(environment, region, topicArn);
  }

  private addTopic({ account }: Environment, region: Region, configurationSetName: string): string {
    const topic = new CfnTopic(this, 'Bounces');
    const believed = new CfnTopicPolicy(this, 'BouncesPolicy', {
      topics: [topic.ref],
      policyDocument: policy([
        allowedTo({ Service: 'ses.amazonaws.com' }, ['sns:Publish'], [topic.ref], {
          StringEquals: { 'aws:SourceAccount': account },
        }),
        onlyOverTls('sns:Publish', topic.ref),
      ]),
    });
    const destination = new CfnConfigurationSetEventDestination(this, 'BouncesOfSet', {
      configurationSetName,
      eventDestination: {
        name: `bounces-${region.name}`,
        enabled: true,
        matchingEventTypes: ['bounce', 'complaint'],
        snsDestination: { topicArn: topic.ref },
      },
    });
    // SES tries the topic at once, and refuses one that does not take its word.
    destination.addResourceDependency(believed);
    return topic.ref;
  }

  private addQueues(environment: Environment, region: Region, topicArn: string): void {
    const kept = { messageRetentionPeriod: DAYS_KEPT * DAY_SECONDS, sqsManagedSseEnabled: true };
    const dead = new CfnQueue(this, 'DeadBounces', { queueName: deadBounceQueueName(environment), ...kept });
    const deadLetterTargetArn = deadBounceQueueArn(environment, region);
    const queue = new CfnQueue(this, 'BounceQueue', {
      queueName: bounceQueueName(environment),
      ...kept,
      visibilityTimeout: VISIBILITY_SECONDS,
      receiveMessageWaitTimeSeconds: 20,
      redrivePolicy: { deadLetterTargetArn, maxReceiveCount: RECEIVES_MAX },
    });
    queue.addResourceDependency(dead);
    const queueArn = bounceQueueArn(environment, region);
    const queuePolicy = new CfnQueuePolicy(this, 'BounceQueuePolicy', {
      queues: [queue.ref],
      policyDocument: policy([
        allowedTo({ Service: 'sns.amazonaws.com' }, ['sqs:SendMessage'], [queueArn], {
          ArnEquals: { 'aws:SourceArn': topicArn },
        }),
        onlyOverTls('sqs:*', queueArn),
      ]),
    });
    new CfnQueuePolicy(this, 'DeadBouncesPolicy', {
      queues: [dead.ref],
      policyDocument: policy([onlyOverTls('sqs:*', deadLetterTargetArn)]),
    });
    const subscription = new CfnSubscription(this, 'BouncesToQueue', { topicArn, protocol: 'sqs', endpoint: queueArn });
    subscription.addResourceDependency(queuePolicy);
  }
}

/** A denial, which may name everybody. */
function onlyOverTls(action: string, resource: string): PolicyStatement {
  return {
    Effect: 'Deny',
    Principal: '*',
    Action: [action],
    Resource: [resource],
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
}
