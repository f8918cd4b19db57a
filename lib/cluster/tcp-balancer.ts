/** Load balancers inside a region for what is not HTTP, at addresses that stand in configurations as literals. */

import { CfnListener, CfnLoadBalancer, CfnTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { balancerAddress, type SubnetKind, subnetCidr } from '../../regions/network-plan.ts';
import type { Environment, Region } from '../../regions/schema.ts';
import { acknowledge } from '../acknowledge.ts';
import { keyValues } from '../key-values.ts';
import { type InternalHost, internalName } from '../names.ts';
import { addBalancerRecord } from '../network/records.ts';
import type { RegionNetwork } from '../network/region-network.ts';
import { SecurityGroup } from '../network/security-group.ts';

const PROBE_SECONDS = 10;
const PROBES_TO_HEALTHY = 2;
const PROBES_TO_UNHEALTHY = 3;
/** What a target that leaves has begun may end; then its connections are closed, and callers come again to another one. */
const DRAIN_SECONDS = 30;

/** A port that it forwards, as it is, to the same port of its targets. */
export interface TcpPort {
  /** Constant for life: logical ids are made from it. */
  readonly id: string;
  readonly port: number;
}

export interface TcpBalancerProps {
  readonly environment: Environment;
  readonly region: Region;
  readonly network: RegionNetwork;
  /** A kind whose subnets keep an address for a balancer. */
  readonly subnets: SubnetKind;
  /** Its name in the private zone. */
  readonly host: InternalHost;
  readonly ports: readonly TcpPort[];
  /** Machines that their Auto Scaling groups register, or the addresses that stand behind it for life. */
  readonly targets: 'machines' | readonly string[];
  /** Where a target says over HTTP whether it is well. @default - it is well when the port answers */
  readonly health?: { readonly port: number; readonly path: string };
}

/**
 * A TCP load balancer inside a region. TLS, where there is any, is between its callers and its targets.
 * Resources: a balancer with one literal address in each of its subnets, its security group, a target group and a listener for each port,
 * a name in the private zone.
 * Failure behaviour: it stands in all zones and in each of them forwards to the targets of all; a lost zone takes one of its addresses
 * along, so that callers by name lose nothing, and callers by that one address all. It asks whether a port answers, or what is said there
 * of the target's health. A target that leaves or fails has its connections closed: callers must call again.
 */
export class TcpBalancer extends Construct {
  readonly group: SecurityGroup;
  /** As metrics name it. */
  readonly fullName: string;
  private readonly targetGroups: CfnTargetGroup[] = [];

  constructor(scope: Construct, id: string, props: TcpBalancerProps) {
    super(scope, id);
    const { environment, region, network, subnets, host, ports } = props;
    const { vpcId } = network;
    this.group = new SecurityGroup(this, 'SecurityGroup', { vpcId, bearer: `${host} balancer` });
    const balancer = new CfnLoadBalancer(this, 'Balancer', {
      type: 'network',
      scheme: 'internal',
      ipAddressType: 'ipv4',
      subnetMappings: region.zones.map((zone) => ({
        subnetId: network.subnetId(subnets, zone),
        privateIPv4Address: balancerAddress(subnetCidr(region.cidr, { kind: subnets, slot: zone.slot })),
      })),
      securityGroups: [this.group.groupId],
      loadBalancerAttributes: keyValues({
        'deletion_protection.enabled': String(environment.keepsData),
        // A zone may have no target of its own.
        'load_balancing.cross_zone.enabled': 'true',
      }),
    });
    acknowledge(balancer, {
      'AwsSolutions-ELB2': 'A network load balancer records TLS listeners only, and this one passes TCP through.',
    });
    this.fullName = balancer.attrLoadBalancerFullName;
    for (const one of ports) this.addPort(balancer, one, props);
    addBalancerRecord(this, 'Name', {
      zoneId: network.privateZoneId,
      name: internalName(environment, host),
      balancer: { dnsName: balancer.attrDnsName, hostedZoneId: balancer.attrCanonicalHostedZoneId },
    });
  }

  get targetGroupArns(): readonly string[] {
    return this.targetGroups.map(({ attrTargetGroupArn }) => attrTargetGroupArn);
  }

  /** As metrics name them. */
  get targetGroupFullNames(): readonly string[] {
    return this.targetGroups.map(({ attrTargetGroupFullName }) => attrTargetGroupFullName);
  }

  private addPort(
    { attrLoadBalancerArn: loadBalancerArn }: CfnLoadBalancer,
    { id, port }: TcpPort,
    { network: { vpcId }, targets, health }: TcpBalancerProps,
  ): void {
    const scope = new Construct(this, id);
    const targetGroup = new CfnTargetGroup(scope, 'Targets', {
      vpcId,
      protocol: 'TCP',
      port,
      ...(targets === 'machines'
        ? { targetType: 'instance' }
        : { targetType: 'ip', targets: targets.map((address) => ({ id: address, port })) }),
      ...(health === undefined
        ? { healthCheckProtocol: 'TCP' }
        : {
            healthCheckProtocol: 'HTTP',
            healthCheckPort: String(health.port),
            healthCheckPath: health.path,
            matcher: { httpCode: '200' },
          }),
      healthCheckIntervalSeconds: PROBE_SECONDS,
      healthyThresholdCount: PROBES_TO_HEALTHY,
      unhealthyThresholdCount: PROBES_TO_UNHEALTHY,
      targetGroupAttributes: keyValues({
        'deregistration_delay.timeout_seconds': String(DRAIN_SECONDS),
        'deregistration_delay.connection_termination.enabled': 'true',
        // A target sees the balancer's address, so that its answer goes back that way whoever called, also from another region or itself.
        'preserve_client_ip.enabled': 'false',
      }),
    });
    new CfnListener(scope, 'Listener', {
      loadBalancerArn,
      protocol: 'TCP',
      port,
      defaultActions: [{ type: 'forward', targetGroupArn: targetGroup.attrTargetGroupArn }],
    });
    this.targetGroups.push(targetGroup);
  }
}
