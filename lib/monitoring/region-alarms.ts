/** Alarms on whole regions, as the internet sees them. */

import type { Construct } from 'constructs';
import { servingRegions } from '../../regions/derived.ts';
import type { Environment, Region } from '../../regions/schema.ts';
import { checkRegion } from '../edge/public-names.ts';
import type { Alarms } from './alarms.ts';

/** Recalled from AWS's documentation: Route 53 tells CloudWatch of its checks here, and nowhere else. */
const ROUTE_53_METRICS_REGION = 'us-east-1';
/** The slower and cheaper pace: nobody is sent elsewhere by this check. */
const CHECK_SECONDS = 30;

export interface RegionAlarmsOptions {
  readonly environment: Environment;
  /** The region of the alarms. */
  readonly region: Region;
  /** By which clients are sent to this region, where it serves. */
  readonly ownCheckId: string | undefined;
}

/**
 * An alarm for each region that does not answer: none where Route 53 tells of no check.
 * Resources: for each other region a check of its own. The one that sends clients is made by that region, which may be deployed later, or by
 * itself: this one asks the same path of the same name.
 */
export function addRegionAlarms(
  scope: Construct,
  alarms: Alarms,
  { environment, region, ownCheckId }: RegionAlarmsOptions,
): void {
  if (region.name !== ROUTE_53_METRICS_REGION) return;
  for (const asked of servingRegions(environment)) {
    const checkId =
      asked === region && ownCheckId !== undefined
        ? ownCheckId
        : checkRegion(scope, `CheckOf${asked.name}`, { environment, region: asked, everySeconds: CHECK_SECONDS });
    alarms.add(`Silent${asked.name}`, {
      article: 'A region does not answer',
      which: asked.name,
      metric: {
        namespace: 'AWS/Route53',
        name: 'HealthCheckStatus',
        statistic: 'Minimum',
        dimensions: { HealthCheckId: checkId },
      },
      when: 'below',
      threshold: 1,
      periods: 2,
      missing: 'breaching',
    });
  }
}
