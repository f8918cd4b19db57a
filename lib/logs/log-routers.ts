/** Log routers: machines that take the lines of all others, keep them on disk, and pass them on. */

import { Construct } from 'constructs';
import { readLogRouterConfig } from '../../app/log-router/config.ts';
import { regionFacts } from '../../regions/aws-facts.ts';
import { isPrimary, primaryRegion, witnessRegion } from '../../regions/derived.ts';
import type { Environment, Region, TwoRegions, Zone } from '../../regions/schema.ts';
import { acknowledge } from '../acknowledge.ts';
import { TcpBalancer } from '../cluster/tcp-balancer.ts';
import { KeptMachine } from '../machine/kept-machine.ts';
import { allowed, type PolicyStatement } from '../machine/policy.ts';
import { type Settings, textSettings } from '../machine/user-data.ts';
import { internalName, searchDomainArn } from '../names.ts';
import type { RegionNetwork } from '../network/region-network.ts';
import { allow, SecurityGroup } from '../network/security-group.ts';
import { kindCidr } from '../network/subnets.ts';
import { HTTPS_PORT, LOG_PORT } from '../ports.ts';

const MOUNT_POINT = '/var/lib/picl-idp';
/** Below the mount point, whose own folder is the file system's. */
const QUEUE_FOLDER = `${MOUNT_POINT}/queues`;
/** Twelve hours of a thousand lines a second of 500 bytes. */
const VOLUME_GIB = 20;

export interface LogRoutersProps {
  readonly environment: Environment;
  readonly region: Region;
  readonly network: RegionNetwork;
  readonly endpoints: SecurityGroup;
  readonly imageId: string;
  readonly size: TwoRegions['logRouters'];
  /** How long lines can be searched. */
  readonly daysKept: number;
  /** The bucket of the long copy, where there is one. */
  readonly archiveName: string | undefined;
}

/**
 * The log routers of a region, zone by zone, behind a balancer. Who sends lines makes the rule for it; a witness, which has no routers of
 * its own, is let in by those of the primary region.
 * Resources: a TCP balancer with its name; for each router a kept machine: group of one, role, and a volume whose queues outlive the
 * machine; a security group for them all.
 * Failure behaviour: a router that dies is started again in its zone and goes on with its queues, while the others take the lines; a lost
 * zone's lines wait on its volume. With no router at all, lines wait in the files of the machines that wrote them. A deploy replaces one
 * router after the other.
 */
export class LogRouters extends Construct {
  readonly machines: SecurityGroup;
  readonly balancerGroup: SecurityGroup;
  readonly balancer: TcpBalancer;
  /** Of each router's machine, in the order of their numbers. */
  readonly groupNames: readonly string[];

  constructor(scope: Construct, id: string, props: LogRoutersProps) {
    super(scope, id);
    const { environment, region, network, size } = props;
    this.machines = new SecurityGroup(this, 'SecurityGroup', { vpcId: network.vpcId, bearer: 'log router machines' });
    this.balancer = new TcpBalancer(this, 'Balancer', {
      environment,
      region,
      network,
      subnets: 'logRouter',
      host: 'logs',
      ports: [{ id: 'Lines', port: LOG_PORT }],
      targets: 'machines',
    });
    this.balancerGroup = this.balancer.group;
    this.addRules(props);
    const routers: KeptMachine[] = [];
    for (let number = 1; number <= size.machines; number += 1) {
      const zone = region.zones[(number - 1) % region.zones.length];
      if (zone === undefined) throw new RangeError(`${region.name} has no zone`);
      // A router waits for the one before, so that a deploy never takes two at once.
      routers.push(this.addRouter(props, { number, zone, before: routers.at(-1) }));
    }
    this.groupNames = routers.map(({ groupName }) => groupName);
  }

