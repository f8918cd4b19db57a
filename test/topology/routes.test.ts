/** Where packets find their way, between regions and out of them: asked of route tables, peering connections and subnets. */

import { describe, expect, test } from '@jest/globals';
import { stacksOf } from '../../app/operator/assembly.ts';
import { covers, EVERYWHERE } from '../../tools/topology/cidr.ts';
import type { Topology } from '../../tools/topology/model.ts';
import { type Networks, type Peering, type Route, reachOf, type Subnet } from '../../tools/topology/network.ts';
import { keyOf } from '../../tools/topology/values.ts';
import { sharedStacks, sharedTopology } from './support/assembly.ts';
import { idOf, resourceIn, withChangedStack } from './support/changed.ts';

const prodStacks = stacksOf(sharedStacks(), 'prod');
const prod = sharedTopology('prod');

const label = (subnet: Subnet, { destination }: Route) =>
  `${subnet.stack.region} ${subnet.kind} ${subnet.zone} to ${destination}`;
const peeringOf = ({ peerings }: Networks, { through }: Route) => peerings.find(({ key }) => key === keyOf(through));

interface PeerRoute {
  readonly subnet: Subnet;
  readonly route: Route;
  readonly peering: Peering | undefined;
}

const peerRoutes = ({ networks }: Topology): readonly PeerRoute[] =>
  networks.subnets.flatMap((subnet) =>
    subnet.routes
      .filter(({ kind }) => kind === 'peering')
      .map((route) => ({ subnet, route, peering: peeringOf(networks, route) })),
  );

/** Subnets at the other side of a peering connection to which a route of this side leads. */
const behind = ({ networks }: Topology, { subnet, route, peering }: PeerRoute) => {
  const there = peering?.sides.find((side) => side !== subnet.network);
  const isNear = peering?.sides.includes(subnet.network) === true;
  return networks.subnets.filter(({ network, cidr }) => isNear && network === there && covers(route.destination, cidr));
};

const leadingNowhere = (topology: Topology) =>
  peerRoutes(topology)
    .filter((one) => behind(topology, one).length === 0)
    .map(({ subnet, route }) => label(subnet, route));

const withoutWayBack = (topology: Topology) => {
  const all = peerRoutes(topology);
  return all
    .filter((one) =>
      behind(topology, one).some(
        (other) => !all.some((back) => back.subnet === other && behind(topology, back).includes(one.subnet)),
      ),
    )
    .map(({ subnet, route }) => label(subnet, route));
};

/** Routes between kinds of subnets of which neither calls the other. */
const untravelled = (topology: Topology) => {
  const places = (end: unknown) =>
    typeof end === 'object' && end !== null
      ? (end as { subnets: readonly Subnet[] }).subnets.map(({ kind, network }) => `${network.key} ${kind}`)
      : [];
  const travelled = new Set(
    topology.flows.flatMap(({ from, to }) =>
      places(from).flatMap((a) => places(to).flatMap((b) => [`${a} ${b}`, `${b} ${a}`])),
    ),
  );
  const place = ({ kind, network }: Subnet) => `${network.key} ${kind}`;
  return peerRoutes(topology)
    .filter((one) => !behind(topology, one).some((other) => travelled.has(`${place(one.subnet)} ${place(other)}`)))
    .map(({ subnet, route }) => label(subnet, route));
};

const reaches = ({ networks }: Topology) =>
  Object.fromEntries(
    [...Map.groupBy(networks.subnets, ({ kind }) => kind)]
      .map(([kind, subnets]) => [kind, [...new Set(subnets.map(reachOf))].join(' and ')] as const)
      .sort(),
  );

describe.each(['dev', 'loadtest', 'prod'])('in %s', (environment) => {
  const topology = sharedTopology(environment);

  test('every route to another region has its way back', () => expect(withoutWayBack(topology)).toEqual([]));

  test('no route leads nowhere', () => expect(leadingNowhere(topology)).toEqual([]));

  test('no route between regions is there for nobody', () => expect(untravelled(topology)).toEqual([]));

  test('networks do not overlap, and each subnet lies in its own', () => {
    const { networks, subnets } = topology.networks;
    expect(networks).toHaveLength({ dev: 1, loadtest: 2, prod: 3 }[environment] ?? Number.NaN);
    expect(subnets.length).toBeGreaterThan(networks.length);
    for (const one of networks) {
      expect(
        networks.filter((other) => other !== one && (covers(one.cidr, other.cidr) || covers(other.cidr, one.cidr))),
      ).toEqual([]);
    }
    expect(subnets.filter(({ cidr, network }) => !covers(network.cidr, cidr))).toEqual([]);
    expect(subnets.filter((one) => subnets.some((other) => other !== one && covers(one.cidr, other.cidr)))).toEqual([]);
  });

  test('a network is connected to each other one of the environment, once', () => {
    const { networks, peerings } = topology.networks;
    const pairs = peerings.map(({ sides }) =>
      sides
        .map(({ key }) => key)
        .sort()
        .join(' '),
    );
    expect(new Set(pairs).size).toBe(pairs.length);
    expect(pairs).toHaveLength((networks.length * (networks.length - 1)) / 2);
  });
});

