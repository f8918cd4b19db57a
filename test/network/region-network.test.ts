/** The network of a region: addresses that never move, and ways out for those alone who need one. */

import { describe, expect, test } from '@jest/globals';
import type { Stack } from 'aws-cdk-lib';
import { RegionNetwork, type RegionNetworkProps } from '../../lib/network/region-network.ts';
import type { Environment } from '../../regions/schema.ts';
import {
  DEV,
  LOADTEST,
  onlyIn,
  PROD,
  type Resource,
  regionOf,
  resourcesIn,
  stackIn,
} from '../support/construct-stack.ts';

function networkOf(
  environment: Environment,
  index: number,
  natGateways: RegionNetworkProps['natGateways'] = 'one',
): { readonly stack: Stack; readonly network: RegionNetwork } {
  const region = regionOf(environment, index);
  const stack = stackIn(environment, region);
  return { stack, network: new RegionNetwork(stack, 'Network', { environment, region, natGateways }) };
}

/** Where each subnet's default route leads, by the subnet's name: `internet`, `nat` with its zone slot, or nowhere. */
function waysOut(stack: Stack): Readonly<Record<string, string>> {
  const subnets = resourcesIn(stack, 'AWS::EC2::Subnet');
  const routes = resourcesIn(stack, 'AWS::EC2::Route').filter(
    ({ Properties }) => Properties.DestinationCidrBlock === '0.0.0.0/0',
  );
  return Object.fromEntries(
    resourcesIn(stack, 'AWS::EC2::SubnetRouteTableAssociation').map(({ Properties: { SubnetId, RouteTableId } }) => {
      const subnet = subnets.find(({ id }) => id === idOf(SubnetId));
      const route = routes.find(({ Properties }) => idOf(Properties.RouteTableId) === idOf(RouteTableId));
      return [subnet === undefined ? '' : nameOf(subnet), route === undefined ? 'nowhere' : wayOf(route)];
    }),
  );
}

function wayOf({ Properties }: Resource): string {
  if (Properties.GatewayId !== undefined) return 'internet';
  return idOf(Properties.NatGatewayId).replace(/^NetworkNatOfSlot(\d).*$/, 'nat $1');
}

function idOf(reference: { 'Fn::GetAtt': [string, string] }): string {
  return reference['Fn::GetAtt'][0];
}

function kindOf(subnetId: string): string {
  return subnetId.replace(/^Network(.+)Slot\d.*$/, '$1');
}

function nameOf({ Properties }: Resource): string {
  return Properties.Tags.find(({ Key }: { Key: string }) => Key === 'Name').Value;
}

describe('subnets', () => {
  const { stack } = networkOf(PROD, 0);
  const cidrs = Object.fromEntries(
    resourcesIn(stack, 'AWS::EC2::Subnet').map((subnet) => [nameOf(subnet), subnet.Properties.CidrBlock]),
  );

  test('stand at the addresses of the plan, one for each kind and zone', () =>
    expect(cidrs).toMatchObject({
      'public use1-az1': '10.20.0.0/24',
      'webhead use1-az2': '10.20.9.0/24',
      'keysigner use1-az4': '10.20.18.0/24',
      'dbwriter use1-az1': '10.20.24.0/24',
      'ring use1-az2': '10.20.41.0/24',
      'logRouter use1-az4': '10.20.50.0/24',
      'search use1-az1': '10.20.56.0/24',
      'endpoint use1-az2': '10.20.65.0/24',
    }));

  test('do not move when a zone is taken away: the others keep theirs', () => {
    const region = regionOf(PROD, 0);
    const fewer = { ...region, zones: region.zones.slice(1), ringNodes: region.ringNodes.slice(1) };
    const smaller = stackIn(PROD, fewer);
    new RegionNetwork(smaller, 'Network', { environment: PROD, region: fewer, natGateways: 'one' });
    const left = resourcesIn(smaller, 'AWS::EC2::Subnet').map((subnet) => [
      nameOf(subnet),
      subnet.Properties.CidrBlock,
    ]);
    expect(left.length).toBeGreaterThan(0);
    expect(left.filter(([name, cidr]) => cidrs[name as string] !== cidr)).toEqual([]);
  });

  test('each follow one route table, which subnets of another kind do not follow', () => {
    const pairs = resourcesIn(stack, 'AWS::EC2::SubnetRouteTableAssociation').map(({ Properties }) => ({
      kind: kindOf(idOf(Properties.SubnetId)),
      table: idOf(Properties.RouteTableId),
    }));
    expect(pairs).toHaveLength(Object.keys(cidrs).length);
    for (const { kind, table } of pairs) {
      expect(new Set(pairs.filter((one) => one.table === table).map((one) => one.kind))).toEqual(new Set([kind]));
    }
  });

  test('give no machine a public address by themselves, but where images are baked', () => {
    const { stack: built } = networkOf(LOADTEST, 0);
    const open = [stack, built].map((one) =>
      resourcesIn(one, 'AWS::EC2::Subnet')
        .filter(({ Properties }) => Properties.MapPublicIpOnLaunch === true)
        .map(nameOf),
    );
    expect(open).toEqual([[], ['imageBuilder use1-az1']]);
  });
});

