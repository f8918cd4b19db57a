/** What each type of resource costs, or why it has no line. A type that stands in none of the tables is a fault. */

import { items, members, type PlacedResource, type Properties, tagOf } from '../assembly.ts';
import { BACKED_UP_SHARE, CONNECTIONS_PER_CAPACITY_UNIT, IMAGE_GB, type Traffic } from './assumptions.ts';
import type { CostLine } from './lines.ts';
import { groupOfRole } from './machine-lines.ts';
import { PRICES, type Price, SEARCH_MACHINES } from './prices.ts';

export interface PricingContext {
  /** What passes through the region of the resource. */
  readonly traffic: Traffic;
  /** Volumes that backups take in a region. GiB */
  readonly backedUpGib: (region: string) => number;
}

type Pricer = (properties: Properties, placed: PlacedResource, context: PricingContext) => readonly CostLine[];

const GP3_IOPS = 3000;
const GP3_MBPS = 125;
const SEARCH_COUNT_DEFAULT = 1;

const one = (group: string, what: string, price: Price): CostLine => ({ group, what, quantity: 1, price });

export const PRICED: Readonly<Record<string, Pricer>> = {
  'AWS::EC2::Volume': (properties, { stack, resource }) => {
    const group = groupOfVolume(tagOf(resource, 'picl-idp:ring-node') ?? '', stack.layer ?? '');
    const { Size: size, Iops: iops, Throughput: throughput } = properties;
    return [
      { group, what: 'volumes', quantity: Number(size), price: PRICES.gp3 },
      { group, what: 'volumes: more IOPS', quantity: above(iops, GP3_IOPS), price: PRICES.gp3Iops },
      { group, what: 'volumes: more throughput', quantity: above(throughput, GP3_MBPS), price: PRICES.gp3Throughput },
    ];
  },
  'AWS::EC2::NatGateway': () => [one('ways to the internet', 'NAT gateway', PRICES.natGateway)],
  'AWS::EC2::EIP': () => [one('ways to the internet', 'elastic address', PRICES.publicAddress)],
  'AWS::EC2::VPCEndpoint': ({ VpcEndpointType: type, SubnetIds: subnets }) =>
    type === 'Interface'
      ? [
          {
            group: 'endpoints of AWS services',
            what: 'interface endpoint in a zone',
            quantity: items(subnets).length,
            price: PRICES.interfaceEndpoint,
          },
        ]
      : [],
  'AWS::ElasticLoadBalancingV2::LoadBalancer': (properties, _placed, { traffic }) => balancerLines(properties, traffic),
  'AWS::SecretsManager::Secret': ({ ReplicaRegions: replicas }) => [
    {
      group: 'secrets and keys',
      what: 'secret or replica',
      quantity: 1 + items(replicas).length,
      price: PRICES.secret,
    },
  ],
  'AWS::KMS::Key': () => [one('secrets and keys', 'key', PRICES.key)],
  'AWS::KMS::ReplicaKey': () => [one('secrets and keys', 'key', PRICES.key)],
  'AWS::Route53::HostedZone': () => [one('names and health checks', 'hosted zone', PRICES.hostedZone)],
  'AWS::Route53::HealthCheck': ({ HealthCheckConfig: config }) => healthCheckLines(members(config)),
  'AWS::WAFv2::WebACL': ({ Rules: rules }, _placed, { traffic }) => [
    one('firewalls', 'web ACL', PRICES.firewall),
    { group: 'firewalls', what: 'rule', quantity: items(rules).length, price: PRICES.firewallRule },
    {
      group: 'firewalls',
      what: 'requests',
      quantity: traffic.millionRequests,
      price: PRICES.firewallRequests,
      assumed: true,
    },
  ],
  'AWS::CloudWatch::Alarm': ({ Metrics: metrics }) => [
    {
      group: 'monitoring',
      what: 'metric under alarm',
      quantity: Math.max(1, items(metrics).filter((metric) => members(metric)['MetricStat'] !== undefined).length),
      price: PRICES.alarm,
    },
  ],
  'AWS::CloudWatch::Dashboard': () => [one('monitoring', 'dashboard', PRICES.dashboard)],
  'AWS::OpenSearchService::Domain': (properties) => searchLines(properties),
  'AWS::Backup::BackupPlan': ({ BackupPlan: plan }, { stack }, { backedUpGib }) => {
    const rules = items(members(plan)['BackupPlanRule']).map(members);
    const copies = Math.max(0, ...rules.map((rule) => items(rule['CopyActions']).length));
    const gib = backedUpGib(stack.region) * BACKED_UP_SHARE;
    return [
      {
        group: 'backups',
        what: 'backups, with their copies',
        quantity: gib * (1 + copies),
        price: PRICES.backup,
        assumed: true,
      },
      {
        group: 'backups',
        what: 'copies on their way',
        quantity: gib * copies,
        price: PRICES.betweenRegions,
        assumed: true,
      },
    ];
  },
  'AWS::ImageBuilder::Image': () => [
    { group: 'machine images', what: 'stored image', quantity: IMAGE_GB, price: PRICES.snapshot, assumed: true },
  ],
};