test('keysigners, ring nodes, log routers, search and endpoints have no route to the internet, and only balancers face it', () => {
  const closed = { endpoint: 'none', keysigner: 'none', logRouter: 'none', ring: 'none', search: 'none' };
  expect(reaches(prod)).toEqual({ ...closed, dbwriter: 'nat', public: 'internet', webhead: 'nat' });
  expect(reaches(sharedTopology('loadtest'))).toEqual({
    ...closed,
    dbwriter: 'nat',
    generator: 'nat',
    imageBuilder: 'internet',
    public: 'internet',
    webhead: 'nat',
  });
});

test('in prod a lost zone takes no other zone’s way out along', () => {
  const crossing = prod.networks.subnets.flatMap((subnet) =>
    subnet.routes
      .filter(({ kind }) => kind === 'nat')
      .filter(
        ({ through }) =>
          prod.networks.subnet(through.resource.Properties?.['SubnetId'], through.stack).zone !== subnet.zone,
      )
      .map((route) => label(subnet, route)),
  );
  expect(crossing).toEqual([]);
});

describe('the questions can be answered with no', () => {
  const WEST = 'prod-us-west-2-peering';
  const RING_ROUTE = 'RoutesToUsEast1ringToring';
  const ZONES = ['us-west-2a', 'us-west-2b', 'us-west-2c'];

  test('a route that lost its way back is seen from the other side', () => {
    const cut = withChangedStack(prodStacks, WEST, (template) => {
      delete template.Resources[idOf(template, 'AWS::EC2::Route', RING_ROUTE)];
    });
    expect(withoutWayBack(cut)).toContain('us-east-1 ring us-east-1a to 10.21.40.0/21');
  });

  test('a route to addresses that nobody has leads nowhere', () => {
    const astray = withChangedStack(prodStacks, WEST, (template) => {
      resourceIn(template, 'AWS::EC2::Route', RING_ROUTE).Properties['DestinationCidrBlock'] = '10.99.0.0/21';
    });
    expect(leadingNowhere(astray)).toEqual(ZONES.map((zone) => `us-west-2 ring ${zone} to 10.99.0.0/21`));
  });

  test('a route through the connection of other regions leads nowhere', () => {
    const astray = withChangedStack(prodStacks, WEST, (template) => {
      const wrong = resourceIn(template, 'AWS::EC2::Route', 'RoutesToUsEast2ringToring');
      resourceIn(template, 'AWS::EC2::Route', RING_ROUTE).Properties['VpcPeeringConnectionId'] =
        wrong.Properties['VpcPeeringConnectionId'];
    });
    expect(leadingNowhere(astray)).toEqual(ZONES.map((zone) => `us-west-2 ring ${zone} to 10.20.40.0/21`));
  });

  test('a keysigner subnet with a route to the internet is seen', () => {
    const opened = withChangedStack(prodStacks, 'prod-us-east-1-network', (template) => {
      const webhead = resourceIn(template, 'AWS::EC2::Route', 'NetworkwebheadNatOfSlot0');
      const tableId = idOf(template, 'AWS::EC2::RouteTable', 'NetworkkeysignerRoutes');
      template.Resources['Opened'] = {
        Type: 'AWS::EC2::Route',
        Properties: { ...webhead.Properties, RouteTableId: { Ref: tableId }, DestinationCidrBlock: EVERYWHERE },
      };
    });
    expect(reaches(opened)['keysigner']).toBe('nat and none');
  });

  test('a route between kinds that never speak is there for nobody', () => {
    const idle = withChangedStack(prodStacks, 'prod-us-east-1-peering', (template) => {
      const ring = resourceIn(template, 'AWS::EC2::Route', 'RoutesToUsWest2ringToring');
      ring.Properties['DestinationCidrBlock'] = '10.21.8.0/21';
    });
    expect(untravelled(idle)).toContain('us-east-1 ring us-east-1a to 10.21.8.0/21');
  });
});
