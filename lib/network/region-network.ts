/** The network of one region: subnets by kind and zone, the ways out of them, and the names inside. */

import {
  CfnEIP,
  CfnInternetGateway,
  CfnNatGateway,
  CfnRoute,
  CfnRouteTable,
  CfnSubnet,
  CfnSubnetRouteTableAssociation,
  CfnVPC,
  CfnVPCGatewayAttachment,
} from 'aws-cdk-lib/aws-ec2';
import { CfnHostedZone } from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import { type SubnetKind, subnetCidr } from '../../regions/network-plan.ts';
import type { Environment, Region, Zone } from '../../regions/schema.ts';
import { acknowledge } from '../acknowledge.ts';
import { internalZoneName } from '../names.ts';
import { type Reach, subnetKinds } from './subnets.ts';

const EVERYWHERE = '0.0.0.0/0';

export interface NatGateway {
  readonly slot: number;
  readonly zoneId: string;
  readonly gatewayId: string;
  readonly address: string;
}

/** A route table of a kind of subnets. */
export interface RouteTable {
  /** Ends the ids of its routes: empty, or its zone's slot. */
  readonly suffix: string;
  readonly routeTableId: string;
  /** Whose subnets follow it. */
  readonly zones: readonly Zone[];
}

export interface RegionNetworkProps {
  readonly environment: Environment;
  readonly region: Region;
  /** One NAT gateway for the region, or one in each zone so that a lost zone takes no other's way out along. */
  readonly natGateways: 'one' | 'one-a-zone';
}

/**
 * The network of a region.
 * Resources: a VPC; a subnet for each kind and zone; a route table for each kind, and for each of its zones where it calls out; an internet
 * gateway where a kind reaches the internet; NAT gateways with their addresses where a kind calls out; a private zone where machines call
 * each other.
 * Failure behaviour: a zone's subnets fall with it. With one NAT gateway the region's calls out fall with that gateway's zone: pushes and
 * mails wait, nothing else does.
 */
export class RegionNetwork extends Construct {
  readonly vpcId: string;
  /** The region's NAT gateways, and the addresses from which machines behind them are seen. */
  readonly natGateways: readonly NatGateway[];
  private readonly zoneId: string | undefined;
  private readonly subnets = new Map<string, string>();
  private readonly routeTables = new Map<SubnetKind, readonly RouteTable[]>();
  private readonly region: Region;
  private readonly kinds: ReadonlyMap<SubnetKind, Reach>;

  constructor(scope: Construct, id: string, { environment, region, natGateways }: RegionNetworkProps) {
    super(scope, id);
    this.region = region;
    this.kinds = subnetKinds(environment, region);
    const name = `${environment.name} ${region.name}`;
    const vpc = new CfnVPC(this, 'Vpc', {
      cidrBlock: region.cidr,
      enableDnsHostnames: true,
      enableDnsSupport: true,
      tags: [{ key: 'Name', value: name }],
    });
    this.vpcId = vpc.attrVpcId;
    for (const kind of this.kinds.keys()) this.addSubnets(kind);
    acknowledge(this, {
      'CloudFormation-Validate::W3010':
        'A volume, a ring node and its rack belong to one zone for life, so zones stand in the plan.',
    });
    const attachment = this.addInternet(kindsWith(this.kinds, 'internet'));
    this.natGateways =
      attachment === undefined ? [] : this.addNat(kindsWith(this.kinds, 'nat'), { natGateways, attachment });
    this.zoneId = 'twoRegions' in environment.shape ? this.addPrivateZone(environment) : undefined;
  }

  /** The zone of the names inside. @throws RangeError for a network of one machine, which needs none. */
  get privateZoneId(): string {
    if (this.zoneId === undefined) throw new RangeError(`the network of ${this.region.name} has no private zone`);
    return this.zoneId;
  }

  hasSubnets(kind: SubnetKind): boolean {
    return this.kinds.has(kind);
  }

  /** The subnets of a kind, in the order of the region's zones. */
  subnetIds(kind: SubnetKind): string[] {
    return this.zonesOf(kind).map((zone) => this.subnetId(kind, zone));
  }

  /** The subnet of a kind in a zone. @throws RangeError when the region has none. */
  subnetId(kind: SubnetKind, zone: Zone): string {
    const subnetId = this.subnets.get(subnetKey(kind, zone));
    if (subnetId === undefined) throw new RangeError(`${this.region.name} has no ${kind} subnet in ${zone.name}`);
    return subnetId;
  }

  /** The route tables of a kind: one, or one a zone where the kind calls out, since each zone may have its own way. */
  routeTablesOf(kind: SubnetKind): readonly RouteTable[] {
    return this.routeTables.get(kind) ?? [];
  }

  /** Images are baked in one zone; what is deployed stands in all. */
  private zonesOf(kind: SubnetKind): readonly Zone[] {
    return kind === 'imageBuilder' ? this.region.zones.slice(0, 1) : this.region.zones;
  }

