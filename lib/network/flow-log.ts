/** The record of what a network's rules turned away. */

import { CfnFlowLog } from 'aws-cdk-lib/aws-ec2';
import { CfnRole } from 'aws-cdk-lib/aws-iam';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Environment, Region } from '../../regions/schema.ts';
import { acknowledge } from '../acknowledge.ts';
import { allowed, assumedBy, policy } from '../machine/policy.ts';

const DAYS_KEPT = 30;

export interface FlowLogProps {
  readonly environment: Environment;
  readonly region: Region;
  readonly vpcId: string;
}

/**
 * Packets that no rule let through, with who sent them to whom: what an operator looks at first when two machines cannot speak.
 * Resources: a flow log of refused packets only, its log group, the role that writes it.
 */
export class FlowLog extends Construct {
  constructor(scope: Construct, id: string, { environment, region, vpcId }: FlowLogProps) {
    super(scope, id);
    const logGroupName = `/picl-idp/${environment.name}/refused-packets`;
    const logGroup = new CfnLogGroup(this, 'Log', { logGroupName, retentionInDays: DAYS_KEPT });
    const arn = `arn:aws:logs:${region.name}:${environment.account}:log-group:${logGroupName}`;
    const role = new CfnRole(this, 'Role', {
      description: `writes refused packets of ${environment.name} in ${region.name}`,
      assumeRolePolicyDocument: assumedBy('vpc-flow-logs.amazonaws.com'),
      policies: [
        {
          policyName: 'write',
          policyDocument: policy([
            allowed(
              ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams', 'logs:DescribeLogGroups'],
              [arn, `${arn}:*`],
            ),
          ]),
        },
      ],
    });
    acknowledge(role, {
      [`AwsSolutions-IAM5[Resource::${arn}:*]`]: 'Streams of one log group are named by the service that writes them.',
    });
    const flowLog = new CfnFlowLog(this, 'Refused', {
      resourceId: vpcId,
      resourceType: 'VPC',
      trafficType: 'REJECT',
      logGroupName,
      deliverLogsPermissionArn: role.attrArn,
    });
    flowLog.addResourceDependency(logGroup);
  }
}
