/** Ways that are made on purpose: endpoints of AWS, routes between regions, flows between groups, addresses that nobody else is given. */

import { describe, expect, test } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import { connectRegions, PeerRoutes } from '../../lib/network/peering.ts';
import { PoolReservations } from '../../lib/network/pool-reservations.ts';
import { RegionEndpoints } from '../../lib/network/region-endpoints.ts';
import { RegionNetwork } from '../../lib/network/region-network.ts';
import { allow, INTERNET, SecurityGroup } from '../../lib/network/security-group.ts';
import type { Environment } from '../../regions/schema.ts';
import { emptyApp, LOADTEST, onlyIn, PROD, regionOf, resourcesIn, stackIn } from '../support/construct-stack.ts';

function regionIn(environment: Environment, index: number, scope = emptyApp()) {
  const region = regionOf(environment, index);
  const stack = stackIn(environment, region, scope);
  const primary = index === 0;
  return {
    stack,
    region,
    primary,
    network: new RegionNetwork(stack, 'Network', { environment, region, natGateways: 'one' }),
  };
}

describe('endpoints', () => {
  function endpointsOf(environment: Environment, index: number, zones: 'one' | 'all') {
    const { stack, region, network } = regionIn(environment, index);
    new RegionEndpoints(stack, 'Endpoints', { environment, region, network, zones });
    return resourcesIn(stack, 'AWS::EC2::VPCEndpoint').map(({ Properties }) => Properties);
  }

  const serviceOf = ({ ServiceName: name }: { ServiceName: string }) => name.replace('com.amazonaws.', '');

  test('of a serving region are those that its roles call, under the names that AWS gives them', () =>
    expect(endpointsOf(PROD, 1, 'all').map(serviceOf).sort()).toEqual([
      'us-west-2.ec2',
      'us-west-2.s3',
      'us-west-2.secretsmanager',
      'us-west-2.ssm',
      'us-west-2.ssmmessages',
    ]));

  test('of a witness are those of its ring node', () =>
    expect(endpointsOf(PROD, 2, 'all').map(serviceOf).sort()).toEqual([
      'us-east-2.ec2',
      'us-east-2.secretsmanager',
      'us-east-2.ssm',
      'us-east-2.ssmmessages',
    ]));

  test.each([
    ['all', 3],
    ['one', 1],
  ] as const)('in %s zones have %i addresses each, and answer under the public names of AWS', (zones, count) => {
    const ofInterfaces = endpointsOf(PROD, 0, zones).filter(({ VpcEndpointType: type }) => type === 'Interface');
    expect(ofInterfaces).toHaveLength(4);
    for (const { SubnetIds, PrivateDnsEnabled } of ofInterfaces) {
      expect(SubnetIds).toHaveLength(count);
      expect(PrivateDnsEnabled).toBe(true);
    }
  });

  test('the one of S3 serves log routers only, by their route tables', () => {
    const [gateway] = endpointsOf(PROD, 0, 'all').filter(({ VpcEndpointType: type }) => type === 'Gateway');
    const tables = gateway.RouteTableIds.map(({ 'Fn::GetAtt': [id] }: { 'Fn::GetAtt': [string] }) => id);
    expect(tables.length).toBeGreaterThan(0);
    expect(tables.filter((id: string) => !/^NetworklogRouter/.test(id))).toEqual([]);
  });
});