  private addSubnets(kind: SubnetKind): void {
    const scope = new Construct(this, kind);
    const zones = this.zonesOf(kind);
    for (const zone of zones) {
      const subnet = new CfnSubnet(scope, `Slot${zone.slot}`, {
        vpcId: this.vpcId,
        availabilityZone: zone.name,
        cidrBlock: subnetCidr(this.region.cidr, { kind, slot: zone.slot }),
        // A machine that bakes an image has no other way to an address.
        mapPublicIpOnLaunch: kind === 'imageBuilder',
        tags: [{ key: 'Name', value: `${kind} ${zone.id}` }],
      });
      this.subnets.set(subnetKey(kind, zone), subnet.attrSubnetId);
    }
    const tables =
      this.kinds.get(kind) === 'nat'
        ? zones.map((zone) => this.addRouteTable(kind, `OfSlot${zone.slot}`, [zone]))
        : [this.addRouteTable(kind, '', zones)];
    this.routeTables.set(kind, tables);
  }

  private addRouteTable(kind: SubnetKind, suffix: string, zones: readonly Zone[]): RouteTable {
    const scope = this.node.findChild(kind);
    const { attrRouteTableId: routeTableId } = new CfnRouteTable(scope, `Routes${suffix}`, {
      vpcId: this.vpcId,
      tags: [{ key: 'Name', value: [kind, ...(suffix === '' ? [] : zones.map(({ id }) => id))].join(' ') }],
    });
    for (const zone of zones) {
      new CfnSubnetRouteTableAssociation(scope, `SubnetOfSlot${zone.slot}`, {
        subnetId: this.subnetId(kind, zone),
        routeTableId,
      });
    }
    return { suffix, routeTableId, zones };
  }

  private addPrivateZone(environment: Environment): string {
    return new CfnHostedZone(this, 'PrivateZone', {
      name: internalZoneName(environment),
      hostedZoneConfig: { comment: `What the machines of ${environment.name} in ${this.region.name} call each other` },
      vpcs: [{ vpcId: this.vpcId, vpcRegion: this.region.name }],
    }).attrId;
  }

  /** Gives back how the way out hangs on the network; nothing where nobody goes out. */
  private addInternet(kinds: readonly SubnetKind[]): CfnVPCGatewayAttachment | undefined {
    if (kinds.length === 0) return undefined;
    const gateway = new CfnInternetGateway(this, 'InternetGateway');
    const attachment = new CfnVPCGatewayAttachment(this, 'InternetGatewayOfVpc', {
      vpcId: this.vpcId,
      internetGatewayId: gateway.attrInternetGatewayId,
    });
    for (const { kind, suffix, routeTableId } of this.routeTablesOfAll(kinds)) {
      const route = new CfnRoute(this.node.findChild(kind), `Internet${suffix}`, {
        routeTableId,
        destinationCidrBlock: EVERYWHERE,
        gatewayId: gateway.attrInternetGatewayId,
      });
      route.addResourceDependency(attachment);
    }
    return attachment;
  }

  private addNat(
    kinds: readonly SubnetKind[],
    {
      natGateways,
      attachment,
    }: { readonly natGateways: 'one' | 'one-a-zone'; readonly attachment: CfnVPCGatewayAttachment },
  ): readonly NatGateway[] {
    if (kinds.length === 0) return [];
    const zones = natGateways === 'one' ? this.region.zones.slice(0, 1) : this.region.zones;
    const gateways = zones.map((zone) => {
      const scope = new Construct(this, `NatOfSlot${zone.slot}`);
      const tags = [{ key: 'Name', value: `NAT ${zone.id}` }];
      const address = new CfnEIP(scope, 'Address', { domain: 'vpc', tags });
      const gateway = new CfnNatGateway(scope, 'Gateway', {
        subnetId: this.subnetId('public', zone),
        allocationId: address.attrAllocationId,
        tags,
      });
      // Public addresses cannot be used before the way out is there, nor let go of after it.
      address.addResourceDependency(attachment);
      gateway.addResourceDependency(attachment);
      return {
        zone,
        slot: zone.slot,
        zoneId: zone.id,
        gatewayId: gateway.attrNatGatewayId,
        address: address.attrPublicIp,
      };
    });
    for (const { kind, suffix, routeTableId, zones: served } of this.routeTablesOfAll(kinds)) {
      const gateway = gateways.find(({ zone }) => served.includes(zone)) ?? gateways[0];
      new CfnRoute(this.node.findChild(kind), `Nat${suffix}`, {
        routeTableId,
        destinationCidrBlock: EVERYWHERE,
        ...(gateway === undefined ? {} : { natGatewayId: gateway.gatewayId }),
      });
    }
    return gateways;
  }

  private routeTablesOfAll(kinds: readonly SubnetKind[]) {
    return kinds.flatMap((kind) => this.routeTablesOf(kind).map((table) => ({ kind, ...table })));
  }
}

function subnetKey(kind: SubnetKind, { name }: Zone): string {
  return `${kind} ${name}`;
}

function kindsWith(kinds: ReadonlyMap<SubnetKind, Reach>, reach: Reach): SubnetKind[] {
  return [...kinds].filter(([, one]) => one === reach).map(([kind]) => kind);
}
