/** Alarms on what a region keeps: its ring nodes, their backups, its logs. */

import type { Ring } from '../cassandra/ring.ts';
import type { TcpBalancer } from '../cluster/tcp-balancer.ts';
import type { LogRouters } from '../logs/log-routers.ts';
import { pascal } from '../names.ts';
import type { Alarms } from './alarms.ts';

const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3600;
const SEARCH_MIB_FREE_MIN = 10_240;
/** Above it, two nodes cannot do the work of three. */
const BUSY_PERCENT = 65;

/** A ring node that should run and does not, node by node, and a ring that its balancer cannot reach. */
export function addRingAlarms(alarms: Alarms, ring: Ring): void {
  for (const { groupName, name, volumeId } of ring.members) {
    const id = pascal(name);
    addKeptMachineAlarms(alarms, id, { article: 'A ring node is down', which: name, groupName });
    alarms.add(`${id}Busy`, {
      article: 'A ring node is busy',
      which: name,
      metric: {
        namespace: 'AWS/EC2',
        name: 'CPUUtilization',
        statistic: 'Average',
        dimensions: { AutoScalingGroupName: groupName },
      },
      when: 'above',
      threshold: BUSY_PERCENT,
      periods: 15,
    });
    addVolumeAlarm(alarms, `${id}Still`, { which: name, volumeId });
  }
  if (ring.balancer !== undefined) {
    addTcpBalancerAlarm(alarms, 'RingUnwell', { article: 'A ring node does not answer', balancer: ring.balancer });
  }
}

/** Log routers that should run and do not, and their balancer. */
export function addLogRouterAlarms(alarms: Alarms, { groupNames, balancer }: LogRouters): void {
  for (const [index, groupName] of groupNames.entries()) {
    const number = index + 1;
    const which = `log-router-${number}`;
    addKeptMachineAlarms(alarms, `LogRouter${number}`, { article: 'A log router is down', which, groupName });
  }
  addTcpBalancerAlarm(alarms, 'LogRouterUnwell', { article: 'A log router does not answer', balancer });
}

/** A machine that its group cannot start, or that does not pass the checks of EC2. */
function addKeptMachineAlarms(
  alarms: Alarms,
  id: string,
  { article, which, groupName }: { readonly article: string; readonly which: string; readonly groupName: string },
): void {
  const dimensions = { AutoScalingGroupName: groupName };
  const group = (name: string) => ({ namespace: 'AWS/AutoScaling', name, statistic: 'Minimum', dimensions });
  alarms.add(`${id}Down`, {
    article,
    which,
    metric: {
      expression: 'wanted - running',
      label: 'machines that should run and do not',
      of: { wanted: group('GroupDesiredCapacity'), running: group('GroupInServiceInstances') },
    },
    when: 'above',
    threshold: 0,
    periods: 3,
  });
  alarms.add(`${id}Unwell`, {
    article: 'A machine fails its checks',
    which,
    metric: { namespace: 'AWS/EC2', name: 'StatusCheckFailed', statistic: 'Maximum', dimensions },
    when: 'above',
    threshold: 0,
    periods: 3,
  });
}

/**
 * A volume with operations that wait while none ends. EBS has a check of its own for that, which it tells only by the id of the machine, and
 * that is new with each machine.
 */
function addVolumeAlarm(
  alarms: Alarms,
  id: string,
  { which, volumeId }: { readonly which: string; readonly volumeId: string },
): void {
  const metric = (name: string, statistic: string) => ({
    namespace: 'AWS/EBS',
    name,
    statistic,
    dimensions: { VolumeId: volumeId },
  });
  alarms.add(id, {
    article: 'A ring volume stands still',
    which,
    metric: {
      expression: 'IF(waiting > 0 AND FILL(reads, 0) + FILL(writes, 0) == 0, 1, 0)',
      label: 'operations wait and none ends',
      of: {
        waiting: metric('VolumeQueueLength', 'Average'),
        reads: metric('VolumeReadOps', 'Sum'),
        writes: metric('VolumeWriteOps', 'Sum'),
      },
    },
    when: 'above',
    threshold: 0,
    periods: 3,
  });
}

/** Machines behind a TCP balancer that do not answer its probes. */
function addTcpBalancerAlarm(
  alarms: Alarms,
  id: string,
  { article, balancer }: { readonly article: string; readonly balancer: TcpBalancer },
): void {
  for (const [index, TargetGroup] of balancer.targetGroupFullNames.entries()) {
    alarms.add(index === 0 ? id : `${id}${index + 1}`, {
      article,
      metric: {
        namespace: 'AWS/NetworkELB',
        name: 'UnHealthyHostCount',
        // The most that any of the balancer's own machines sees.
        statistic: 'Maximum',
        dimensions: { LoadBalancer: balancer.fullName, TargetGroup },
      },
      when: 'above',
      threshold: 0,
      periods: 5,
    });
  }
}

/** Backups that failed or were not made, and copies that did not reach the other region. */
export function addBackupAlarms(
  alarms: Alarms,
  { vaultName, volumes }: { readonly vaultName: string; readonly volumes: number },
): void {
  const metric = (name: string) => ({
    namespace: 'AWS/Backup',
    name,
    statistic: 'Sum',
    dimensions: { BackupVaultName: vaultName },
  });
  const hourly = { when: 'above', threshold: 0, periods: 1, periodSeconds: HOUR_SECONDS } as const;
  alarms.add('BackupFailed', {
    article: 'A backup failed',
    metric: {
      expression: 'FILL(failed, 0) + FILL(expired, 0) + FILL(aborted, 0)',
      label: 'backups that came to nothing',
      of: {
        failed: metric('NumberOfBackupJobsFailed'),
        expired: metric('NumberOfBackupJobsExpired'),
        aborted: metric('NumberOfBackupJobsAborted'),
      },
    },
    ...hourly,
  });
  alarms.add('BackupCopyFailed', {
    article: 'A copy of a backup failed',
    metric: metric('NumberOfCopyJobsFailed'),
    ...hourly,
  });
  alarms.add('BackupMissing', {
    article: 'No backup was made for a day',
    metric: metric('NumberOfBackupJobsCompleted'),
    when: 'below',
    // One for each volume: one that nobody backs up any more fails no job.
    threshold: volumes,
    periods: 1,
    periodSeconds: DAY_SECONDS,
    missing: 'breaching',
  });
}

/** The search domain of the logs. */
export function addSearchAlarms(
  alarms: Alarms,
  { domainName, account }: { readonly domainName: string; readonly account: string },
): void {
  const metric = (name: string, statistic: string) => ({
    namespace: 'AWS/ES',
    name,
    statistic,
    dimensions: { DomainName: domainName, ClientId: account },
  });
  alarms.add('SearchRed', {
    article: 'The search domain has lost an index',
    metric: metric('ClusterStatus.red', 'Maximum'),
    when: 'above',
    threshold: 0,
    periods: 5,
  });
  alarms.add('SearchRefuses', {
    article: 'The search domain takes no lines',
    metric: metric('ClusterIndexWritesBlocked', 'Maximum'),
    when: 'above',
    threshold: 0,
    periods: 5,
  });
  alarms.add('SearchFull', {
    article: 'The search domain is nearly full',
    metric: metric('FreeStorageSpace', 'Minimum'),
    when: 'below',
    threshold: SEARCH_MIB_FREE_MIN,
    periods: 5,
  });
}
