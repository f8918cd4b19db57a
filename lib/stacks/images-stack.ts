/** The images of one region, baked by the deploy. */

import type { Construct } from 'constructs';
import { imageKinds } from '../../regions/derived.ts';
import { BakeAccess } from '../image/bake-access.ts';
import { BakedImage } from '../image/image-build.ts';
import { IMAGE_IDS } from '../image/image-names.ts';
import type { Images } from '../image/machine-image.ts';
import type { NetworkStack } from './network-stack.ts';
import { RegionStack, type RegionStackProps } from './region-stack.ts';

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
      new BakedImage(this, IMAGE_IDS[kind], {
        environment,
        image: images[kind],
        subnetId,
        securityGroupId: access.securityGroupId,
        after: [access],
      });
    }
  }
}
