/** Addresses that AWS must give to nobody by itself, since they stand in templates and configurations as literals. */

import { CfnSubnetCidrReservation } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { REGIONS } from '../../regions/aws-facts.ts';
import { balancersCidr, ringNodesCidr, type SubnetKind, subnetCidr } from '../../regions/network-plan.ts';
import type { Region } from '../../regions/schema.ts';
import type { RegionNetwork } from './region-network.ts';

/** Kinds in which balancers stand at literal addresses. */
const WITH_BALANCERS: readonly SubnetKind[] = ['ring', 'logRouter', 'generator'];

export interface PoolReservationsProps {
  readonly network: RegionNetwork;
  readonly region: Region;
}

/**
 * Keeps a subnet's literal addresses out of the pool from which machines are given theirs.
 * Resources: a reservation for the ring nodes and for the balancers of each such subnet, where the region knows such a thing. Elsewhere an
 * address is ours from the moment its interface is made, long before a machine starts: only what is added later could find it taken.
 */
export class PoolReservations extends Construct {
  constructor(scope: Construct, id: string, { network, region }: PoolReservationsProps) {
    super(scope, id);
    if (REGIONS[region.name]?.hasSubnetReservations !== true) return;
    for (const kind of WITH_BALANCERS.filter((one) => network.hasSubnets(one))) {
      const ofKind = new Construct(this, kind);
      for (const zone of region.zones) {
        const subnetId = network.subnetId(kind, zone);
        const subnet = subnetCidr(region.cidr, { kind, slot: zone.slot });
        const reserve = (what: string, cidr: string) =>
          new CfnSubnetCidrReservation(ofKind, `${what}OfSlot${zone.slot}`, {
            subnetId,
            cidr,
            reservationType: 'explicit',
            description: `literal addresses: ${what}`,
          });
        reserve('Balancers', balancersCidr(subnet));
        if (kind === 'ring') reserve('RingNodes', ringNodesCidr(subnet));
      }
    }
  }
}
