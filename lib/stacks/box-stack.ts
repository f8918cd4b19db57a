/** An environment of one machine, whole. */

import type { Construct } from 'constructs';
import type { OneMachine, RecordedImages } from '../../regions/schema.ts';
import { Box } from '../box/box.ts';
import { Mail } from '../edge/mail.ts';
import { BakeAccess } from '../image/bake-access.ts';
import { BakedImage } from '../image/image-build.ts';
import { type Images, serviceImageId } from '../image/machine-image.ts';
import { Budget } from '../monitoring/budget.ts';
import { FlowLog } from '../network/flow-log.ts';
import { RegionNetwork } from '../network/region-network.ts';
import { RegionStack, type RegionStackProps } from './region-stack.ts';

export interface BoxStackProps extends RegionStackProps {
  readonly size: OneMachine;
  readonly images: Images;
  readonly recordedImages: RecordedImages;
}

export class BoxStack extends RegionStack {
  constructor(scope: Construct, props: BoxStackProps) {
    const { environment, region, size, images, recordedImages } = props;
    super(scope, 'box', props, `The whole of ${environment.name} on one machine.`);
    const [zone] = region.zones;
    if (zone === undefined) throw new RangeError(`${region.name} has no zone`);
    const network = new RegionNetwork(this, 'Network', { environment, region, natGateways: 'one' });
    new FlowLog(this, 'FlowLog', { environment, region, vpcId: network.vpcId });
    if (environment.mail.via === 'ses') new Mail(this, 'Mail', { environment, region });
    const access = new BakeAccess(this, 'BakeAccess', { vpcId: network.vpcId });
    const [subnetId = ''] = network.subnetIds('imageBuilder');
    const baked = new BakedImage(this, 'Image', {
      environment,
      image: images.service,
      subnetId,
      securityGroupId: access.securityGroupId,
      after: [access, network],
    });
    new Box(this, 'Box', {
      environment,
      region,
      zone,
      network,
      size,
      imageId: serviceImageId({ environment, region, images, recordedImages }),
      after: [baked],
    });
    new Budget(this, 'Budget', {
      environmentName: environment.name,
      dollarsAMonth: environment.budgetDollarsAMonth,
      mailbox: environment.operatorsMailbox,
    });
  }
}
