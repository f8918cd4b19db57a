/** A month's price of an environment, from its templates, the price table and the assumed traffic. */

import { type AssembledStack, type PlacedResource, resourcesOf, tagOf } from '../assembly.ts';
import { type MachineGroup, machineGroups } from '../machines.ts';
import {
  REQUESTS_PER_SECOND_OF_A_BOX,
  REQUESTS_PER_SECOND_PER_WEBHEAD,
  type Traffic,
  trafficOf,
} from './assumptions.ts';
import { type CostLine, dollarsOf, merged, totalOf } from './lines.ts';
import { machineLines } from './machine-lines.ts';
import { PRICES } from './prices.ts';
import { balancerLines, FREE, NOT_PRICED, PRICED } from './resource-lines.ts';

export interface CostGroup {
  readonly group: string;
  readonly dollarsAMonth: number;
  /** Biggest first. */
  readonly lines: readonly CostLine[];
}

export interface EnvironmentCost {
  readonly dollarsAMonth: number;
  /** Biggest first. */
  readonly groups: readonly CostGroup[];
  /** The average over a month that the assumed lines follow from. */
  readonly requestsPerSecond: number;
  /** What has no line, with the reason. */
  readonly notPriced: readonly { readonly type: string; readonly count: number; readonly reason: string }[];
  /** Types that the tables do not know: the total lacks them. */
  readonly unknown: readonly { readonly type: string; readonly count: number }[];
}

const BALANCER = 'AWS::ElasticLoadBalancingV2::LoadBalancer';
const TOKEN_SERVERS_TO_COME = 'token servers to come (estimate)';
const TRAFFIC = 'traffic';
/** What the selection of backups looks for. */
const BACKUP_TAG = 'picl-idp:backup';

/**
 * @param stacks of one environment.
 * @param options `requestsPerSecond` instead of the assumed average of the whole environment.
 */
export function priceEnvironment(
  stacks: readonly AssembledStack[],
  options: { readonly requestsPerSecond?: number } = {},
): EnvironmentCost {
  const groups = machineGroups(stacks);
  const webheads = groups.filter(({ role }) => role === 'webhead');
  const requestsPerSecond = options.requestsPerSecond ?? assumedRequests(webheads);
  const servingRegions = Math.max(1, webheads.length);
  const regional = trafficOf(requestsPerSecond / servingRegions);
  const resources = resourcesOf(stacks);
  const context = { traffic: regional, backedUpGib: (region: string) => backedUpGib(resources, region) };
  const lines = merged([
    ...groups.flatMap(machineLines),
    ...resources.flatMap((placed) => {
      const { Type: type, Properties: properties = {} } = placed.resource;
      return PRICED[type]?.(properties, placed, context) ?? [];
    }),
    ...(groups.some(({ role }) => role === 'tokenserver') ? [] : tokenServerLines(webheads, resources, regional)),
    ...publicZoneLines(resources),
    ...trafficLines(resources, trafficOf(requestsPerSecond), servingRegions),
  ]).filter(({ quantity }) => quantity > 0);
  return {
    dollarsAMonth: totalOf(lines),
    groups: grouped(lines),
    requestsPerSecond,
    ...withoutLines(resources),
  };
}

function assumedRequests(webheads: readonly MachineGroup[]): number {
  if (webheads.length === 0) return REQUESTS_PER_SECOND_OF_A_BOX;
  return webheads.reduce((sum, { machinesMin }) => sum + machinesMin * REQUESTS_PER_SECOND_PER_WEBHEAD, 0);
}

/** The token server's clusters, which its own work brings: as many machines as webheads, behind a balancer like theirs. */
function tokenServerLines(
  webheads: readonly MachineGroup[],
  resources: readonly PlacedResource[],
  traffic: Traffic,
): readonly CostLine[] {
  const publicBalancers = resources.filter(
    ({ resource }) => resource.Type === BALANCER && resource.Properties?.['Scheme'] !== 'internal',
  );
  return [
    ...webheads.flatMap(machineLines),
    ...publicBalancers.flatMap(({ resource }) => balancerLines(resource.Properties ?? {}, traffic)),
  ].map((line) => ({ ...line, group: TOKEN_SERVERS_TO_COME }));
}

