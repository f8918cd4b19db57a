/** Names by which machines and balancers are found. */

import { CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';

/** How long callers go by an answer. */
const SECONDS = {
  /** What may lead elsewhere after a deploy. */
  aWhile: '60',
  /** What is where it is for life. */
  life: '300',
} as const;

export interface RecordOptions {
  /** Of the zone that has the name. */
  readonly zoneId: string;
  readonly name: string;
}

export interface AddressRecordOptions extends RecordOptions {
  /** Literal addresses, or one name that AWS gave. */
  readonly to: { readonly addresses: readonly string[] } | { readonly name: string };
  /** How long it leads there. */
  readonly holdsFor: keyof typeof SECONDS;
}

/** Gives addresses, or what has a name of AWS's, a name of ours. */
export function addRecord(
  scope: Construct,
  id: string,
  { zoneId: hostedZoneId, name, to, holdsFor }: AddressRecordOptions,
): void {
  new CfnRecordSet(scope, id, {
    hostedZoneId,
    name,
    ttl: SECONDS[holdsFor],
    ...('addresses' in to
      ? { type: 'A', resourceRecords: [...to.addresses] }
      : { type: 'CNAME', resourceRecords: [to.name] }),
  });
}

export interface BalancerRecordOptions extends RecordOptions {
  /** Its own name, and the zone of AWS's in which that stands. */
  readonly balancer: { readonly dnsName: string; readonly hostedZoneId: string };
}

/** Gives a balancer a name of ours, which leads to it whether or not a target is well. */
export function addBalancerRecord(
  scope: Construct,
  id: string,
  { zoneId, name, balancer: { dnsName, hostedZoneId } }: BalancerRecordOptions,
): void {
  new CfnRecordSet(scope, id, {
    hostedZoneId: zoneId,
    name,
    type: 'A',
    aliasTarget: { dnsName, hostedZoneId, evaluateTargetHealth: false },
  });
}
