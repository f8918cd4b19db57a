/** The data of one region: its ring nodes and what they keep. */

import type { Construct } from 'constructs';
import { primaryRegion } from '../../regions/derived.ts';
import { Ring } from '../cassandra/ring.ts';
import { type Images, ringImageId } from '../image/machine-image.ts';
import { addRemoteRouters } from '../logs/remote-routers.ts';
import { kindCidr } from '../network/subnets.ts';
import { IdpKeyReplicas, type IdpKeys } from '../secrets/idp-keys.ts';
import type { LogsStack } from './logs-stack.ts';
import type { NetworkStack } from './network-stack.ts';
import { RegionStack, type RegionStackProps } from './region-stack.ts';

export interface DataStackProps extends RegionStackProps {
  readonly networkStack: NetworkStack;
  /** Nothing for a witness, whose node sends its lines to the primary region. */
  readonly logsStack: LogsStack | undefined;
  readonly images: Images;
  /** Keys of the primary region that sign certificates here as well. @default - none */
  readonly idpKeys?: IdpKeys;
}

export class DataStack extends RegionStack {
  readonly ring: Ring;

  constructor(scope: Construct, props: DataStackProps) {
    const { environment, region, networkStack, logsStack, images, idpKeys } = props;
    super(scope, 'data', props, `The ring nodes of ${environment.name} in ${region.name}.`);
    if (logsStack === undefined) addRemoteRouters(this, { environment, network: networkStack.network });
    if (idpKeys !== undefined) new IdpKeyReplicas(this, 'IdpKeys', { environment, keys: idpKeys });
    this.ring = new Ring(this, 'Ring', {
      environment,
      region,
      network: networkStack.network,
      endpoints: networkStack.endpoints.securityGroup,
      logs: logsStack?.routers.balancerGroup ?? { cidr: kindCidr(primaryRegion(environment), 'logRouter') },
      imageIdOf: (ringNode) => ringImageId({ environment, ringNode, images }),
    });
  }
}
