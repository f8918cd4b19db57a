/** How a ring node's configuration is brought back when somebody changed it by hand. */

import { CfnAssociation, CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import type { Environment, Region } from '../../regions/schema.ts';
import { allowed, type PolicyStatement } from '../machine/policy.ts';
import { ec2Arn } from '../names.ts';

/** The node's own program, with the settings that its user data wrote at its first boot. */
const CORRECT =
  '/opt/picl-idp/node/bin/node --env-file=/etc/picl-idp/ring-node.env /opt/picl-idp/release/cassandra-node.js configuration correct';
const TIMEOUT_SECONDS = 300;
/** State Manager's shortest. A cron expression, since only with one does State Manager wait for its time. */
const EVERY_HALF_HOUR = 'cron(0/30 * * * ? *)';

export interface RingConfigurationProps {
  readonly environment: Environment;
  readonly region: Region;
}

function documentName({ name }: Environment): string {
  return `${name}-ring-configuration`;
}

/**
 * Corrects the configuration files of a region's ring nodes, one node at a time, and stops at the first error.
 * Resources: a document of Systems Manager, an association with every ring node of the environment, by their machines' tags.
 * It never restarts Cassandra: a node renders its own configuration at boot, and what was corrected since holds from its next start, which is
 * an operator's. Ring groups begin empty, so that the first runs find nobody. It waits for its time also after a change of its own, and after
 * a machine registered, which is minutes after a boot while Cassandra still starts.
 * Failure behaviour: a run that fails leaves the other nodes as they are, and is seen as not compliant; the ring does not notice.
 */
export class RingConfiguration extends Construct {
  constructor(scope: Construct, id: string, { environment }: RingConfigurationProps) {
    super(scope, id);
    const document = new CfnDocument(this, 'Document', {
      name: documentName(environment),
      documentType: 'Command',
      documentFormat: 'JSON',
      targetType: '/AWS::EC2::Instance',
      updateMethod: 'NewVersion',
      content: {
        schemaVersion: '2.2',
        description: 'Brings a ring node back to its own configuration. Never restarts Cassandra.',
        mainSteps: [
          {
            action: 'aws:runShellScript',
            name: 'correct',
            inputs: { timeoutSeconds: String(TIMEOUT_SECONDS), runCommand: [CORRECT] },
          },
        ],
      },
    });
    new CfnAssociation(this, 'Association', {
      associationName: documentName(environment),
      name: document.ref,
      targets: [
        { key: 'tag:picl-idp:role', values: ['ring-node'] },
        { key: 'tag:picl-idp:environment', values: [environment.name] },
      ],
      scheduleExpression: EVERY_HALF_HOUR,
      applyOnlyAtCronInterval: true,
      maxConcurrency: '1',
      maxErrors: '0',
      complianceSeverity: 'HIGH',
    });
  }
}

/** What the agent of a ring node asks of State Manager. The roles that have it leave `configurationFindings`. */
export function configurationStatements({ environment, region }: RingConfigurationProps): readonly PolicyStatement[] {
  const document = `arn:aws:ssm:${region.name}:${environment.account}:document/${documentName(environment)}`;
  return [
    // These actions know no resources, or none that is known before a machine is.
    allowed(['ssm:ListAssociations', 'ssm:ListInstanceAssociations', 'ssm:PutComplianceItems'], ['*']),
    allowed(['ssm:DescribeDocument', 'ssm:GetDocument'], [document]),
    allowed(
      ['ssm:DescribeAssociation', 'ssm:UpdateAssociationStatus', 'ssm:UpdateInstanceAssociationStatus'],
      [document, associations({ environment, region }), ec2Arn(environment, region, 'instance/*')],
    ),
  ];
}

/** Findings about roles with these statements. */
export function configurationFindings(props: RingConfigurationProps): Readonly<Record<string, string>> {
  return {
    [`AwsSolutions-IAM5[Resource::${associations(props)}]`]: 'AWS names an association as it is made.',
  };
}

function associations({ environment, region }: RingConfigurationProps): string {
  return `arn:aws:ssm:${region.name}:${environment.account}:association/*`;
}