/** The part of every other type's bill that depends on use, and why it is left out. */
export const NOT_PRICED: Readonly<Record<string, string>> = {
  'AWS::S3::Bucket': 'by use: beside the long copy of the logs, which has a line, a few cents',
  'AWS::SNS::Topic': 'by use: a thousand mails of alarms a month are free',
  'AWS::SNS::Subscription': 'by use, as its topic',
  'AWS::SQS::Queue': 'by use: a million requests a month are free',
  'AWS::Scheduler::Schedule': 'by use: fourteen million calls a month are free',
  'AWS::Logs::LogGroup': `by use: ${PRICES.logsIn.dollars} $ for each GB that is written`,
  'AWS::EC2::FlowLog': 'by use, as the log group or bucket that it writes to',
  'AWS::WAFv2::LoggingConfiguration': 'by use, as the log group or bucket that it writes to',
  'AWS::ImageBuilder::ImagePipeline': 'by use: the machines that bake, some minutes for each release',
  'AWS::SES::EmailIdentity': 'by use: mails have a line under traffic',
};

/** Types that cost nothing, or whose cost stands at what they belong to. */
export const FREE: readonly string[] = [
  'AWS::AutoScaling::AutoScalingGroup',
  'AWS::AutoScaling::ScalingPolicy',
  'AWS::Backup::BackupSelection',
  'AWS::Backup::BackupVault',
  'AWS::Budgets::Budget',
  'AWS::CertificateManager::Certificate',
  'AWS::EC2::InternetGateway',
  'AWS::EC2::LaunchTemplate',
  'AWS::EC2::NetworkInterface',
  'AWS::EC2::Route',
  'AWS::EC2::RouteTable',
  'AWS::EC2::SecurityGroup',
  'AWS::EC2::SecurityGroupEgress',
  'AWS::EC2::SecurityGroupIngress',
  'AWS::EC2::Subnet',
  'AWS::EC2::SubnetCidrReservation',
  'AWS::EC2::SubnetRouteTableAssociation',
  'AWS::EC2::VPC',
  'AWS::EC2::VPCGatewayAttachment',
  'AWS::EC2::VPCPeeringConnection',
  'AWS::ElasticLoadBalancingV2::Listener',
  'AWS::ElasticLoadBalancingV2::ListenerRule',
  'AWS::ElasticLoadBalancingV2::TargetGroup',
  'AWS::IAM::InstanceProfile',
  'AWS::IAM::Role',
  'AWS::ImageBuilder::Component',
  'AWS::ImageBuilder::DistributionConfiguration',
  'AWS::ImageBuilder::ImageRecipe',
  'AWS::ImageBuilder::InfrastructureConfiguration',
  'AWS::ImageBuilder::LifecyclePolicy',
  'AWS::KMS::Alias',
  'AWS::Logs::ResourcePolicy',
  'AWS::Route53::RecordSet',
  'AWS::S3::BucketPolicy',
  'AWS::SES::ConfigurationSet',
  'AWS::SES::ConfigurationSetEventDestination',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::SSM::Association',
  'AWS::SSM::Document',
  'AWS::Scheduler::ScheduleGroup',
  'AWS::WAFv2::IPSet',
  'AWS::WAFv2::WebACLAssociation',
];

