/** Who can open a connection to whom: asked of security groups at both ends and of the routes between them. */

import { describe, expect, test } from '@jest/globals';
import { stacksOf } from '../../app/operator/assembly.ts';
import { carries, endName, type Flow, INTERNET, unusedRules } from '../../tools/topology/flows.ts';
import type { Topology } from '../../tools/topology/model.ts';
import { reachOf } from '../../tools/topology/network.ts';
import { sharedStacks, sharedTopology } from './support/assembly.ts';
import { idOf, resourceIn, withChangedStack } from './support/changed.ts';

const TWO_REGIONS = ['loadtest', 'prod'];
const CQL_PORT = 9042;
const STORAGE_PORT = 7000;
const JMX_PORT = 7199;
const SSH_PORT = 22;

const prod = sharedTopology('prod');
const prodStacks = stacksOf(sharedStacks(), 'prod');

const of = (environment: string) => (environment === 'prod' ? prod : sharedTopology(environment));
const fromNames = (flows: readonly Flow[]) => [...new Set(flows.map(({ from }) => endName(from)))].sort();
const toNames = (flows: readonly Flow[]) => [...new Set(flows.map(({ to }) => endName(to)))].sort();
const reaching = ({ flows }: Topology, port: number, to: string) =>
  fromNames(flows.filter((flow) => carries(flow, port) && endName(flow.to) === to));
const leaving = ({ flows }: Topology, from: string) =>
  flows.filter((flow) => endName(flow.from) === from).map((flow) => `${endName(flow.to)} ${flow.fromPort}`);
const crossing = ({ flows }: Topology) =>
  flows.filter(
    ({ from, to }) => typeof from === 'object' && typeof to === 'object' && from.stack.region !== to.stack.region,
  );
const unborne = ({ groups }: Topology) => groups.filter(({ bearers }) => bearers.length === 0).map(({ name }) => name);
const unused = ({ groups, flows }: Topology) => unusedRules(groups, flows).map(({ why, id }) => `${id}: ${why}`);
const open = ({ groups }: Topology, port: number) =>
  groups.flatMap(({ name, rules }) =>
    rules
      .filter(({ way, fromPort, toPort }) => way === 'in' && fromPort <= port && port <= toPort)
      .map(({ id }) => `${name}: ${id}`),
  );

describe.each(TWO_REGIONS)('in %s', (environment) => {
  const topology = of(environment);

  test('a webhead cannot reach the port by which ring nodes speak among themselves', () =>
    expect(reaching(topology, STORAGE_PORT, 'ring nodes')).toEqual(['ring nodes']));

  test('CQL is reached by dbwriters and webheads, and by the balancer for operators', () =>
    expect(reaching(topology, CQL_PORT, 'ring nodes')).toEqual([
      'dbwriter machines',
      'ring balancer',
      'webhead machines',
    ]));

  test("the ring's balancer is reached by dbwriters only", () =>
    expect(reaching(topology, CQL_PORT, 'ring balancer')).toEqual(['dbwriter machines']));

  test('CQL is never spoken across regions', () => {
    expect(crossing(topology).length).toBeGreaterThan(0);
    expect(crossing(topology).filter((flow) => carries(flow, CQL_PORT))).toEqual([]);
  });

  test('keysigners are asked by webheads only, through their balancer', () => {
    expect(reaching(topology, 443, 'keysigner balancer')).toEqual(['webhead machines']);
    expect(reaching(topology, 8443, 'keysigner machines')).toEqual(['keysigner balancer']);
  });

  test('a keysigner opens connections to the endpoints of AWS and to log routers, and to nobody else', () =>
    expect([...new Set(leaving(topology, 'keysigner machines'))].sort()).toEqual([
      'endpoints of AWS 443',
      'logs balancer 2514',
    ]));

  test('dbwriters are asked by webheads only, through their balancer', () => {
    expect(reaching(topology, 443, 'dbwriter balancer')).toEqual(['webhead machines']);
    expect(reaching(topology, 8443, 'dbwriter machines')).toEqual(['dbwriter balancer']);
  });

  test('lines are searched and written through log routers only', () =>
    expect(reaching(topology, 443, 'search domain')).toEqual(['log router machines']));

  test('the internet reaches the balancers of webheads only, by HTTPS and by the HTTP that redirects there', () => {
    const flows = topology.flows.filter(({ from }) => from === INTERNET);
    expect(toNames(flows)).toEqual(['webhead balancer']);
    expect([...new Set(flows.map(({ fromPort, toPort }) => `${fromPort}-${toPort}`))].sort()).toEqual([
      '443-443',
      '80-80',
    ]);
  });

  test('nobody reaches the port by which Cassandra is managed, nor that of SSH', () => {
    expect(open(topology, JMX_PORT)).toEqual([]);
    expect(open(topology, SSH_PORT)).toEqual([]);
  });

  test('what bears the group of keysigners or ring nodes has no route to the internet', () => {
    const closed = topology.groups.filter(({ name }) => /^(keysigner|ring)/.test(name));
    expect(closed.map(({ name }) => name)).toEqual(expect.arrayContaining(['keysigner machines', 'ring nodes']));
    expect(closed.flatMap(({ subnets }) => subnets).filter((subnet) => reachOf(subnet) !== 'none')).toEqual([]);
  });
});