describe('ways out', () => {
  test('with a gateway in each zone every zone has its own, and what keeps keys or data has none', () => {
    const ways = waysOut(networkOf(PROD, 1, 'one-a-zone').stack);
    expect(ways).toEqual({
      ...forZones('public', ['internet', 'internet', 'internet']),
      ...forZones('webhead', ['nat 0', 'nat 1', 'nat 2']),
      ...forZones('dbwriter', ['nat 0', 'nat 1', 'nat 2']),
      ...forZones('keysigner', ['nowhere', 'nowhere', 'nowhere']),
      ...forZones('ring', ['nowhere', 'nowhere', 'nowhere']),
      ...forZones('logRouter', ['nowhere', 'nowhere', 'nowhere']),
      ...forZones('endpoint', ['nowhere', 'nowhere', 'nowhere']),
    });
  });

  test('with one gateway every zone goes through the first zone', () => {
    const { stack, network } = networkOf(PROD, 1, 'one');
    expect(waysOut(stack)).toMatchObject(forZones('webhead', ['nat 0', 'nat 0', 'nat 0']));
    expect(network.natGateways.map(({ zoneId }) => zoneId)).toEqual(['usw2-az1']);
    expect(resourcesIn(stack, 'AWS::EC2::EIP')).toHaveLength(1);
  });

  test('a witness has no way to the internet, and so no gateway', () => {
    const { stack, network } = networkOf(PROD, 2);
    expect(waysOut(stack)).toEqual({ 'ring use2-az1': 'nowhere', 'endpoint use2-az1': 'nowhere' });
    expect(resourcesIn(stack, 'AWS::EC2::InternetGateway')).toEqual([]);
    expect(network.natGateways).toEqual([]);
  });

  test('a route to the internet waits until the gateway is attached', () => {
    const { stack } = networkOf(DEV, 0);
    const attachment = onlyIn(stack, 'AWS::EC2::VPCGatewayAttachment');
    const routes = resourcesIn(stack, 'AWS::EC2::Route');
    expect(routes.length).toBeGreaterThan(0);
    expect(routes.filter(({ DependsOn }) => !DependsOn?.includes(attachment.id))).toEqual([]);
  });
});

describe('names inside', () => {
  test("stand in a private zone of the region, below the operator's own zone", () =>
    expect(onlyIn(networkOf(PROD, 1).stack, 'AWS::Route53::HostedZone').Properties).toMatchObject({
      Name: 'internal.idp.example.org',
      VPCs: [{ VPCRegion: 'us-west-2' }],
    }));

  test('are none on one machine: who asks for the zone is told', () =>
    expect(() => networkOf(DEV, 0).network.privateZoneId).toThrow(
      new RangeError('the network of us-east-1 has no private zone'),
    ));
});

test('a kind that the region does not have is refused by name', () => {
  const { network } = networkOf(PROD, 1);
  expect(network.hasSubnets('search')).toBe(false);
  expect(() => network.subnetIds('search')).toThrow(new RangeError('us-west-2 has no search subnet in us-west-2a'));
});

function forZones(kind: string, ways: readonly [string, string, string]): Readonly<Record<string, string>> {
  return Object.fromEntries(ways.map((way, index) => [`${kind} usw2-az${index + 1}`, way]));
}
