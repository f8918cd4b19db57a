/** By which way machines reach the services of AWS that their policies let them call: endpoints, NAT or the internet itself. */

import { describe, expect, test } from '@jest/globals';
import { resourcesOf, stacksOf } from '../../app/operator/assembly.ts';
import { ENDPOINTS, type EndpointRow } from '../../lib/network/endpoints.ts';
import { roleOf, servicesCalled } from '../../tools/topology/calls.ts';
import { carries } from '../../tools/topology/flows.ts';
import { type Machines, roleOfProfile } from '../../tools/topology/machines.ts';
import type { Topology } from '../../tools/topology/model.ts';
import { type Endpoint, reachOf } from '../../tools/topology/network.ts';
import { keyOf } from '../../tools/topology/values.ts';
import { sharedStacks, sharedTopology } from './support/assembly.ts';
import { resourceIn, withChangedStack } from './support/changed.ts';

const ENVIRONMENTS = ['dev', 'loadtest', 'prod'];
const HTTPS_PORT = 443;
const topologies = ENVIRONMENTS.map(sharedTopology);

interface Call {
  readonly machines: Machines;
  readonly service: string;
  /** The endpoint of the service in the machines' network. */
  readonly endpoint: Endpoint | undefined;
}

const callsOf = (topology: Topology): readonly Call[] =>
  topology.machines.flatMap((machines) =>
    servicesCalled(roleOf(topology, machines)).map((service) => ({
      machines,
      service,
      endpoint: topology.networks.endpoints.find(
        (one) => one.service === service && one.network === machines.subnets[0]?.network,
      ),
    })),
  );
const words = ({ machines, service }: Call) => `${machines.role} calls ${service}`;
const unique = (all: readonly string[]) => [...new Set(all)].sort();

/** Calls of machines without a way to the internet, for which no endpoint of their network is there. */
const withoutWay = (topology: Topology) =>
  unique(
    callsOf(topology)
      .filter(({ machines, endpoint }) => {
        const isClosed = machines.subnets.some((subnet) => reachOf(subnet) === 'none');
        const isRouted =
          endpoint?.kind !== 'Gateway' || machines.subnets.every((one) => endpoint.subnets.includes(one));
        return isClosed && (endpoint === undefined || !isRouted);
      })
      .map(words),
  );

/** An interface endpoint takes the service's name over for its whole network: whoever calls it must be let in there. */
const shutOut = (topology: Topology) =>
  unique(
    callsOf(topology)
      .filter(({ machines, endpoint }) => {
        if (endpoint?.kind !== 'Interface') return false;
        return !topology.flows.some(
          ({ from, to, ...flow }) =>
            typeof from === 'object' &&
            typeof to === 'object' &&
            carries({ from, to, ...flow }, HTTPS_PORT) &&
            from.bearers.some((bearer) => keyOf(bearer) === machines.key) &&
            to.bearers.some((bearer) => keyOf(bearer) === keyOf(endpoint)),
        );
      })
      .map(words),
  );

const withoutRow = (topology: Topology, rows: readonly EndpointRow[]) =>
  unique(
    callsOf(topology)
      .filter(({ machines, service, endpoint }) => {
        const row = rows.find((one) => one.service === service);
        return endpoint !== undefined && !row?.roles.some((role) => role === machines.role);
      })
      .map(words),
  );

const unusedRows = (all: readonly Topology[], rows: readonly EndpointRow[]) => {
  const called = new Set(
    all
      .flatMap(callsOf)
      .filter(({ endpoint }) => endpoint !== undefined)
      .map(words),
  );
  return rows
    .flatMap(({ service, roles }) => roles.map((role) => `${role} calls ${service}`))
    .filter((one) => !called.has(one));
};

const forNobody = (topology: Topology) => {
  const used = new Set(callsOf(topology).map(({ endpoint }) => endpoint));
  return topology.networks.endpoints.filter((one) => !used.has(one)).map(keyOf);
};