describe('routes between regions', () => {
  function routesOf(environment: Environment, [here, there]: readonly [number, number]): readonly string[] {
    const scope = emptyApp();
    const [from, to] = [regionIn(environment, here, scope), regionIn(environment, there, scope)];
    new PeerRoutes(from.stack, 'Routes', { here: from, there: to, connectionId: 'pcx-1' });
    const routes = resourcesIn(from.stack, 'AWS::EC2::Route').filter(
      ({ Properties }) => Properties.VpcPeeringConnectionId === 'pcx-1',
    );
    return resourcesIn(from.stack, 'AWS::EC2::SubnetRouteTableAssociation')
      .flatMap(({ Properties: { SubnetId: subnet, RouteTableId: table } }) => {
        const [, kind, slot] = /^Network(\w+)Slot(\d)/.exec(subnet['Fn::GetAtt'][0]) ?? [];
        return routes
          .filter(({ Properties }) => Properties.RouteTableId['Fn::GetAtt'][0] === table['Fn::GetAtt'][0])
          .map(({ Properties }) => `${kind} ${slot} to ${Properties.DestinationCidrBlock}`);
      })
      .sort();
  }

  test('lead from the second region to the ring and to the search domain of the first', () =>
    expect(routesOf(PROD, [1, 0])).toEqual([
      'logRouter 0 to 10.20.56.0/21',
      'logRouter 1 to 10.20.56.0/21',
      'logRouter 2 to 10.20.56.0/21',
      'ring 0 to 10.20.40.0/21',
      'ring 1 to 10.20.40.0/21',
      'ring 2 to 10.20.40.0/21',
    ]));

  test('lead back from the first region, whose search domain answers', () =>
    expect(routesOf(PROD, [0, 1])).toEqual([
      'ring 0 to 10.21.40.0/21',
      'ring 1 to 10.21.40.0/21',
      'ring 2 to 10.21.40.0/21',
      'search 0 to 10.21.48.0/21',
      'search 1 to 10.21.48.0/21',
      'search 2 to 10.21.48.0/21',
    ]));

  test('lead from a witness to the rings, and to the log routers of the first region that has them', () =>
    expect(routesOf(PROD, [2, 0])).toEqual(['ring 0 to 10.20.40.0/21', 'ring 0 to 10.20.48.0/21']));

  test('lead from a witness to the log routers of the primary region alone, and back from there alone', () => {
    expect(routesOf(PROD, [2, 1])).toEqual(['ring 0 to 10.21.40.0/21']);
    expect(routesOf(PROD, [1, 2])).toHaveLength(3);
    expect(routesOf(PROD, [1, 2]).filter((route) => !route.startsWith('ring'))).toEqual([]);
    expect(routesOf(PROD, [0, 2]).filter((route) => route.startsWith('logRouter'))).toHaveLength(3);
  });

  test('lead mails of a load test to the sink, and nothing of it in prod', () => {
    expect(routesOf(LOADTEST, [1, 0]).filter((route) => route.startsWith('dbwriter'))).toEqual([
      'dbwriter 0 to 10.40.80.0/21',
      'dbwriter 1 to 10.40.80.0/21',
      'dbwriter 2 to 10.40.80.0/21',
    ]);
    expect(routesOf(PROD, [1, 0]).length).toBeGreaterThan(0);
    expect(routesOf(PROD, [1, 0]).filter((route) => route.startsWith('dbwriter'))).toEqual([]);
  });

  test('never lead from or to where the key is', () => {
    const all = [...routesOf(PROD, [0, 1]), ...routesOf(PROD, [1, 0]), ...routesOf(LOADTEST, [0, 1])];
    expect(all.length).toBeGreaterThan(0);
    expect(all.filter((route) => /keysigner|10\.\d+\.16\.0/.test(route))).toEqual([]);
  });

  test('go over a connection that reads the other network once, without an export or a custom resource', () => {
    const scope = emptyApp();
    const [here, there] = [regionIn(PROD, 0, scope), regionIn(PROD, 1, scope)];
    connectRegions(here.stack, 'ToWest', { here, there });
    const { Properties } = onlyIn(here.stack, 'AWS::EC2::VPCPeeringConnection');
    expect(Properties.PeerRegion).toBe('us-west-2');
    expect(Properties.PeerVpcId).toMatchObject({ 'Fn::GetStackOutput': { Region: 'us-west-2' } });
    expect(JSON.stringify(Properties)).not.toContain('Fn::ImportValue');
  });
});

describe('flows', () => {
  function withFlow(make: (stack: Stack, groups: { webheads: SecurityGroup; ring: SecurityGroup }) => void): Stack {
    const stack = new Stack(emptyApp(), 'Flows');
    make(stack, {
      webheads: new SecurityGroup(stack, 'Webheads', { vpcId: 'vpc-1', bearer: 'webheads' }),
      ring: new SecurityGroup(stack, 'Ring', { vpcId: 'vpc-1', bearer: 'ring nodes' }),
    });
    return stack;
  }

  test('are let through at both ends, for one port, with their reason', () => {
    const stack = withFlow((scope, { webheads, ring }) =>
      allow(scope, 'Read', { from: webheads, to: ring, port: 9042, why: 'webheads read' }),
    );
    const rule = { IpProtocol: 'tcp', FromPort: 9042, ToPort: 9042, Description: 'webheads read' };
    expect(onlyIn(stack, 'AWS::EC2::SecurityGroupEgress').Properties).toMatchObject(rule);
    expect(onlyIn(stack, 'AWS::EC2::SecurityGroupIngress').Properties).toMatchObject(rule);
  });

  test('to the internet have one end', () => {
    const stack = withFlow((scope, { webheads }) =>
      allow(scope, 'Push', { from: webheads, to: INTERNET, port: 443, why: 'pushes' }),
    );
    expect(onlyIn(stack, 'AWS::EC2::SecurityGroupEgress').Properties.CidrIp).toBe('0.0.0.0/0');
    expect(resourcesIn(stack, 'AWS::EC2::SecurityGroupIngress')).toEqual([]);
  });

  test('that nobody named do not exist: a group alone lets nothing in and nothing out', () => {
    const stack = withFlow(() => undefined);
    const groups = resourcesIn(stack, 'AWS::EC2::SecurityGroup');
    expect(groups).toHaveLength(2);
    for (const { Properties } of groups) {
      expect(Properties).not.toHaveProperty('SecurityGroupIngress');
      expect(Properties.SecurityGroupEgress).toMatchObject([{ CidrIp: '255.255.255.255/32', IpProtocol: 'icmp' }]);
    }
    expect(resourcesIn(stack, 'AWS::EC2::SecurityGroupEgress')).toEqual([]);
  });
});

describe('addresses that stand as literals', () => {
  function reservedIn(environment: Environment, index: number): readonly string[] {
    const { stack, region, network } = regionIn(environment, index);
    new PoolReservations(stack, 'Reservations', { network, region });
    return resourcesIn(stack, 'AWS::EC2::SubnetCidrReservation').map(({ Properties }) => Properties.Cidr);
  }

  test('of ring nodes and balancers are kept out of the pool', () => {
    const reserved = reservedIn(PROD, 0);
    expect(reserved).toHaveLength(9);
    expect(reserved).toEqual(expect.arrayContaining(['10.20.40.16/28', '10.20.41.8/29', '10.20.50.8/29']));
  });

  test('are not reserved where CloudFormation cannot', () => expect(reservedIn(PROD, 2)).toEqual([]));
});
