/** Where mails of a load test end: a machine beside the generators, once for all regions. */

import { Construct } from 'constructs';
import { readMailSinkConfig } from '../../app/mail/sink/config.ts';
import { primaryRegion, servingRegions } from '../../regions/derived.ts';
import { balancerAddress, subnetCidr } from '../../regions/network-plan.ts';
import type { Environment, Region } from '../../regions/schema.ts';
import { acknowledge } from '../acknowledge.ts';
import { TcpBalancer } from '../cluster/tcp-balancer.ts';
import { createMachineGroup, oldMachineFirst } from '../machine/machine-group.ts';
import { type Settings, textSettings } from '../machine/user-data.ts';
import type { RegionNetwork } from '../network/region-network.ts';
import { allow, SecurityGroup } from '../network/security-group.ts';
import { kindCidr } from '../network/subnets.ts';
import { HTTPS_PORT, INBOX_PORT, SMTP_PORT } from '../ports.ts';

const INSTANCE_TYPE = 't4g.small';

/** The sink's balancer in the primary region's first zone: an address that the dbwriters of every region can reach. */
export function mailSinkAddress(environment: Environment): string {
  const {
    name,
    cidr,
    zones: [zone],
  } = primaryRegion(environment);
  if (zone === undefined) throw new RangeError(`${name} has no zone`);
  return balancerAddress(subnetCidr(cidr, { kind: 'generator', slot: zone.slot }));
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
    const group = createMachineGroup(this, 'Machine', {
      environment,
      role: 'mail-sink',
      bearer: `mail sink of ${environment.name} in ${region.name}`,
      statements: [],
      sessions: true,
      imageId,
      instanceType: INSTANCE_TYPE,
      securityGroup: this.machines,
      subnetIds: network.subnetIds('generator'),
      files: [{ name: 'mail-sink', settings: sinkSettings() }],
      machinesMin: 1,
      machinesMax: 1,
      targetGroupArns,
      // Two sinks would each have half of the mails.
      updatePolicy: oldMachineFirst,
    });
    acknowledge(group, { 'AwsSolutions-AS3': 'A load test that misses its mails says so in its report.' });
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