/** The public zone is the operator's own, and older than the templates, which know it by its id. */
function publicZoneLines(resources: readonly PlacedResource[]): readonly CostLine[] {
  const records = resources.filter(({ resource }) => resource.Type === 'AWS::Route53::RecordSet');
  const ids = records
    .map(({ resource }) => resource.Properties?.['HostedZoneId'])
    .filter((id) => typeof id === 'string');
  const quantity = new Set(ids).size;
  return [{ group: 'names and health checks', what: 'hosted zone', quantity, price: PRICES.hostedZone }];
}

function trafficLines(
  resources: readonly PlacedResource[],
  traffic: Traffic,
  servingRegions: number,
): readonly CostLine[] {
  const types = new Set(resources.map(({ resource }) => resource.Type));
  const line = (what: string, quantity: number, price: CostLine['price']): CostLine => ({
    group: TRAFFIC,
    what,
    quantity,
    price,
    assumed: true,
  });
  // The logs of all regions but the primary one pass to it, and each write passes to every other region.
  const betweenRegionsGb =
    (traffic.logsGb * (servingRegions - 1)) / servingRegions + traffic.replicatedGb * (servingRegions - 1);
  return [
    line('to the internet, beyond the free 100 GB', traffic.internetGb, PRICES.toInternet),
    ...(types.has(BALANCER) ? [line('between zones', traffic.betweenZonesGb, PRICES.betweenZones)] : []),
    line('between regions: writes and logs', betweenRegionsGb, PRICES.betweenRegions),
    ...(types.has('AWS::EC2::NatGateway')
      ? [line('through NAT gateways', traffic.callbacksGb, PRICES.natTraffic)]
      : []),
    ...(types.has('AWS::SES::EmailIdentity') ? [line('mails', traffic.millionMails, PRICES.mails)] : []),
    ...(resources.some(isSigningKey) ? [line('signatures by KMS', traffic.millionSignatures, PRICES.signatures)] : []),
    line('queries of names', traffic.millionNameQueries, PRICES.latencyQueries),
    ...(types.has('AWS::S3::Bucket')
      ? [line('long copy of the logs', traffic.packedLogsKeptGb, PRICES.objectStore)]
      : []),
  ];
}

/** Without one, keysigners sign in their own memory. */
function isSigningKey({ resource }: PlacedResource): boolean {
  return resource.Type === 'AWS::KMS::Key' && resource.Properties?.['KeyUsage'] === 'SIGN_VERIFY';
}

function withoutLines(resources: readonly PlacedResource[]): Pick<EnvironmentCost, 'notPriced' | 'unknown'> {
  const counts = Map.groupBy(resources, ({ resource }) => resource.Type);
  const types = [...counts.entries()].sort(([left], [right]) => left.localeCompare(right));
  return {
    notPriced: types.flatMap(([type, { length: count }]) => {
      const reason = NOT_PRICED[type];
      return reason === undefined ? [] : [{ type, count, reason }];
    }),
    unknown: types
      .filter(([type]) => PRICED[type] === undefined && NOT_PRICED[type] === undefined && !FREE.includes(type))
      .map(([type, { length: count }]) => ({ type, count })),
  };
}

function grouped(lines: readonly CostLine[]): readonly CostGroup[] {
  return [...Map.groupBy(lines, ({ group }) => group).entries()]
    .map(([group, own]) => ({
      group,
      dollarsAMonth: totalOf(own),
      lines: own.toSorted((left, right) => dollarsOf(right) - dollarsOf(left)),
    }))
    .sort((left, right) => right.dollarsAMonth - left.dollarsAMonth);
}

function backedUpGib(resources: readonly PlacedResource[], region: string): number {
  return resources
    .filter(({ stack, resource }) => stack.region === region && tagOf(resource, BACKUP_TAG) !== undefined)
    .reduce((sum, { resource }) => sum + Number(resource.Properties?.['Size'] ?? 0), 0);
}
