/** The public names of a region's accounts service, and the checks that take a region out of them. */

import { CfnHealthCheck, CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import type { Environment, Region } from '../../regions/schema.ts';
import type { Balancer } from '../cluster/balancer.ts';
import { regionalAccountsName } from '../names.ts';
import { HTTPS_PORT } from '../network/ports.ts';

const CHECK_SECONDS = 10;
/** A region is left half a minute after it fell silent. */
const CHECKS_FAILED = 3;

/** What Route 53 asks. It is computed at most once a second, whoever asks, and does not count against anybody's rate. */
export const HEARTBEAT_PATH = '/__heartbeat__';

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
    const regionalName = regionalAccountsName(environment, region);
    const shared = { hostedZoneId: environment.publicZone.id, type: 'A' };
    const dualstack = {
      dnsName: balancer.dnsName,
      hostedZoneId: balancer.hostedZoneId,
    };
    new CfnRecordSet(this, 'Regional', {
      ...shared,
      name: regionalName,
      aliasTarget: { ...dualstack, evaluateTargetHealth: false },
    });
    this.healthCheckId = checkRegion(this, 'Check', { environment, region, everySeconds: CHECK_SECONDS });
    new CfnRecordSet(this, 'Nearest', {
      ...shared,
      name: environment.accountsName,
      region: region.name,
      setIdentifier: region.name,
      healthCheckId: this.healthCheckId,
      aliasTarget: { ...dualstack, evaluateTargetHealth: true },
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
