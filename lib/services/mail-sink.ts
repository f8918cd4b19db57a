/** Where mails of a load test end: a machine beside the generators, once for all regions. */

import { CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { Construct } from 'constructs';
import { readMailSinkConfig } from '../../app/mail/sink/config.ts';
import { servingRegions } from '../../regions/derived.ts';
import { balancerAddress, subnetCidr } from '../../regions/network-plan.ts';
import type { Environment, Region } from '../../regions/schema.ts';
import { acknowledge } from '../acknowledge.ts';
import { TcpBalancer } from '../cluster/tcp-balancer.ts';
import { InstanceRole } from '../machine/instance-role.ts';
import { createLaunchTemplate } from '../machine/launch-template.ts';
import { type Settings, textSettings } from '../machine/user-data.ts';
import { HTTPS_PORT } from '../network/ports.ts';
import type { RegionNetwork } from '../network/region-network.ts';
import { allow, SecurityGroup } from '../network/security-group.ts';
import { kindCidr } from '../network/subnets.ts';

/** Above 1024, so that the sink needs no right of its own. */
export const SMTP_PORT = 2525;
/** Mailboxes for the programs that make load. Plain HTTP: no mail of a person is ever in them. */
export const INBOX_PORT = 8025;
const INSTANCE_TYPE = 't4g.small';
const ROOT_GIB = 12;
/** From launch to the first answer, twice over. */
const GRACE_SECONDS = 180;

/** The sink's balancer in the primary region's first zone: an address that the dbwriters of every region can reach. */
export function mailSinkAddress({ name, regions: [primary] }: Environment): string {
  const [zone] = primary?.zones ?? [];
  if (primary === undefined || zone === undefined) throw new RangeError(`${name} has no region with a zone`);
  return balancerAddress(subnetCidr(primary.cidr, { kind: 'generator', slot: zone.slot }));
}

export interface MailSinkProps {
  readonly environment: Environment;
  /** The primary region. */
  readonly region: Region;
  readonly network: RegionNetwork;
  readonly endpoints: SecurityGroup;
  readonly imageId: string;
}

/**
 * The mail sink: it takes any mail, lets none out, and shows them to the generators.
 * Resources: a TCP balancer with its name, an Auto Scaling group of one with its launch template, an IAM role, a security group, the rules
 * for the dbwriters of all regions.
 * It keeps mails in memory only, so removing it loses no more than those.
 * Failure behaviour: a sink that does not answer is replaced, in any zone, and starts empty; until then no mail arrives. Dbwriters call it by
 * its address in the first zone: with that zone lost, none arrives either.
 */
export class MailSink extends Construct {
  readonly machines: SecurityGroup;
  readonly balancerGroup: SecurityGroup;

  constructor(scope: Construct, id: string, props: MailSinkProps) {
    super(scope, id);
    const { environment, region, network } = props;
    this.machines = new SecurityGroup(this, 'SecurityGroup', { vpcId: network.vpcId, bearer: 'mail sink machines' });
    const balancer = new TcpBalancer(this, 'Balancer', {
      environment,
      region,
      network,
      subnets: 'generator',
      host: 'mail',
      ports: [
        { id: 'Smtp', port: SMTP_PORT },
        { id: 'Inbox', port: INBOX_PORT },
      ],
      targets: 'machines',
    });
    this.balancerGroup = balancer.group;
    this.addMachine(props, balancer.targetGroupArns);
    this.addRules(props);
  }

  private addRules({ environment, endpoints }: MailSinkProps): void {
    const { machines, balancerGroup } = this;
    const why = 'the balancer passes on to the sink and probes it';
    allow(this, 'SmtpToSink', { from: balancerGroup, to: machines, port: SMTP_PORT, why });
    allow(this, 'InboxToSink', { from: balancerGroup, to: machines, port: INBOX_PORT, why });
    allow(this, 'SinkToEndpoints', { from: machines, to: endpoints, port: HTTPS_PORT, why: 'operators open sessions' });
    for (const region of servingRegions(environment)) {
      allow(this, `DbwritersOf${region.name}`, {
        from: { cidr: kindCidr(region, 'dbwriter') },
        to: balancerGroup,
        port: SMTP_PORT,
        why: `mails of the dbwriters of ${region.name} end in the sink`,
      });
    }
  }

  private addMachine(
    { environment, region, network, imageId }: MailSinkProps,
    targetGroupArns: readonly string[],
  ): void {
    const name = `${environment.name} mail-sink`;
    const role = new InstanceRole(this, 'Role', {
      bearer: `mail sink of ${environment.name} in ${region.name}`,
      statements: [],
      sessions: true,
    });
    const template = createLaunchTemplate(this, 'Template', {
      imageId,
      instanceType: INSTANCE_TYPE,
      profileArn: role.profileArn,
      securityGroupIds: [this.machines.groupId],
      userData: { role: 'mail-sink', files: [{ name: 'mail-sink', settings: sinkSettings() }] },
      tags: { Name: name, 'picl-idp:role': 'mail-sink' },
      rootGiB: ROOT_GIB,
    });
    const group = new CfnAutoScalingGroup(this, 'Machine', {
      vpcZoneIdentifier: network.subnetIds('generator'),
      minSize: '1',
      maxSize: '1',
      launchTemplate: { launchTemplateId: template.attrLaunchTemplateId, version: template.attrLatestVersionNumber },
      targetGroupArns: [...targetGroupArns],
      healthCheckType: 'ELB',
      healthCheckGracePeriod: GRACE_SECONDS,
      tags: [{ key: 'Name', value: name, propagateAtLaunch: false }],
    });
    acknowledge(group, { 'AwsSolutions-AS3': 'A load test that misses its mails says so in its report.' });
    group.cfnOptions.updatePolicy = {
      autoScalingInstanceRefresh: {
        strategy: 'Rolling',
        // Two sinks would each have half of the mails.
        preferences: { minHealthyPercentage: 0, maxHealthyPercentage: 100, instanceWarmup: 60, skipMatching: true },
      },
    };
  }
}

function sinkSettings(): Settings {
  const settings = textSettings({
    MAIL_SINK_LISTEN_HOST: '0.0.0.0',
    MAIL_SINK_HTTP_PORT: INBOX_PORT,
    MAIL_SINK_SMTP_PORT: SMTP_PORT,
    MAIL_SINK_LOG_LEVEL: 'info',
  });
  readMailSinkConfig(settings);
  return settings;
}
