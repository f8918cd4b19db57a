/** What a machine that bakes an image may reach. */

import { Construct } from 'constructs';
import { allow, INTERNET, SecurityGroup } from '../network/security-group.ts';
import { HTTP_PORT, HTTPS_PORT } from '../ports.ts';

export interface BakeAccessProps {
  readonly vpcId: string;
  /**
   * Of the network's interface endpoints: there, names of AWS lead to them and no longer to the internet.
   * @default - the network has none
   */
  readonly endpoints?: SecurityGroup;
}

/**
 * The security group of machines that bake.
 * Resources: a security group that lets out HTTPS, and HTTP to the distribution's mirrors, whose packages are signed. Nothing comes in.
 */
export class BakeAccess extends Construct {
  readonly securityGroupId: string;

  constructor(scope: Construct, id: string, { vpcId, endpoints }: BakeAccessProps) {
    super(scope, id);
    const baking = new SecurityGroup(this, 'BakingGroup', { vpcId, bearer: 'machines that bake images' });
    allow(this, 'Https', { from: baking, to: INTERNET, port: HTTPS_PORT, why: 'AWS, packages, Node and Cassandra' });
    allow(this, 'Http', {
      from: baking,
      to: INTERNET,
      port: HTTP_PORT,
      why: 'packages of the distribution, which are signed',
    });
    if (endpoints !== undefined) {
      allow(this, 'Endpoints', { from: baking, to: endpoints, port: HTTPS_PORT, why: 'Image Builder runs its steps' });
    }
    this.securityGroupId = baking.groupId;
  }
}
