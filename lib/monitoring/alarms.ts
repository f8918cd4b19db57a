/** Alarms that people are woken by: each with an article in the runbook that says what it means and what to do. */

import { Token } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { whatToDo } from './runbook.ts';

const MINUTE_SECONDS = 60;

export interface Metric {
  readonly namespace: string;
  readonly name: string;
  /** `Sum`, `Average`, `p99` and so on. */
  readonly statistic: string;
  readonly dimensions?: Readonly<Record<string, string>>;
}

export interface AlarmProps {
  /** The heading of its article: the alarm is called so, and its anchor follows from it. */
  readonly article: string;
  /** What rings, where several ring under one article: a zone, a node. */
  readonly which?: string;
  readonly metric: Metric | Computed;
  readonly when: 'above' | 'below';
  readonly threshold: number;
  /** Rings after so many periods in a row. */
  readonly periods: number;
  /** @default 60 */
  readonly periodSeconds?: number;
  /** A metric that nobody sends is bad news where `breaching`. @default notBreaching */
  readonly missing?: 'breaching' | 'notBreaching';
}

/** Arithmetic over metrics. */
export interface Computed {
  readonly expression: string;
  readonly label: string;
  readonly of: Readonly<Record<string, Metric>>;
}

export interface AlarmsProps {
  readonly topicArn: string;
  /** For example `prod us-east-1`: before the name of each alarm. */
  readonly place: string;
}

/**
 * The alarms of a region.
 * Resources: an alarm for each call of `add`, telling one topic when it rings and when it is over.
 */
export class Alarms extends Construct {
  private readonly props: AlarmsProps;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.props = props;
  }

  /**
   * @param id constant for life: a level that is added renames no alarm.
   * @throws RangeError when its name would be known only after a deploy: people look for alarms by name.
   */
  add(id: string, { article, which, metric, when, threshold, periods, ...options }: AlarmProps): void {
    const { periodSeconds = MINUTE_SECONDS, missing = 'notBreaching' } = options;
    const { topicArn, place } = this.props;
    const alarmName = [place, article, which].filter((part) => part !== undefined).join(' / ');
    if (Token.isUnresolved(alarmName)) {
      throw new RangeError(`the name of alarm ${id} must be a literal, got "${alarmName}"`);
    }
    new CfnAlarm(this, id, {
      alarmName,
      alarmDescription: `${article}. ${whatToDo(article)}`,
      comparisonOperator: when === 'above' ? 'GreaterThanThreshold' : 'LessThanThreshold',
      threshold,
      evaluationPeriods: periods,
      treatMissingData: missing,
      alarmActions: [topicArn],
      okActions: [topicArn],
      ...('expression' in metric ? computed(metric, periodSeconds) : plain(metric, periodSeconds)),
    });
  }
}

function plain({ namespace, name, statistic, dimensions }: Metric, period: number) {
  return {
    namespace,
    metricName: name,
    ...(statistic.startsWith('p') ? { extendedStatistic: statistic } : { statistic }),
    dimensions: dimensionList(dimensions),
    period,
  };
}

function computed({ expression, label, of }: Computed, period: number) {
  return {
    metrics: [
      { id: 'value', expression, label, returnData: true },
      ...Object.entries(of).map(([id, { namespace, name, statistic, dimensions }]) => ({
        id,
        returnData: false,
        metricStat: {
          metric: { namespace, metricName: name, dimensions: dimensionList(dimensions) },
          period,
          stat: statistic,
        },
      })),
    ],
  };
}

function dimensionList(dimensions: Readonly<Record<string, string>> = {}) {
  return Object.entries(dimensions).map(([name, value]) => ({ name, value }));
}
