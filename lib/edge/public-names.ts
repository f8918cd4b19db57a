/** The public names of a region's accounts service, and the checks that take a region out of them. */

import { CfnHealthCheck, CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import type { Environment, Region } from '../../regions/schema.ts';
import { type Balancer, HEARTBEAT_PATH } from '../cluster/balancer.ts';
import { regionalAccountsName } from '../names.ts';
import { addBalancerRecord } from '../network/records.ts';
import { HTTPS_PORT } from '../ports.ts';

const CHECK_SECONDS = 10;
/** A region is left half a minute after it fell silent. */
const CHECKS_FAILED = 3;

export interface PublicNamesProps {
  readonly environment: Environment;
  readonly region: Region;
  readonly balancer: Balancer;
}

/**
 * How clients find the nearest region that is well.
 * Resources: a record of the region's own name; a check that asks it over HTTPS, with its name, for `/__heartbeat__`; a record of the common name
 * that is answered where this region is nearest and well.
 * Failure behaviour: a region whose store, keysigner or network is gone fails its check and gets no new clients after about a minute; when
 * no region passes, clients are sent to the nearest one all the same.
 */
export class PublicNames extends Construct {
  readonly healthCheckId: string;

  constructor(scope: Construct, id: string, { environment, region, balancer }: PublicNamesProps) {
    super(scope, id);
    const zoneId = environment.publicZone.id;
    addBalancerRecord(this, 'Regional', { zoneId, name: regionalAccountsName(environment, region), balancer });
    this.healthCheckId = checkRegion(this, 'Check', { environment, region, everySeconds: CHECK_SECONDS });
    new CfnRecordSet(this, 'Nearest', {
      hostedZoneId: zoneId,
      name: environment.accountsName,
      type: 'A',
      region: region.name,
      setIdentifier: region.name,
      healthCheckId: this.healthCheckId,
      aliasTarget: { dnsName: balancer.dnsName, hostedZoneId: balancer.hostedZoneId, evaluateTargetHealth: true },
    });
  }
}

export interface RegionCheck {
  readonly environment: Environment;
  readonly region: Region;
  /** 10 or 30. */
  readonly everySeconds: number;
}

/** Asks a region from many places whether it is well, by its own name, and says the id under which the answer is known. */
export function checkRegion(scope: Construct, id: string, { environment, region, everySeconds }: RegionCheck): string {
  const name = regionalAccountsName(environment, region);
  return new CfnHealthCheck(scope, id, {
    healthCheckConfig: {
      type: 'HTTPS',
      fullyQualifiedDomainName: name,
      port: HTTPS_PORT,
      enableSni: true,
      resourcePath: HEARTBEAT_PATH,
      requestInterval: everySeconds,
      failureThreshold: CHECKS_FAILED,
    },
    healthCheckTags: [{ key: 'Name', value: name }],
  }).attrHealthCheckId;
}
