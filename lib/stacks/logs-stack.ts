/** The logs of one region: routers, and in the primary region the search domain of all. */

import type { Construct } from 'constructs';
import { imageId, type MachineImage } from '../image/machine-image.ts';
import { LogArchive } from '../logs/log-archive.ts';
import { LogRouters } from '../logs/log-routers.ts';
import { RemoteSearch } from '../logs/remote-search.ts';
import { SearchDomain } from '../logs/search-domain.ts';
import { twoRegionsOf } from '../services/machine-settings.ts';
import type { NetworkStack } from './network-stack.ts';
import { RegionStack, type RegionStackProps } from './region-stack.ts';

export interface LogsStackProps extends RegionStackProps {
  readonly networkStack: NetworkStack;
  readonly image: MachineImage;
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
    const { environment, region, networkStack, image, primaryLogs } = props;
    super(scope, 'logs', props, `The logs of ${environment.name} in ${region.name}.`);
    const { network, endpoints } = networkStack;
    const { clusters, search } = twoRegionsOf(environment);
    const [primary = region] = environment.regions;
    const archive = environment.keepsData ? new LogArchive(this, 'Archive', { environment, region }) : undefined;
    this.routers = new LogRouters(this, 'Routers', {
      environment,
      region,
      network,
      endpoints: endpoints.securityGroup,
      imageId: imageId({ environment, region, image }),
      size: clusters.logRouter,
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
      new RemoteSearch(this, 'Search', { environment, network, routers, primary, endpoint: this.searchEndpoint });
    }
  }
}
