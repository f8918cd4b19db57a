/** What rings: the alarms that AWS's own metrics can give, and those that would ring for nothing. */

import { describe, expect, test } from '@jest/globals';
import { Fn } from 'aws-cdk-lib';
import { members, resourcesOf } from '../../app/operator/assembly.ts';
import { type AlarmProps, Alarms } from '../../lib/monitoring/alarms.ts';
import { onlyIn, PROD, regionOf, stackIn } from '../support/construct-stack.ts';
import { sharedStacks } from '../topology/support/assembly.ts';

const REQUESTS = { namespace: 'AWS/ApplicationELB', name: 'RequestCount', statistic: 'Sum' };
const QUIET: AlarmProps = { article: 'It is quiet', metric: REQUESTS, when: 'below', threshold: 1, periods: 2 };

function alarmOf(props: Partial<AlarmProps>): Record<string, unknown> {
  const stack = stackIn(PROD, regionOf(PROD, 0));
  const alarms = new Alarms(stack, 'Alarms', { topicArn: 'arn:topic', place: 'prod us-east-1' });
  alarms.add('Quiet', { ...QUIET, ...props });
  return onlyIn(stack, 'AWS::CloudWatch::Alarm').Properties;
}

describe('an alarm', () => {
  test('is called by its place and its article, and leads to the article', () =>
    expect(alarmOf({ which: 'use1-az1' })).toMatchObject({
      AlarmName: 'prod us-east-1 / It is quiet / use1-az1',
      AlarmDescription: 'It is quiet. What to do: docs/runbook.md#it-is-quiet',
    }));

  test('tells its topic when it rings and when it is over', () =>
    expect(alarmOf({})).toMatchObject({ AlarmActions: ['arn:topic'], OKActions: ['arn:topic'] }));

  test('looks at a minute, and at nothing when nobody sends its metric', () =>
    expect(alarmOf({})).toMatchObject({ Period: 60, TreatMissingData: 'notBreaching', EvaluationPeriods: 2 }));

  test('takes a percentile as what it is', () => {
    const properties = alarmOf({ metric: { ...REQUESTS, statistic: 'p99' } });
    expect(properties).toMatchObject({ ExtendedStatistic: 'p99' });
    expect(properties).not.toHaveProperty('Statistic');
  });

  test('can compute over metrics', () =>
    expect(
      alarmOf({ metric: { expression: 'all / 2', label: 'half', of: { all: REQUESTS } }, periodSeconds: 300 }),
    ).toMatchObject({
      Metrics: [
        { Id: 'value', Expression: 'all / 2', Label: 'half', ReturnData: true },
        {
          Id: 'all',
          ReturnData: false,
          MetricStat: { Period: 300, Stat: 'Sum', Metric: { MetricName: 'RequestCount' } },
        },
      ],
    }));

  test('whose name would be known only after a deploy is refused', () =>
    expect(() => alarmOf({ which: Fn.ref('Volume') })).toThrow(
      /^the name of alarm Quiet must be a literal, got "prod /,
    ));
});

