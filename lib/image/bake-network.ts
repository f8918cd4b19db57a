/** A network of its own for machines that bake, where no environment's is at hand. */

import {
  CfnInternetGateway,
  CfnRoute,
  CfnRouteTable,
  CfnSubnet,
  CfnSubnetRouteTableAssociation,
  CfnVPC,
  CfnVPCGatewayAttachment,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';

/** Nothing else is ever connected to it. */
const CIDR = '10.255.0.0/24';

/**
 * Resources: a VPC with one subnet that reaches the internet. Machines stand there while a bake lasts.
 */
export class BakeNetwork extends Construct {
  readonly vpcId: string;
  readonly subnetId: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const vpc = new CfnVPC(this, 'Vpc', {
      cidrBlock: CIDR,
      enableDnsHostnames: true,
      enableDnsSupport: true,
      tags: [{ key: 'Name', value: 'picl-idp releases' }],
    });
    acknowledge(vpc, {
      'AwsSolutions-VPC7': 'Only machines that bake stand here, for as long as a bake lasts, and they let nothing in.',
    });
    this.vpcId = vpc.attrVpcId;
    const gateway = new CfnInternetGateway(this, 'InternetGateway');
    const attachment = new CfnVPCGatewayAttachment(this, 'InternetGatewayOfVpc', {
      vpcId: this.vpcId,
      internetGatewayId: gateway.attrInternetGatewayId,
    });
    const subnet = new CfnSubnet(this, 'Subnet', {
      vpcId: this.vpcId,
      cidrBlock: CIDR,
      // A bake has no other way to an address.
      mapPublicIpOnLaunch: true,
    });
    this.subnetId = subnet.attrSubnetId;
    const routes = new CfnRouteTable(this, 'Routes', { vpcId: this.vpcId });
    new CfnSubnetRouteTableAssociation(this, 'RoutesOfSubnet', {
      subnetId: this.subnetId,
      routeTableId: routes.attrRouteTableId,
    });
    const route = new CfnRoute(this, 'Internet', {
      routeTableId: routes.attrRouteTableId,
      destinationCidrBlock: '0.0.0.0/0',
      gatewayId: gateway.attrInternetGatewayId,
    });
    route.addResourceDependency(attachment);
  }
}
