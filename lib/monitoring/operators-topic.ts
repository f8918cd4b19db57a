/** The topic on which operators hear of alarms. */

import { CfnSubscription, CfnTopic, CfnTopicPolicy } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { allowedTo, policy } from '../machine/policy.ts';

export interface OperatorsTopicProps {
  readonly account: string;
  readonly mailbox: string;
}

/**
 * Resources: a topic, whom it believes, and a mailbox that hears it once its owner confirmed.
 * Failure behaviour: each region has its own, so that a lost region's neighbours can still tell.
 */
export class OperatorsTopic extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, { account, mailbox }: OperatorsTopicProps) {
    super(scope, id);
    const topic = new CfnTopic(this, 'Topic');
    this.arn = topic.ref;
    new CfnTopicPolicy(this, 'Policy', {
      topics: [topic.ref],
      policyDocument: policy([
        allowedTo({ Service: ['cloudwatch.amazonaws.com', 'backup.amazonaws.com'] }, ['sns:Publish'], [topic.ref], {
          StringEquals: { 'aws:SourceAccount': account },
        }),
        {
          Effect: 'Deny',
          Principal: '*',
          Action: ['sns:Publish'],
          Resource: [topic.ref],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ]),
    });
    new CfnSubscription(this, 'Operators', { topicArn: topic.ref, protocol: 'email', endpoint: mailbox });
  }
}
