/** The schedules by which a region's stacks delete themselves. */

import { CfnRole } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import { allowed, assumedBy, policy } from '../machine/policy.ts';
import type { DeletionPass } from './deletion-passes.ts';

const ATTEMPTS_MAX = 3;
const ATTEMPT_SECONDS_MAX = 600;

export interface NightlyDeletionProps {
  readonly environmentName: string;
  readonly account: string;
  readonly regionName: string;
  /** Passes over the stacks of this region. */
  readonly passes: readonly DeletionPass[];
}

/**
 * Asks CloudFormation every night to delete the stacks of a region.
 * Resources: a schedule for each stack, their group, and a role that may delete these stacks and nothing else. CloudFormation deletes with
 * the role that each stack was deployed with.
 * Failure behaviour: a stack that another one still uses refuses, and is asked again; a night in which all passes fail is followed by the next.
 */
export class NightlyDeletion extends Construct {
  constructor(scope: Construct, id: string, { environmentName, account, regionName, passes }: NightlyDeletionProps) {
    super(scope, id);
    const arns = passes.map(({ stack }) => `arn:aws:cloudformation:${regionName}:${account}:stack/${stack}/*`);
    const role = new CfnRole(this, 'Role', {
      description: `deletes the stacks of ${environmentName} in ${regionName}`,
      assumeRolePolicyDocument: assumedBy('scheduler.amazonaws.com'),
      policies: [
        {
          policyName: 'delete',
          policyDocument: policy([allowed(['cloudformation:DeleteStack'], arns)]),
        },
      ],
    });
    acknowledge(
      role,
      Object.fromEntries(
        arns.map((arn) => [
          `AwsSolutions-IAM5[Resource::${arn}]`,
          "A stack's ARN ends in an id that is new with each deploy.",
        ]),
      ),
    );
    const group = new CfnScheduleGroup(this, 'Group', { name: `${environmentName}-lifetime` });
    for (const { stack, cron } of passes) {
      const schedule = new CfnSchedule(this, stack, {
        groupName: group.ref,
        description: `deletes ${stack}`,
        scheduleExpression: cron,
        scheduleExpressionTimezone: 'UTC',
        flexibleTimeWindow: { mode: 'OFF' },
        target: {
          arn: 'arn:aws:scheduler:::aws-sdk:cloudformation:deleteStack',
          roleArn: role.attrArn,
          input: JSON.stringify({ StackName: stack }),
          retryPolicy: { maximumRetryAttempts: ATTEMPTS_MAX, maximumEventAgeInSeconds: ATTEMPT_SECONDS_MAX },
        },
      });
      schedule.addResourceDependency(group);
    }
  }
}