describe('prod', () => {
  test('asks of each cluster whether it answers, how fast, from every zone, and whether enough of it runs', () =>
    expect(ringingIn('prod-us-west-2-monitoring', /keysigner|Keysigners/i)).toEqual([
      'A balancer turns connections away / keysigner',
      'A certificate runs out / keysigner',
      'A cluster has too few machines / keysigner',
      'A cluster is busy / keysigner',
      'Keysigners answer with errors',
      'Keysigners are gone from a zone / usw2-az1',
      'Keysigners are gone from a zone / usw2-az2',
      'Keysigners are gone from a zone / usw2-az3',
      'Keysigners are slow',
    ]));

  test('is told when webheads have grown as far as they may', () => {
    const { Threshold, EvaluationPeriods, Dimensions } = alarmNamed(
      'prod us-east-1 / A cluster is at its largest / webhead',
    );
    expect([Threshold, EvaluationPeriods]).toEqual([8, 15]);
    expect(Dimensions).toEqual([{ Name: 'AutoScalingGroupName', Value: expect.anything() }]);
  });

  test('asks of each ring node whether its machine runs, is well and not busy, and whether its volume moves', () =>
    expect(ringingIn('prod-us-east-2-monitoring', /./)).toEqual([
      'A machine fails its checks / ring-7',
      'A ring node is busy / ring-7',
      'A ring node is down / ring-7',
      'A ring volume stands still / ring-7',
    ]));

  test('asks for every region from the one that Route 53 tells, by the names of the regions', () => {
    expect(ringingIn('prod-us-east-1-monitoring', /region/)).toEqual([
      'A region does not answer / us-east-1',
      'A region does not answer / us-west-2',
    ]);
    expect(ringingIn('prod-us-west-2-monitoring', /region/)).toEqual([]);
    const [other, ...more] = resourcesOf(sharedStacks(), 'AWS::Route53::HealthCheck').filter(
      ({ stack }) => stack.name === 'prod-us-east-1-monitoring',
    );
    expect(more).toEqual([]);
    expect(members(other?.resource.Properties?.['HealthCheckConfig'])).toMatchObject({
      FullyQualifiedDomainName: 'us-west-2.accounts.idp.example.org',
      ResourcePath: '/__heartbeat__',
      RequestInterval: 30,
    });
  });

  test('is told of backups that failed, of copies that did not arrive, and of a day without any', () =>
    expect(ringingIn('prod-us-west-2-monitoring', /backup/)).toEqual([
      'A backup failed',
      'A copy of a backup failed',
      'No backup was made for a day',
    ]));

  test('is told of the certificate of the search domain, once', () =>
    expect(
      ['prod-us-east-1-monitoring', 'prod-us-west-2-monitoring'].map((name) => ringingIn(name, /runs out . search/)),
    ).toEqual([['A certificate runs out / search'], []]));

  test('treats silence of a zone as bad news', () =>
    expect(alarmNamed('prod us-east-1 / Webheads are gone from a zone / use1-az1')).toMatchObject({
      TreatMissingData: 'breaching',
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
    }));
});

test('a volume of the ring that is not backed up rings: as many backups are asked for a day as there are volumes', () =>
  expect(alarmNamed('prod us-east-1 / No backup was made for a day')).toMatchObject({
    Threshold: 3,
    ComparisonOperator: 'LessThanThreshold',
    TreatMissingData: 'breaching',
  }));

describe('loadtest', () => {
  test('does not ask for a machine in each zone, since it has fewer machines than zones', () => {
    expect(ringingIn('loadtest-us-east-1-monitoring', /gone from a zone/)).toEqual([]);
    expect(ringingIn('loadtest-us-east-1-monitoring', /too few/)).toHaveLength(3);
  });

  test('does not ask for backups or for mail, having neither', () =>
    expect(ringingIn('loadtest-us-east-1-monitoring', /backup|mail|bounce/)).toEqual([]));
});

test('a budget is named by its article, and its owner hears before and after', () => {
  const budgets = resourcesOf(sharedStacks(), 'AWS::Budgets::Budget').map(({ resource }) => resource.Properties);
  expect(budgets.map((budget) => members(budget?.['Budget'])['BudgetName'])).toEqual([
    'dev / The budget is nearly spent',
    'loadtest / The budget is nearly spent',
    'prod / The budget is nearly spent',
  ]);
  for (const budget of budgets) {
    expect(budget?.['NotificationsWithSubscribers']).toMatchObject([
      { Notification: { NotificationType: 'ACTUAL', Threshold: 80 } },
      { Notification: { NotificationType: 'FORECASTED', Threshold: 100 } },
    ]);
  }
});

test('the dashboard shows every region of an environment, its witness too, and no other', () => {
  const [body] = resourcesOf(sharedStacks(), 'AWS::CloudWatch::Dashboard')
    .filter(({ stack }) => stack.environment === 'prod')
    .map(({ resource }) => JSON.parse(String(resource.Properties?.['DashboardBody'])));
  const regions = body.widgets.map(({ properties }: { properties: { region: string } }) => properties.region);
  expect(new Set(regions)).toEqual(new Set(['us-east-1', 'us-west-2', 'us-east-2']));
});

/** What an alarm is called after its place. */
function ringingIn(stackName: string, pattern: RegExp): readonly string[] {
  return resourcesOf(sharedStacks(), 'AWS::CloudWatch::Alarm')
    .filter(({ stack }) => stack.name === stackName)
    .map(({ resource }) => String(resource.Properties?.['AlarmName']).replace(/^.*? \/ /, ''))
    .filter((name) => pattern.test(name))
    .sort();
}

function alarmNamed(name: string) {
  const found = resourcesOf(sharedStacks(), 'AWS::CloudWatch::Alarm').find(
    ({ resource }) => resource.Properties?.['AlarmName'] === name,
  );
  if (found?.resource.Properties === undefined) throw new RangeError(`there is no alarm ${name}`);
  return found.resource.Properties;
}