/** The lines of a load balancer: itself, a public address in each zone, and what passes. */
export function balancerLines(properties: Properties, traffic: Traffic): readonly CostLine[] {
  const { Type: type, Scheme: scheme, Subnets: subnets, SubnetMappings: mappings } = properties;
  const group = 'load balancers';
  const zones = Math.max(items(subnets).length, items(mappings).length);
  const isPublic = scheme !== 'internal';
  // Inside, connections are kept; from outside, the worst is a connection for each request.
  const byConnections = isPublic ? traffic.requestsPerSecond / CONNECTIONS_PER_CAPACITY_UNIT : 0;
  const units = Math.max(byConnections, traffic.gbAnHour);
  const unit = type === 'network' ? PRICES.networkCapacityUnit : PRICES.applicationCapacityUnit;
  return [
    one(group, type === 'network' ? 'network load balancer' : 'application load balancer', PRICES.loadBalancer),
    { group, what: 'capacity unit', quantity: units, price: unit, assumed: true },
    ...(isPublic ? [{ group, what: 'public address', quantity: zones, price: PRICES.publicAddress }] : []),
  ];
}

function healthCheckLines(config: Properties): readonly CostLine[] {
  const { Type: type, RequestInterval: interval, MeasureLatency: latency } = config;
  const options = [
    String(type).startsWith('HTTPS'),
    String(type).endsWith('STR_MATCH'),
    interval === 10,
    latency === true,
  ];
  const group = 'names and health checks';
  return [
    one(group, 'health check', PRICES.healthCheck),
    {
      group,
      what: 'option of a health check (HTTPS, ten seconds)',
      quantity: options.filter(Boolean).length,
      price: PRICES.healthCheckOption,
    },
  ];
}

function searchLines({ ClusterConfig: cluster, EBSOptions: disks }: Properties): readonly CostLine[] {
  const group = 'search for logs';
  const {
    InstanceType: type,
    InstanceCount: count = SEARCH_COUNT_DEFAULT,
    DedicatedMasterEnabled: hasMasters,
    DedicatedMasterType: masterType,
    DedicatedMasterCount: masters = 0,
  } = members(cluster);
  const machines = [
    { type: String(type), quantity: Number(count) },
    ...(hasMasters === true ? [{ type: String(masterType), quantity: Number(masters) }] : []),
  ];
  const quantity = Number(count) * Number(members(disks)['VolumeSize'] ?? 0);
  return [
    ...machines.map((machine) => ({
      group,
      what: machine.type,
      quantity: machine.quantity,
      price: searchPrice(machine.type),
    })),
    { group, what: 'disks', quantity, price: PRICES.searchVolume },
  ];
}

function searchPrice(type: string): Price {
  const price = SEARCH_MACHINES[type];
  if (price !== undefined) return price;
  throw new Error(`search instance type: got ${type}, allowed: ${Object.keys(SEARCH_MACHINES).join(', ')}`);
}

function groupOfVolume(ringNode: string, layer: string): string {
  if (ringNode !== '' || layer === 'data') return groupOfRole('ring-node');
  return groupOfRole(layer === 'logs' ? 'log-router' : layer);
}

function above(value: Properties[string] | undefined, included: number): number {
  return Math.max(0, Number(value ?? included) - included);
}
