/** Security groups that let nothing in or out but what a named flow allows. */

import { CfnSecurityGroup, CfnSecurityGroupEgress, CfnSecurityGroupIngress } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';

/** One end of a flow: a group of ours, addresses, or a list of addresses that AWS keeps. */
export type Peer = SecurityGroup | { readonly cidr: string } | { readonly prefixList: string };

/** Anybody on the internet. */
export const INTERNET: Peer = { cidr: '0.0.0.0/0' };

/** Without a rule of its own a group lets everything out; this one matches no packet. */
const NOTHING_OUT = {
  ipProtocol: 'icmp',
  fromPort: 252,
  toPort: 86,
  cidrIp: '255.255.255.255/32',
  description: 'nothing',
};

export interface SecurityGroupProps {
  readonly vpcId: string;
  /** Who bears it, for example `keysigner machines`. A change replaces the group. */
  readonly bearer: string;
}

/**
 * Bearers of one role in a region.
 * Resources: one security group, without rules: `allow` adds them where the flow is known.
 */
export class SecurityGroup extends Construct {
  readonly groupId: string;

  constructor(scope: Construct, id: string, { vpcId, bearer }: SecurityGroupProps) {
    super(scope, id);
    const group = new CfnSecurityGroup(this, 'Group', {
      vpcId,
      groupDescription: bearer,
      securityGroupEgress: [NOTHING_OUT],
      tags: [{ key: 'Name', value: bearer }],
    });
    this.groupId = group.attrGroupId;
  }
}

export interface Flow {
  readonly from: Peer;
  readonly to: Peer;
  /** TCP */
  readonly port: number;
  /** Who speaks to whom and why: a reviewer reads it. */
  readonly why: string;
}

/**
 * Lets one flow of TCP through, on the groups at both ends. The rules live in the scope that knows of the flow, so that a stack that is
 * taken away takes its rules along.
 * Resources: an egress rule on a group that sends, an ingress rule on a group that receives.
 */
export function allow(scope: Construct, id: string, { from, to, port, why }: Flow): void {
  const flow = new Construct(scope, id);
  const rule = { ipProtocol: 'tcp', fromPort: port, toPort: port, description: why };
  if (from instanceof SecurityGroup) {
    new CfnSecurityGroupEgress(flow, 'Out', { groupId: from.groupId, ...rule, ...destination(to) });
  }
  if (to instanceof SecurityGroup) {
    const ingress = new CfnSecurityGroupIngress(flow, 'In', { groupId: to.groupId, ...rule, ...source(from) });
    if (from === INTERNET)
      acknowledge(ingress, { 'AwsSolutions-EC23': 'The clients of a public service are anywhere.' });
  }
}

function destination(peer: Peer) {
  if (peer instanceof SecurityGroup) return { destinationSecurityGroupId: peer.groupId };
  return 'cidr' in peer ? { cidrIp: peer.cidr } : { destinationPrefixListId: peer.prefixList };
}

function source(peer: Peer) {
  if (peer instanceof SecurityGroup) return { sourceSecurityGroupId: peer.groupId };
  return 'cidr' in peer ? { cidrIp: peer.cidr } : { sourcePrefixListId: peer.prefixList };
}
