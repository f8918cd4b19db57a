/** The pipelines of one region that bake images for environments whose images are recorded. It needs no image itself. */

import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { BakePlace } from '../../regions/derived.ts';
import { BakeAccess } from '../image/bake-access.ts';
import { BakeNetwork } from '../image/bake-network.ts';
import { ImagePipeline } from '../image/image-build.ts';
import { IMAGE_IDS } from '../image/image-names.ts';
import type { Images } from '../image/machine-image.ts';

export interface ReleaseStackProps {
  readonly place: BakePlace;
  readonly images: Images;
}

export class ReleaseStack extends Stack {
  constructor(scope: Construct, { place: { account, region, kinds }, images }: ReleaseStackProps) {
    super(scope, `release-${region}`, {
      description: `Bakes the machine images of releases in ${region}.`,
      env: { account, region },
      terminationProtection: true,
    });
    const { vpcId, subnetId } = new BakeNetwork(this, 'Network');
    const { securityGroupId } = new BakeAccess(this, 'Access', { vpcId });
    for (const kind of kinds)
      new ImagePipeline(this, IMAGE_IDS[kind], { image: images[kind], subnetId, securityGroupId });
  }
}
