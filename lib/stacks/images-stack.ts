/** The images of one region, baked by the deploy. */

import type { Construct } from 'constructs';
import { imageKinds } from '../../regions/derived.ts';
import { BakeAccess } from '../image/bake-access.ts';
import { BakedImage } from '../image/image-build.ts';
import type { NetworkStack } from './network-stack.ts';
import { RegionStack, type RegionStackProps } from './region-stack.ts';
import type { Images } from './two-regions.ts';

const IDS = { service: 'Service', ring: 'Ring' } as const;

export interface ImagesStackProps extends RegionStackProps {
  readonly networkStack: NetworkStack;
  readonly images: Images;
}

export class ImagesStack extends RegionStack {
  constructor(scope: Construct, props: ImagesStackProps) {
    const { environment, region, networkStack, images } = props;
    super(scope, 'images', props, `The machine images of ${environment.name} in ${region.name}.`);
    const { network, endpoints } = networkStack;
    const access = new BakeAccess(this, 'Access', {
      vpcId: network.vpcId,
      endpoints: endpoints.securityGroup,
    });
    const [subnetId = ''] = network.subnetIds('imageBuilder');
    for (const kind of imageKinds(environment, region)) {
      new BakedImage(this, IDS[kind], {
        environment,
        image: images[kind],
        subnetId,
        securityGroupId: access.securityGroupId,
        after: [access],
      });
    }
  }
}
