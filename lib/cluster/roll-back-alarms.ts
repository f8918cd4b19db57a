/** The alarms that stop a new release while it is rolled out, and bring the one before back. */

import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { MachineRole } from '../machine/machine-role.ts';
import { whatToDo } from '../monitoring/runbook.ts';
import type { Balancer } from './balancer.ts';

/** The heading of its article. */
const ARTICLE = 'A release is rolled back';
const MINUTE_SECONDS = 60;
/** A machine that starts is asked before it answers; it is bad when it still does not after so long. */
const UNHEALTHY_MINUTES = 3;
/** A single failed request in a quiet minute must not stop a release. */
const SERVER_ERRORS_PER_MINUTE_MAX = 10;

export interface RollBackAlarmsProps {
  readonly balancer: Balancer;
  readonly role: MachineRole;
}

/**
 * What a bad release is known by.
 * Resources: two alarms without an action of their own: machines that are not healthy, and errors of theirs. They wake nobody: a deploy that
 * they stop fails before the eyes of who began it, and at other times the alarms of the monitoring stack ring for the same.
 */
export class RollBackAlarms extends Construct {
  /** As an instance refresh names them. */
  readonly names: readonly string[];

  constructor(scope: Construct, id: string, { balancer, role }: RollBackAlarmsProps) {
    super(scope, id);
    const shared = {
      namespace: 'AWS/ApplicationELB',
      dimensions: [
        { name: 'LoadBalancer', value: balancer.fullName },
        { name: 'TargetGroup', value: balancer.targetGroupFullName },
      ],
      period: MINUTE_SECONDS,
      comparisonOperator: 'GreaterThanThreshold',
      treatMissingData: 'notBreaching',
    };
    const unhealthy = new CfnAlarm(this, 'Unhealthy', {
      ...shared,
      alarmDescription: `A ${role} is not healthy; while a release is rolled out, the one before comes back. ${whatToDo(ARTICLE)}`,
      metricName: 'UnHealthyHostCount',
      // The most that any of the balancer's own machines sees: one that looks at a healthy zone must not hide another's.
      statistic: 'Maximum',
      threshold: 0,
      evaluationPeriods: UNHEALTHY_MINUTES,
    });
    const failing = new CfnAlarm(this, 'Failing', {
      ...shared,
      alarmDescription: `${role}s answer with errors of their own; while a release is rolled out, the one before comes back. ${whatToDo(ARTICLE)}`,
      metricName: 'HTTPCode_Target_5XX_Count',
      statistic: 'Sum',
      threshold: SERVER_ERRORS_PER_MINUTE_MAX,
      evaluationPeriods: 2,
    });
    this.names = [unhealthy.ref, failing.ref];
  }
}