  private addRules({ environment, region, endpoints, archiveName }: LogRoutersProps): void {
    const { machines, balancerGroup } = this;
    allow(this, 'BalancerToRouters', {
      from: balancerGroup,
      to: machines,
      port: LOG_PORT,
      why: 'the balancer passes lines on to log routers and probes them',
    });
    allow(this, 'RoutersToEndpoints', {
      from: machines,
      to: endpoints,
      port: HTTPS_PORT,
      why: 'log routers take their volumes; operators open sessions',
    });
    if (archiveName !== undefined) {
      allow(this, 'RoutersToArchive', {
        from: machines,
        to: { prefixList: regionFacts(region.name).s3PrefixListId },
        port: HTTPS_PORT,
        why: 'log routers write the long copy to S3',
      });
    }
    const witness = witnessRegion(environment);
    if (witness === undefined || !isPrimary(environment, region)) return;
    allow(this, 'WitnessToBalancer', {
      from: { cidr: kindCidr(witness, 'ring') },
      to: balancerGroup,
      port: LOG_PORT,
      why: `the ring node of ${witness.name} has no log routers of its own`,
    });
  }

  private addRouter(
    props: LogRoutersProps,
    {
      number,
      zone,
      before,
    }: { readonly number: number; readonly zone: Zone; readonly before: KeptMachine | undefined },
  ): KeptMachine {
    const { environment, region, network, imageId, size, archiveName } = props;
    const name = `log-router-${number}`;
    const machine = new KeptMachine(this, `Router${number}`, {
      environment,
      region,
      zone,
      name,
      role: 'log-router',
      subnetId: network.subnetId('logRouter', zone),
      imageId,
      instanceType: size.instanceType,
      securityGroups: [this.machines],
      settings: routerSettings(props, name),
      statements: routerStatements(props, name),
      volumeGiB: VOLUME_GIB,
      mountPoint: MOUNT_POINT,
      after: before === undefined ? [] : [before],
      replacedBy: 'deploy',
      targetGroupArns: this.balancer.targetGroupArns,
    });
    const open = [
      ...rulesInDomain(environment),
      ...(archiveName === undefined ? [] : [archiveFolder(archiveName, name)]),
    ];
    for (const arn of open) {
      acknowledge(machine, {
        [`AwsSolutions-IAM5[Resource::${arn}]`]: 'A router names its objects, templates and policies as it runs.',
      });
    }
    return machine;
  }
}

function routerSettings({ environment, region, daysKept, archiveName }: LogRoutersProps, name: string): Settings {
  const settings = textSettings({
    LOG_ROUTER_NAME: name,
    LOG_ROUTER_REGION: region.name,
    LOG_ROUTER_PORT: LOG_PORT,
    LOG_ROUTER_QUEUE_FOLDER: QUEUE_FOLDER,
    LOG_ROUTER_SEARCH_URL: `https://${internalName(environment, 'search')}`,
    LOG_ROUTER_SEARCH_REGION: primaryRegion(environment).name,
    LOG_ROUTER_SEARCH_DAYS_KEPT: daysKept,
    ...(archiveName === undefined ? {} : { LOG_ROUTER_ARCHIVE_BUCKET: archiveName }),
  });
  readLogRouterConfig(settings);
  return settings;
}

/** A router adds lines, and says how long they are kept. It can read or delete none of them by itself. */
function routerStatements(props: LogRoutersProps, name: string): readonly PolicyStatement[] {
  const { environment, archiveName } = props;
  return [
    allowed(['es:ESHttpPost'], [`${searchDomainArn(environment)}/_bulk`]),
    allowed(['es:ESHttpGet', 'es:ESHttpPut'], rulesInDomain(environment)),
    ...(archiveName === undefined ? [] : [allowed(['s3:PutObject'], [archiveFolder(archiveName, name)])]),
  ];
}

/** What tells the domain how lines are indexed and when they go. */
function rulesInDomain(environment: Environment): readonly string[] {
  const domain = searchDomainArn(environment);
  return [`${domain}/_index_template/*`, `${domain}/_plugins/_ism/policies/*`];
}

function archiveFolder(bucket: string, router: string): string {
  return `arn:aws:s3:::${bucket}/${router}/*`;
}
