/** How a region finds the search domain: one name everywhere. */

import type { Construct } from 'constructs';
import type { Environment } from '../../regions/schema.ts';
import { internalName } from '../names.ts';
import { addRecord } from '../network/records.ts';
import type { RegionNetwork } from '../network/region-network.ts';

export interface SearchNameOptions {
  readonly environment: Environment;
  readonly network: RegionNetwork;
  /** The name that AWS gave the domain. */
  readonly endpoint: string;
}

/** Gives the search domain its name in a region's private zone. */
export function addSearchName(scope: Construct, { environment, network, endpoint }: SearchNameOptions): void {
  addRecord(scope, 'Name', {
    zoneId: network.privateZoneId,
    name: internalName(environment, 'search'),
    to: { name: endpoint },
    holdsFor: 'aWhile',
  });
}
