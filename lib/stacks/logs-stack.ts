/** The logs of one region: routers, and in the primary region the search domain of all. */

import type { Construct } from 'constructs';
import { twoRegionsOf } from '../../regions/derived.ts';
import { LogArchive } from '../logs/log-archive.ts';
import { LogRouters } from '../logs/log-routers.ts';
import { RemoteSearch } from '../logs/remote-search.ts';
import { SearchDomain } from '../logs/search-domain.ts';
import type { NetworkStack } from './network-stack.ts';
import { RegionStack, type RegionStackProps } from './region-stack.ts';

export interface LogsStackProps extends RegionStackProps {
  readonly networkStack: NetworkStack;
  readonly imageId: string;
  /** The logs of the primary region; undefined for that region itself. */
  readonly primaryLogs: LogsStack | undefined;
}

export class LogsStack extends RegionStack {
  readonly routers: LogRouters;
  /** The name that AWS gave the search domain. */
  readonly searchEndpoint: string;
  /** Of the search domain, where it is in this region. */
  readonly searchCertificateArn: string | undefined;

  constructor(scope: Construct, props: LogsStackProps) {
    const { environment, region, networkStack, imageId, primaryLogs } = props;
    super(scope, 'logs', props, `The logs of ${environment.name} in ${region.name}.`);
    const { network, endpoints } = networkStack;
    const { logRouters, search } = twoRegionsOf(environment);
    const archive = environment.keepsData ? new LogArchive(this, 'Archive', { environment, region }) : undefined;
    this.routers = new LogRouters(this, 'Routers', {
      environment,
      region,
      network,
      endpoints: endpoints.securityGroup,
      imageId,
      size: logRouters,
      daysKept: search.daysKept,
      archiveName: archive?.bucketName,
    });
    const routers = this.routers.machines;
    if (primaryLogs === undefined) {
      const domain = new SearchDomain(this, 'Search', { environment, region, network, size: search, routers });
      this.searchEndpoint = domain.endpoint;
      this.searchCertificateArn = domain.certificateArn;
    } else {
      this.searchEndpoint = primaryLogs.searchEndpoint;
      this.searchCertificateArn = undefined;
      new RemoteSearch(this, 'Search', { environment, network, routers, endpoint: this.searchEndpoint });
    }
  }
}
