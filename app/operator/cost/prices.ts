/** What AWS asks, on demand, for Linux in us-east-1, in dollars: the whole price table. */

// us-west-2 and us-east-2 ask the same for all that stands here, as far as we recall; other regions ask more. `recalled` marks a price that
// was written from memory: look it up before a contract hangs on it.

export type PriceUnit = 'hour' | 'month' | 'GB-month' | 'GB' | 'million' | 'IOPS-month' | 'MBps-month';

export interface Price {
  readonly dollars: number;
  readonly per: PriceUnit;
  readonly recalled?: true;
}

export const HOURS_A_MONTH = 730;
export const SECONDS_A_MONTH = HOURS_A_MONTH * 3600;

const hourly = (dollars: number): Price => ({ dollars, per: 'hour' });
const recalledHourly = (dollars: number): Price => ({ dollars, per: 'hour', recalled: true });

/** Machines by type. */
export const MACHINES: Readonly<Record<string, Price>> = {
  't4g.micro': recalledHourly(0.0084),
  't4g.small': hourly(0.0168),
  't4g.medium': hourly(0.0336),
  't4g.large': hourly(0.0672),
  'c7g.medium': hourly(0.0363),
  'c7g.large': hourly(0.0725),
  'c7g.xlarge': hourly(0.145),
  'c8g.large': hourly(0.0798),
  'm7g.large': hourly(0.0816),
  'm7g.xlarge': hourly(0.1632),
  'm8g.xlarge': hourly(0.1795),
  'r7g.large': hourly(0.1071),
  'r7g.xlarge': hourly(0.2142),
};

/** Machines of OpenSearch Service by type. */
export const SEARCH_MACHINES: Readonly<Record<string, Price>> = {
  't3.small.search': recalledHourly(0.036),
  't3.medium.search': recalledHourly(0.073),
};

export const PRICES = {
  gp3: { dollars: 0.08, per: 'GB-month' },
  /** Beyond the 3,000 that each volume has. */
  gp3Iops: { dollars: 0.005, per: 'IOPS-month' },
  /** Beyond the 125 that each volume has. */
  gp3Throughput: { dollars: 0.04, per: 'MBps-month' },
  /** Seven metrics a minute for each machine. */
  detailedMonitoring: { dollars: 2.1, per: 'month', recalled: true },
  snapshot: { dollars: 0.05, per: 'GB-month', recalled: true },
  backup: { dollars: 0.05, per: 'GB-month', recalled: true },
  publicAddress: { dollars: 0.005, per: 'hour' },
  natGateway: { dollars: 0.045, per: 'hour' },
  natTraffic: { dollars: 0.045, per: 'GB' },
  loadBalancer: { dollars: 0.0225, per: 'hour' },
  /** Of an application load balancer: 25 new connections a second, or 1 GB an hour. */
  applicationCapacityUnit: { dollars: 0.008, per: 'hour' },
  networkCapacityUnit: { dollars: 0.006, per: 'hour' },
  interfaceEndpoint: { dollars: 0.01, per: 'hour' },
  betweenZones: { dollars: 0.02, per: 'GB' },
  betweenRegions: { dollars: 0.02, per: 'GB' },
  /** Beyond the 100 GB a month that each account has. */
  toInternet: { dollars: 0.09, per: 'GB' },
  secret: { dollars: 0.4, per: 'month' },
  /** A yearly rotation adds a dollar a month, twice. */
  key: { dollars: 1, per: 'month' },
  /** By a key of KMS of the kind RSA, 2048 bits. */
  signatures: { dollars: 3, per: 'million' },
  hostedZone: { dollars: 0.5, per: 'month' },
  healthCheck: { dollars: 0.5, per: 'month' },
  /** HTTPS, ten seconds rather than thirty, latency, a searched text: each. */
  healthCheckOption: { dollars: 1, per: 'month' },
  latencyQueries: { dollars: 0.6, per: 'million', recalled: true },
  firewall: { dollars: 5, per: 'month', recalled: true },
  firewallRule: { dollars: 1, per: 'month', recalled: true },
  firewallRequests: { dollars: 0.6, per: 'million', recalled: true },
  alarm: { dollars: 0.1, per: 'month' },
  dashboard: { dollars: 3, per: 'month', recalled: true },
  searchVolume: { dollars: 0.122, per: 'GB-month', recalled: true },
  objectStore: { dollars: 0.023, per: 'GB-month', recalled: true },
  logsIn: { dollars: 0.5, per: 'GB' },
  mails: { dollars: 100, per: 'million', recalled: true },
} as const satisfies Readonly<Record<string, Price>>;
