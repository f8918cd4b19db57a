/** Alarms on what faces the internet: mail and its bounces, the firewall, the ways out. */

import type { Alarms } from './alarms.ts';

const HOUR_SECONDS = 3600;
/** AWS looks at an account that bounces more, and may stop it at 10 percent. */
const BOUNCE_RATE_MAX = 0.05;
/** AWS looks at an account of which more is complained, and may stop it at half a percent. */
const COMPLAINT_RATE_MAX = 0.001;
const FIVE_MINUTES_SECONDS = 300;
const BLOCKED_MAX = 5000;

/** Mail that comes back, and mail that nobody reads what came back of. */
export function addMailAlarms(
  alarms: Alarms,
  { bounceQueueName, deadLetterQueueName }: { bounceQueueName: string; deadLetterQueueName: string },
): void {
  const reputation = (name: string) => ({ namespace: 'AWS/SES', name, statistic: 'Average' });
  alarms.add('MailBounces', {
    article: 'Too much mail bounces',
    metric: reputation('Reputation.BounceRate'),
    when: 'above',
    threshold: BOUNCE_RATE_MAX,
    periods: 1,
    periodSeconds: HOUR_SECONDS,
  });
  alarms.add('MailComplaints', {
    article: 'Too many people complain about our mail',
    metric: reputation('Reputation.ComplaintRate'),
    when: 'above',
    threshold: COMPLAINT_RATE_MAX,
    periods: 1,
    periodSeconds: HOUR_SECONDS,
  });
  alarms.add('BouncesWait', {
    article: 'Nobody reads the bounces',
    metric: {
      namespace: 'AWS/SQS',
      name: 'ApproximateAgeOfOldestMessage',
      statistic: 'Maximum',
      dimensions: { QueueName: bounceQueueName },
    },
    when: 'above',
    threshold: HOUR_SECONDS,
    periods: 3,
    periodSeconds: FIVE_MINUTES_SECONDS,
  });
  alarms.add('BouncesDead', {
    article: 'A bounce could not be handled',
    metric: {
      namespace: 'AWS/SQS',
      name: 'ApproximateNumberOfMessagesVisible',
      statistic: 'Maximum',
      dimensions: { QueueName: deadLetterQueueName },
    },
    when: 'above',
    threshold: 0,
    periods: 1,
    periodSeconds: FIVE_MINUTES_SECONDS,
  });
}

/** A flood, or people whom the firewall takes for one. */
export function addFirewallAlarm(alarms: Alarms, { aclName, region }: { aclName: string; region: string }): void {
  alarms.add('FirewallBlocks', {
    article: 'The firewall blocks many requests',
    metric: {
      namespace: 'AWS/WAFV2',
      name: 'BlockedRequests',
      statistic: 'Sum',
      dimensions: { WebACL: aclName, Region: region, Rule: 'ALL' },
    },
    when: 'above',
    threshold: BLOCKED_MAX,
    periods: 3,
    periodSeconds: FIVE_MINUTES_SECONDS,
  });
}

/** A NAT gateway that has no port left for one more connection. */
export function addNatAlarms(
  alarms: Alarms,
  natGatewayIds: readonly { slot: number; gatewayId: string; zoneId: string }[],
): void {
  for (const { slot, gatewayId, zoneId } of natGatewayIds) {
    alarms.add(`NatFullInSlot${slot}`, {
      article: 'A NAT gateway has no ports left',
      which: zoneId,
      metric: {
        namespace: 'AWS/NATGateway',
        name: 'ErrorPortAllocation',
        statistic: 'Sum',
        dimensions: { NatGatewayId: gatewayId },
      },
      when: 'above',
      threshold: 0,
      periods: 3,
    });
  }
}
