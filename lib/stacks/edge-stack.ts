/** What faces the internet in one region: names, the firewall, mail. */

import type { Construct } from 'constructs';
import { twoRegionsOf } from '../../regions/derived.ts';
import { Firewall } from '../edge/firewall.ts';
import { Mail } from '../edge/mail.ts';
import { PublicNames } from '../edge/public-names.ts';
import { RegionStack, type RegionStackProps } from './region-stack.ts';
import type { ServicesStack } from './services-stack.ts';

export interface EdgeStackProps extends RegionStackProps {
  readonly servicesStack: ServicesStack;
  /** Public addresses of load generators. */
  readonly generatorAddresses: readonly string[];
}

export class EdgeStack extends RegionStack {
  readonly names: PublicNames;
  readonly firewall: Firewall;
  readonly mail: Mail | undefined;

  constructor(scope: Construct, props: EdgeStackProps) {
    const { environment, region, servicesStack, generatorAddresses } = props;
    super(scope, 'edge', props, `What faces the internet for ${environment.name} in ${region.name}.`);
    const { balancer } = servicesStack.webhead;
    this.names = new PublicNames(this, 'Names', { environment, region, balancer });
    this.firewall = new Firewall(this, 'Firewall', {
      environment,
      region,
      balancerArn: balancer.arn,
      requestsPerAddressMax: twoRegionsOf(environment).requestsPerAddressMax,
      spared: generatorAddresses,
    });
    this.mail = environment.mail.via === 'ses' ? new Mail(this, 'Mail', { environment, region }) : undefined;
  }
}
