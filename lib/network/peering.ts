/** Ways between regions: which subnets of one region speak to which of another, and the routes for it. */

import { ReferenceStrength, Stack } from 'aws-cdk-lib';
import { CfnRoute, CfnVPCPeeringConnection } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { SubnetKind } from '../../regions/network-plan.ts';
import type { Region } from '../../regions/schema.ts';
import type { RegionNetwork } from './region-network.ts';
import { kindCidr } from './subnets.ts';

/**
 * Kinds of subnets that speak across regions: who calls whom. Ring nodes speak to each other everywhere; else a region calls another one for
 * what it has not itself. Each pair needs a route on both sides, since answers travel too.
 */
const PAIRS: readonly (readonly [SubnetKind, SubnetKind])[] = [
  /** Replication. */
  ['ring', 'ring'],
  /** Log routers write into the search domain of the primary region. */
  ['logRouter', 'search'],
  /** A witness has no log routers of its own. */
  ['ring', 'logRouter'],
  /** Mails of a load test end in the sink beside its generators. */
  ['dbwriter', 'generator'],
];

/** One region's side: its data, its network, and the kinds of subnets that it has. */
export interface Side {
  readonly region: Region;
  readonly network: RegionNetwork;
  /** What an environment has once, and a witness has not, is asked for in the primary region. */
  readonly primary: boolean;
}

/**
 * The connection of two regions' networks. Both belong to one account, so that the request accepts itself.
 * Resources: a peering connection; no custom resource. The other VPC's id is read from the other region's stack when this one is deployed.
 */
export function connectRegions(scope: Construct, id: string, { here, there }: { here: Side; there: Side }) {
  return new CfnVPCPeeringConnection(scope, id, {
    vpcId: here.network.vpcId,
    peerRegion: there.region.name,
    peerVpcId: Stack.consumeReference(there.network.vpcId, ReferenceStrength.WEAK),
    tags: [{ key: 'Name', value: `${here.region.name} to ${there.region.name}` }],
  }).attrId;
}

export interface PeerRoutesProps {
  readonly here: Side;
  readonly there: Side;
  readonly connectionId: string;
}

/**
 * This side's routes to another region.
 * Resources: a route in each route table of a kind of subnet here, for each kind of subnet there that it speaks to.
 */
export class PeerRoutes extends Construct {
  constructor(scope: Construct, id: string, { here, there, connectionId }: PeerRoutesProps) {
    super(scope, id);
    for (const [from, to] of spokenTo(here, there)) {
      const way = new Construct(this, `${from}To${to}`);
      for (const { suffix, routeTableId } of here.network.routeTablesOf(from)) {
        new CfnRoute(way, `Route${suffix}`, {
          routeTableId,
          destinationCidrBlock: kindCidr(there.region, to),
          vpcPeeringConnectionId: connectionId,
        });
      }
    }
  }
}

/** Routes from here, as pairs of kinds: towards what this side lacks, and back to who lacks what this side has. */
function spokenTo(here: Side, there: Side): (readonly [SubnetKind, SubnetKind])[] {
  return PAIRS.flatMap(([client, server]): (readonly [SubnetKind, SubnetKind])[] => {
    if (client === server)
      return here.network.hasSubnets(client) && there.network.hasSubnets(client) ? [[client, server]] : [];
    const calls = isServedBy(here, there, client, server) ? [[client, server] as const] : [];
    const answers = isServedBy(there, here, client, server) ? [[server, client] as const] : [];
    return [...calls, ...answers];
  });
}

function isServedBy(client: Side, server: Side, clientKind: SubnetKind, serverKind: SubnetKind): boolean {
  const { network } = client;
  if (!server.primary || !server.network.hasSubnets(serverKind)) return false;
  return network.hasSubnets(clientKind) && !network.hasSubnets(serverKind);
}
