/** Load balancers for HTTPS: one for each cluster, alone in front of it. */

import { CfnCertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { CfnListener, CfnListenerRule, CfnLoadBalancer, CfnTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import { keyValues } from '../key-values.ts';
import { allow, INTERNET, type SecurityGroup } from '../network/security-group.ts';
import { HTTP_PORT, HTTPS_PORT } from '../ports.ts';

/** TLS 1.2 and 1.3 with forward secrecy, and key agreement that a recording of today does not give to a quantum computer. */
const TLS_POLICY = 'ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09';

/** Longer than any answer takes, shorter than the 75 s for which machines keep a connection. */
const IDLE_SECONDS = 60;
/** What Route 53 asks. It is computed at most once a second, whoever asks, and does not count against anybody's rate. */
export const HEARTBEAT_PATH = '/__heartbeat__';
const PROBE_SECONDS = 10;
const PROBES_TO_HEALTHY = 2;
const PROBES_TO_UNHEALTHY = 3;

export interface BalancerProps {
  /** `public` balancers can be reached from the internet. */
  readonly exposure: 'public' | 'internal';
  readonly subnetIds: readonly string[];
  readonly securityGroup: SecurityGroup;
  readonly vpcId: string;
  /** Names on its certificate; the first one is the one that callers use most. */
  readonly domainNames: readonly [string, ...string[]];
  /** The public zone in which the authority looks for the proof that the names are ours. */
  readonly publicZoneId: string;
  readonly machinesPort: number;
  readonly deletionProtection: boolean;
  /** How long a machine that leaves may finish what it began. */
  readonly drainSeconds: number;
}

/**
 * An HTTPS load balancer with TLS on both sides.
 * Resources: a balancer, a certificate from a public authority, a target group, a listener; a public one redirects HTTP to HTTPS, and has a
 * target group of its own for `/__heartbeat__`.
 * Failure behaviour: it stands in all zones and leaves a lost one; it asks each machine for `/__lbheartbeat__` only, which no store outage
 * changes, so that no outage of a neighbour empties it.
 */
export class Balancer extends Construct {
  readonly arn: string;
  readonly dnsName: string;
  readonly hostedZoneId: string;
  /** As metrics name it. */
  readonly fullName: string;
  /** Groups in which each machine must be. */
  readonly targetGroupArns: readonly string[];
  /** Of the group that answers clients, as metrics name it. */
  readonly targetGroupFullName: string;
  readonly certificateArn: string;

  constructor(scope: Construct, id: string, props: BalancerProps) {
    super(scope, id);
    const { exposure, subnetIds, securityGroup, deletionProtection } = props;
    const balancer = new CfnLoadBalancer(this, 'Balancer', {
      type: 'application',
      scheme: exposure === 'public' ? 'internet-facing' : 'internal',
      ipAddressType: 'ipv4',
      subnets: [...subnetIds],
      securityGroups: [securityGroup.groupId],
      loadBalancerAttributes: keyValues({
        'deletion_protection.enabled': String(deletionProtection),
        'idle_timeout.timeout_seconds': String(IDLE_SECONDS),
        'routing.http.drop_invalid_header_fields.enabled': 'true',
        // A machine's client is who spoke to the balancer, whatever the client says of others.
        'routing.http.xff_header_processing.mode': 'append',
      }),
    });
    acknowledge(balancer, {
      'AwsSolutions-ELB2':
        'An access log holds whole URLs, and so the codes of links in mails: machines log requests without them.',
    });
    const targetGroup = this.addTargets('Targets', props);
    this.certificateArn = this.addCertificate(props);
    const listenerArn = this.addListeners(balancer.attrLoadBalancerArn, targetGroup.attrTargetGroupArn, exposure);
    const heartbeats = exposure === 'public' ? [this.addHeartbeats(listenerArn, props)] : [];
    this.arn = balancer.attrLoadBalancerArn;
    this.dnsName = balancer.attrDnsName;
    this.hostedZoneId = balancer.attrCanonicalHostedZoneId;
    this.fullName = balancer.attrLoadBalancerFullName;
    this.targetGroupArns = [targetGroup.attrTargetGroupArn, ...heartbeats];
    this.targetGroupFullName = targetGroup.attrTargetGroupFullName;
  }

  private addTargets(id: string, { vpcId, machinesPort, drainSeconds }: BalancerProps): CfnTargetGroup {
    return new CfnTargetGroup(this, id, {
      vpcId,
      targetType: 'instance',
      protocol: 'HTTPS',
      port: machinesPort,
      healthCheckProtocol: 'HTTPS',
      healthCheckPath: '/__lbheartbeat__',
      healthCheckIntervalSeconds: PROBE_SECONDS,
      healthCheckTimeoutSeconds: 5,
      healthyThresholdCount: PROBES_TO_HEALTHY,
      unhealthyThresholdCount: PROBES_TO_UNHEALTHY,
      matcher: { httpCode: '200' },
      targetGroupAttributes: keyValues({
        'deregistration_delay.timeout_seconds': String(drainSeconds),
        'load_balancing.algorithm.type': 'least_outstanding_requests',
      }),
    });
  }

  private addCertificate({ publicZoneId, domainNames: [domainName, ...otherNames] }: BalancerProps): string {
    return new CfnCertificate(this, 'Certificate', {
      domainName,
      ...(otherNames.length === 0 ? {} : { subjectAlternativeNames: otherNames }),
      validationMethod: 'DNS',
      domainValidationOptions: [domainName, ...otherNames].map((name) => ({
        domainName: name,
        hostedZoneId: publicZoneId,
      })),
    }).ref;
  }

  /** Gives back the listener for HTTPS. */
  private addListeners(loadBalancerArn: string, targetGroupArn: string, exposure: BalancerProps['exposure']): string {
    const https = new CfnListener(this, 'Https', {
      loadBalancerArn,
      protocol: 'HTTPS',
      port: HTTPS_PORT,
      sslPolicy: TLS_POLICY,
      certificates: [{ certificateArn: this.certificateArn }],
      defaultActions: [{ type: 'forward', targetGroupArn }],
    });
    if (exposure === 'public') {
      new CfnListener(this, 'Http', {
        loadBalancerArn,
        protocol: 'HTTP',
        port: HTTP_PORT,
        defaultActions: [
          { type: 'redirect', redirectConfig: { protocol: 'HTTPS', port: String(HTTPS_PORT), statusCode: 'HTTP_301' } },
        ],
      });
    }
    return https.attrListenerArn;
  }

  /**
   * The same machines once more, for those who ask from the internet whether the region is well. Without a store the answer is no, many times
   * a minute, from all over the world: counted with the answers to clients it would stop every release until the store is back.
   */
  private addHeartbeats(listenerArn: string, props: BalancerProps): string {
    const targetGroup = this.addTargets('HeartbeatTargets', props);
    new CfnListenerRule(this, 'Heartbeats', {
      listenerArn,
      priority: 1,
      conditions: [{ field: 'path-pattern', pathPatternConfig: { values: [HEARTBEAT_PATH] } }],
      actions: [{ type: 'forward', targetGroupArn: targetGroup.attrTargetGroupArn }],
    });
    return targetGroup.attrTargetGroupArn;
  }
}

/** Lets anybody on the internet reach a public balancer. */
export function allowInternet(
  scope: Construct,
  { securityGroup, name }: { securityGroup: SecurityGroup; name: string },
) {
  allow(scope, 'HttpsFromInternet', {
    from: INTERNET,
    to: securityGroup,
    port: HTTPS_PORT,
    why: `clients call ${name}`,
  });
  allow(scope, 'HttpFromInternet', {
    from: INTERNET,
    to: securityGroup,
    port: HTTP_PORT,
    why: 'clients that forgot TLS are sent to it',
  });
}