test('in prod the internet is called by webheads, which push, and by dbwriters, which send mail', () =>
  expect(fromNames(prod.flows.filter(({ to }) => to === INTERNET))).toEqual(['dbwriter machines', 'webhead machines']));

test('in loadtest the internet is called by webheads, by generators, and by machines that bake images', () =>
  expect(fromNames(of('loadtest').flows.filter(({ to }) => to === INTERNET))).toEqual([
    'generator machines',
    'machines that bake images',
    'webhead machines',
  ]));

test('across regions only ring nodes, log routers, a witness with its lines, and mails of a load test are let through', () => {
  const pairs = (environment: string) =>
    [
      ...new Set(
        crossing(of(environment)).map((flow) => `${endName(flow.from)} -> ${endName(flow.to)} ${flow.fromPort}`),
      ),
    ].sort();
  expect(pairs('prod')).toEqual([
    'log router machines -> search domain 443',
    'ring nodes -> ring nodes 7000',
    'ring-node machines -> logs balancer 2514',
  ]);
  expect(pairs('loadtest')).toEqual([
    'dbwriter machines -> mail balancer 2525',
    'log router machines -> search domain 443',
    'ring nodes -> ring nodes 7000',
  ]);
});

test('the box is reached over HTTPS and HTTP from the internet, and calls HTTPS', () =>
  expect(
    of('dev')
      .flows.filter(({ from, to }) => [endName(from), endName(to)].includes('the box'))
      .map(({ from, to, fromPort }) => `${endName(from)} -> ${endName(to)} ${fromPort}`),
  ).toEqual(['internet -> the box 443', 'internet -> the box 80', 'the box -> internet 443']));

describe.each(['dev', 'loadtest', 'prod'])('in %s', (environment) => {
  const topology = of(environment);

  test('every group is borne by something', () => expect(unborne(topology)).toEqual([]));

  test('every rule has its other end, and a route there and back', () => expect(unused(topology)).toEqual([]));

  test('every rule is about TCP and one port, and says why', () => {
    const rules = topology.groups.flatMap((group) => group.rules);
    const wide = rules.filter(
      ({ protocol, fromPort, toPort, why }) => protocol !== 'tcp' || fromPort !== toPort || why.length < 10,
    );
    expect(rules.length).toBeGreaterThan(0);
    expect(wide).toEqual([]);
  });
});

describe('the questions can be answered with no', () => {
  const SERVICES = 'prod-us-east-1-services';
  const DATA = 'prod-us-east-1-data';

  test('a webhead that is let to the storage port is seen', () => {
    const widened = withChangedStack(prodStacks, SERVICES, (template) => {
      for (const type of ['AWS::EC2::SecurityGroupEgress', 'AWS::EC2::SecurityGroupIngress']) {
        Object.assign(resourceIn(template, type, 'WebheadMachinesToRing').Properties, { FromPort: 7000, ToPort: 9042 });
      }
    });
    expect(reaching(widened, STORAGE_PORT, 'ring nodes')).toEqual(['ring nodes', 'webhead machines']);
  });

  test('an ingress rule whose sender has no egress rule is unused', () => {
    const halved = withChangedStack(prodStacks, SERVICES, (template) => {
      delete template.Resources[idOf(template, 'AWS::EC2::SecurityGroupEgress', 'WebheadMachinesToRing')];
    });
    expect(unused(halved)).toEqual([
      ...unused(prod),
      expect.stringMatching(/^WebheadMachinesToRingIn\w+: webheads read, with a login that cannot write$/),
    ]);
  });

  test('an egress rule whose receiver has no ingress rule is unused', () => {
    const halved = withChangedStack(prodStacks, DATA, (template) => {
      delete template.Resources[idOf(template, 'AWS::EC2::SecurityGroupIngress', 'RingBalancerAsksNodes')];
    });
    expect(unused(halved)).toContainEqual(expect.stringMatching(/^RingBalancerAsksNodesOut/));
  });

  test('rules for a region to which no route leads are unused', () => {
    const cut = withChangedStack(prodStacks, 'prod-us-west-2-peering', (template) => {
      for (const [id, { Type: type }] of Object.entries(template.Resources)) {
        if (type === 'AWS::EC2::Route' && id.startsWith('RoutesToUsEast1ring')) delete template.Resources[id];
      }
    });
    expect(unused(cut)).toContainEqual(expect.stringContaining('replication with us-east-1'));
    expect(
      crossing(cut).filter(
        (flow) => carries(flow, STORAGE_PORT) && flow.rules.some(({ why }) => why.includes('us-west-2')),
      ),
    ).toEqual([expect.anything(), expect.anything()]);
  });

  test('a group that nothing bears is seen', () => {
    const bare = withChangedStack(prodStacks, SERVICES, (template) => {
      const launch = resourceIn(template, 'AWS::EC2::LaunchTemplate', 'prod keysigner');
      Object.assign(launch.Properties['LaunchTemplateData'] as object, { SecurityGroupIds: [] });
    });
    expect(unborne(bare)).toEqual(['keysigner machines']);
  });

  test('a group without a rule lets everything out, and is seen to', () => {
    const open = withChangedStack(prodStacks, SERVICES, (template) => {
      const group = resourceIn(template, 'AWS::EC2::SecurityGroup', 'keysigner machines');
      delete group.Properties['SecurityGroupEgress'];
    });
    const all = open.groups.flatMap(({ rules }) => rules).filter(({ protocol }) => protocol === '-1');
    expect(all).toHaveLength(1);
  });
});