describe.each(ENVIRONMENTS)('in %s', (environment) => {
  const topology = sharedTopology(environment);

  test('each service that machines without a way to the internet call has an endpoint in their network', () =>
    expect(withoutWay(topology)).toEqual([]));

  test('whoever calls a service that has an endpoint in the network is let in there', () =>
    expect(shutOut(topology)).toEqual([]));

  test('each call through an endpoint is a row of the table', () =>
    expect(withoutRow(topology, ENDPOINTS)).toEqual([]));

  test('no endpoint is there for nobody', () => expect(forNobody(topology)).toEqual([]));
});

test('no role stands in a row of the table without such a call', () =>
  expect(unusedRows(topologies, ENDPOINTS)).toEqual([]));

test('a machine that bakes an image is let in at each endpoint of the network in which it stands', () => {
  const loadtest = sharedTopology('loadtest');
  const baking = resourcesOf(loadtest.stacks, 'AWS::ImageBuilder::InfrastructureConfiguration');
  const shut = baking.flatMap((place) => {
    const profile = loadtest.values.target(place.resource.Properties?.['InstanceProfileName'], place.stack);
    const iamRole = profile === undefined ? undefined : roleOfProfile(profile, loadtest.values);
    const role = loadtest.roles.find(({ key }) => iamRole !== undefined && key === keyOf(iamRole));
    if (role === undefined) throw new RangeError(`${keyOf(place)} has no role of ours`);
    const group = loadtest.groups.find(({ bearers }) => bearers.some((bearer) => keyOf(bearer) === keyOf(place)));
    const network = group?.subnets[0]?.network;
    return loadtest.networks.endpoints
      .filter(
        (one) => one.kind === 'Interface' && one.network === network && servicesCalled(role).includes(one.service),
      )
      .filter(
        (endpoint) =>
          !loadtest.flows.some(
            ({ from, to }) =>
              from === group &&
              typeof to === 'object' &&
              to.bearers.some((bearer) => keyOf(bearer) === keyOf(endpoint)),
          ),
      )
      .map(({ service }) => `${place.id} calls ${service}`);
  });
  expect(baking.length).toBeGreaterThan(0);
  expect(shut).toEqual([]);
});

describe('the questions can be answered with no', () => {
  const prod = stacksOf(sharedStacks(), 'prod');
  const NETWORK = 'prod-us-east-1-network';
  const SERVICES = 'prod-us-east-1-services';

  test('without its endpoint a keysigner cannot read its secrets', () => {
    const bare = withChangedStack(prod, NETWORK, (template) => {
      resourceIn(template, 'AWS::EC2::VPCEndpoint', '.secretsmanager').Properties['ServiceName'] =
        'com.amazonaws.us-east-1.sns';
    });
    expect(withoutWay(bare)).toEqual(['keysigner calls secretsmanager', 'ring-node calls secretsmanager']);
    expect(forNobody(bare)).toHaveLength(1);
  });

  test('a role that is given a new call needs a row, and a way', () => {
    const curious = withChangedStack(prod, SERVICES, (template) => {
      const [policy] = resourceIn(template, 'AWS::IAM::Role', 'keysigner machines').Properties['Policies'] as [
        { PolicyDocument: { Statement: { Action: string[] }[] } },
      ];
      policy.PolicyDocument.Statement[0]?.Action.push('kms:Sign', 'ssm:GetParameter');
    });
    expect(withoutWay(curious)).toEqual(['keysigner calls kms']);
    expect(withoutRow(curious, ENDPOINTS)).toEqual(['keysigner calls ssm']);
  });

  test('a webhead without the rule towards the endpoints is shut out, though it could go by NAT', () => {
    const shut = withChangedStack(prod, SERVICES, (template) => {
      for (const [id, { Type: type }] of Object.entries(template.Resources)) {
        if (type === 'AWS::EC2::SecurityGroupIngress' && id.startsWith('WebheadMachinesToEndpoints'))
          delete template.Resources[id];
      }
    });
    expect(shutOut(shut)).toEqual(['webhead calls secretsmanager', 'webhead calls ssm', 'webhead calls ssmmessages']);
  });

  test('a role in a row whose calls it does not make is told', () =>
    expect(
      unusedRows(
        topologies,
        ENDPOINTS.map((row) => ({ ...row, roles: [...row.roles, 'box' as const] })),
      ),
    ).toEqual(ENDPOINTS.map(({ service }) => `box calls ${service}`)));
});
