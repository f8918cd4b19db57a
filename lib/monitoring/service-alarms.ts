/** Alarms on the services of a region. */

import type { ClusterSize, Zone } from '../../regions/schema.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Alarms, Metric } from './alarms.ts';

/** Percent of answers that may be errors of ours. */
const ERROR_PERCENT_MAX = 1;
/** Of a hundred answers, the slowest. */
const SLOW_SECONDS: Readonly<Record<string, number>> = { webhead: 1, keysigner: 0.25, dbwriter: 0.75 };
const NAMES: Readonly<Record<string, string>> = { webhead: 'Webheads', keysigner: 'Keysigners', dbwriter: 'Dbwriters' };
/** Above it a lost zone's share does not fit on the machines of the others. */
const BUSY_PERCENT = 65;
const CERTIFICATE_DAYS_MIN = 21;
const DAY_SECONDS = 86_400;

export interface ClusterAlarmsOptions {
  readonly zones: readonly Zone[];
  readonly size: ClusterSize;
}

/** What goes wrong with a cluster: its answers, its balancer, its machines. */
export function addClusterAlarms(alarms: Alarms, cluster: Cluster, options: ClusterAlarmsOptions): void {
  addAnswerAlarms(alarms, cluster);
  addZoneAlarms(alarms, cluster, options);
  addMachineAlarms(alarms, cluster, options.size);
  const { role } = cluster.plan;
  addCertificateAlarm(alarms, `${nameOf(cluster)}CertificateOld`, {
    which: role,
    certificateArn: cluster.balancer.certificateArn,
  });
}

/** A certificate that its authority did not renew in time. */
export function addCertificateAlarm(
  alarms: Alarms,
  id: string,
  { which, certificateArn }: { readonly which: string; readonly certificateArn: string },
): void {
  alarms.add(id, {
    article: 'A certificate runs out',
    which,
    metric: {
      namespace: 'AWS/CertificateManager',
      name: 'DaysToExpiry',
      statistic: 'Minimum',
      dimensions: { CertificateArn: certificateArn },
    },
    when: 'below',
    threshold: CERTIFICATE_DAYS_MIN,
    periods: 1,
    periodSeconds: DAY_SECONDS,
  });
}

function addAnswerAlarms(alarms: Alarms, cluster: Cluster): void {
  const name = nameOf(cluster);
  const { role } = cluster.plan;
  const metric = (what: string, statistic: string) => balancerMetric(cluster, what, statistic);
  alarms.add(`${name}Fail`, {
    article: `${name} answer with errors`,
    metric: {
      expression: '100 * (FILL(target, 0) + FILL(balancer, 0)) / requests',
      label: 'percent of answers',
      of: {
        target: metric('HTTPCode_Target_5XX_Count', 'Sum'),
        balancer: metric('HTTPCode_ELB_5XX_Count', 'Sum'),
        requests: metric('RequestCount', 'Sum'),
      },
    },
    when: 'above',
    threshold: ERROR_PERCENT_MAX,
    periods: 3,
  });
  alarms.add(`${name}Slow`, {
    article: `${name} are slow`,
    metric: metric('TargetResponseTime', 'p99'),
    when: 'above',
    threshold: SLOW_SECONDS[role] ?? 1,
    periods: 5,
  });
  alarms.add(`${name}TurnedAway`, {
    article: 'A balancer turns connections away',
    which: role,
    metric: metric('RejectedConnectionCount', 'Sum'),
    when: 'above',
    threshold: 0,
    periods: 3,
  });
}

/** Each zone by itself, so that one without machines is seen before the region is; none where there are fewer machines than zones. */
function addZoneAlarms(alarms: Alarms, cluster: Cluster, { zones, size }: ClusterAlarmsOptions): void {
  if (size.machinesMin < zones.length) return;
  const name = nameOf(cluster);
  for (const { id: zoneId, name: zoneName, slot } of zones) {
    alarms.add(`${name}GoneInSlot${slot}`, {
      article: `${name} are gone from a zone`,
      which: zoneId,
      metric: balancerMetric(cluster, 'HealthyHostCount', 'Minimum', {
        TargetGroup: cluster.balancer.targetGroupFullName,
        AvailabilityZone: zoneName,
      }),
      when: 'below',
      threshold: 1,
      periods: 5,
      missing: 'breaching',
    });
  }
}

function addMachineAlarms(alarms: Alarms, cluster: Cluster, { machinesMax }: ClusterSize): void {
  const name = nameOf(cluster);
  const { role, scalesWithLoad } = cluster.plan;
  const dimensions = { AutoScalingGroupName: cluster.groupName };
  const group = (what: string): Metric => ({
    namespace: 'AWS/AutoScaling',
    name: what,
    statistic: 'Minimum',
    dimensions,
  });
  alarms.add(`${name}TooFew`, {
    article: 'A cluster has too few machines',
    which: role,
    metric: {
      expression: 'least - running',
      label: 'machines that should run and do not',
      of: { least: group('GroupMinSize'), running: group('GroupInServiceInstances') },
    },
    when: 'above',
    threshold: 0,
    periods: 10,
    missing: 'breaching',
  });
  if (scalesWithLoad) {
    alarms.add(`${name}AtLargest`, {
      article: 'A cluster is at its largest',
      which: role,
      metric: group('GroupInServiceInstances'),
      when: 'above',
      threshold: machinesMax - 1,
      periods: 15,
    });
    return;
  }
  alarms.add(`${name}Busy`, {
    article: 'A cluster is busy',
    which: role,
    metric: { namespace: 'AWS/EC2', name: 'CPUUtilization', statistic: 'Average', dimensions },
    when: 'above',
    threshold: BUSY_PERCENT,
    periods: 10,
  });
}

function balancerMetric(
  { balancer }: Cluster,
  name: string,
  statistic: string,
  dimensions: Readonly<Record<string, string>> = {},
): Metric {
  return {
    namespace: 'AWS/ApplicationELB',
    name,
    statistic,
    dimensions: { LoadBalancer: balancer.fullName, ...dimensions },
  };
}

/** As headings and ids call the machines of a cluster. */
function nameOf({ plan: { role } }: Cluster): string {
  return NAMES[role] ?? role;
}
