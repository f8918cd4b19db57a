/** `picl-idp cost`: what it makes of templates, and what the real ones may cost. */

import { afterEach, describe, expect, test } from '@jest/globals';
import { Fn, type Stack } from 'aws-cdk-lib';
import { CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { CfnTable } from 'aws-cdk-lib/aws-dynamodb';
import { CfnEIP, CfnLaunchTemplate, CfnNatGateway, CfnVolume, CfnVPC, CfnVPCEndpoint } from 'aws-cdk-lib/aws-ec2';
import { CfnLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { CfnDomain } from 'aws-cdk-lib/aws-opensearchservice';
import { CfnHealthCheck } from 'aws-cdk-lib/aws-route53';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { readAssembly, resourcesOf, stacksOf } from '../../app/operator/assembly.ts';
import { dollarsOf } from '../../app/operator/cost/lines.ts';
import { type EnvironmentCost, priceEnvironment } from '../../app/operator/cost/price-environment.ts';
import { FREE, NOT_PRICED, PRICED } from '../../app/operator/cost/resource-lines.ts';
import { sharedStacks } from '../topology/support/assembly.ts';
import { type Build, type TestAssembly, writeAssembly } from './support/assembly.ts';
import { piclIdp } from './support/picl-idp.ts';

let assembly: TestAssembly | undefined;
afterEach(() => assembly?.remove());

function written(...builds: readonly Build[]): TestAssembly {
  const stacks = builds.map(
    (build, index) => [`prod-us-${index === 0 ? 'east-1' : 'west-2'}-services`, build] as const,
  );
  assembly = writeAssembly('333333333333', Object.fromEntries(stacks));
  return assembly;
}

const costOf = (...builds: readonly Build[]) =>
  priceEnvironment(stacksOf(readAssembly(written(...builds).folder), 'prod'));

/** A group's lines as what and dollars, to the cent. */
function linesOf({ groups }: EnvironmentCost, name: string): Readonly<Record<string, number>> {
  const lines = groups.find(({ group }) => group === name)?.lines ?? [];
  return Object.fromEntries(lines.map((line) => [line.what, Math.round(dollarsOf(line) * 100) / 100]));
}

/** Machines as our launch templates make them: their user data names their role. */
function machines(
  stack: Stack,
  role: string,
  { type = 'c7g.large', min = '3', max = '9', detailed = true, settings = '', isPublic = false } = {},
): void {
  const id = role.replaceAll('-', '');
  const template = new CfnLaunchTemplate(stack, `${id}Template`, {
    launchTemplateData: {
      instanceType: type,
      monitoring: { enabled: detailed },
      blockDeviceMappings: [{ deviceName: '/dev/sda1', ebs: { volumeSize: 10, volumeType: 'gp3' } }],
      ...(isPublic ? { networkInterfaces: [{ deviceIndex: 0, associatePublicIpAddress: true }] } : {}),
      userData: Fn.base64(`#!/bin/sh\nset -eu\n${settings}systemctl enable --now picl-idp-${role}.service\n`),
    },
  });
  new CfnAutoScalingGroup(stack, `${id}Machines`, {
    minSize: min,
    maxSize: max,
    launchTemplate: { launchTemplateId: template.attrLaunchTemplateId, version: template.attrLatestVersionNumber },
  });
}

describe('machines', () => {
  test('are priced at the least that run, with their disks and their metrics', () => {
    const cost = costOf((stack) => machines(stack, 'webhead', { min: '4' }));
    expect(linesOf(cost, 'webheads')).toEqual({
      // 4 x 0.0725 $ x 730 hours; 40 GB x 0.08 $; 4 x 2.10 $.
      'c7g.large': 211.7,
      'disks of machines': 3.2,
      'metrics every minute': 8.4,
    });
  });

  test('of a ring stand empty in the template and are priced as they will run, and generators are not', () => {
    const cost = costOf((stack) => {
      machines(stack, 'ring-node', { type: 'm7g.xlarge', min: '0', max: '1', detailed: false });
      machines(stack, 'generator', { min: '0', max: '5' });
    });
    expect(linesOf(cost, 'ring nodes')).toEqual({ 'm7g.xlarge': 119.14, 'disks of machines': 0.8 });
    expect(cost.groups.map(({ group }) => group)).not.toContain('generators');
  });

  test('pay for the public address that they start with, unless an elastic one takes its place', () => {
    const settings =
      "cat > /etc/picl-idp/attach.env <<'END'\nATTACH_ADDRESS_ALLOCATION_TAG=picl-idp:elastic-address=dev/box\nEND\n";
    const cost = costOf((stack) => {
      machines(stack, 'generator', { min: '1', isPublic: true });
      machines(stack, 'box', { min: '1', isPublic: true, settings });
      new CfnEIP(stack, 'Address', { domain: 'vpc' });
    });
    expect(linesOf(cost, 'generators')).toMatchObject({ 'public address': 3.65 });
    expect(linesOf(cost, 'the machine')).not.toHaveProperty('public address');
    expect(linesOf(cost, 'ways to the internet')).toEqual({ 'elastic address': 3.65 });
  });

  test('whose user data tells no role are refused, and no role is guessed for them', () =>
    expect(() => costOf((stack) => machines(stack, 'webhead', { settings: 'poweroff\n' }))).toThrow(
      'user data: got "poweroff", allowed: settings files and one role',
    ));

  test('of a type without a price are refused by their name', () =>
    expect(() => costOf((stack) => machines(stack, 'webhead', { type: 'x9z.huge' }))).toThrow(
      /^instance type: got x9z.huge \(webheadMachines\), allowed: t4g.micro, /,
    ));

  test('whose launch template is not to be found are refused by their name', () =>
    expect(() =>
      costOf((stack) => {
        new CfnAutoScalingGroup(stack, 'Lost', {
          minSize: '1',
          maxSize: '1',
          launchTemplate: { launchTemplateId: 'lt-1', version: '1' },
        });
      }),
    ).toThrow('prod-us-east-1-services: Lost has no launch template with a literal instance type in its stack'));
});

describe('resources', () => {
  test('are priced by what they hold: zones, replicas, options, sizes', () => {
    const cost = costOf((stack) => {
      const zones = ['a', 'b', 'c'];
      const vpcId = new CfnVPC(stack, 'Vpc', { cidrBlock: '10.20.0.0/16' }).ref;
      const endpoint = { vpcId, serviceName: 'com.amazonaws.us-east-1.ssm' };
      new CfnVPCEndpoint(stack, 'Ssm', { ...endpoint, vpcEndpointType: 'Interface', subnetIds: zones });
      new CfnVPCEndpoint(stack, 'S3', { ...endpoint, vpcEndpointType: 'Gateway' });
      new CfnLoadBalancer(stack, 'Public', { type: 'application', scheme: 'internet-facing', subnets: zones });
      new CfnLoadBalancer(stack, 'Inside', { type: 'network', scheme: 'internal', subnets: zones });
      new CfnSecret(stack, 'Secret', {
        name: 'one',
        replicaRegions: [{ region: 'us-west-2' }, { region: 'us-east-2' }],
      });
      new CfnHealthCheck(stack, 'Check', { healthCheckConfig: { type: 'HTTPS', requestInterval: 10 } });
      new CfnNatGateway(stack, 'Nat', { subnetId: 'a' });
      new CfnVolume(stack, 'Volume', {
        availabilityZone: 'us-east-1a',
        size: 200,
        iops: 4000,
        throughput: 225,
        tags: [{ key: 'picl-idp:ring-node', value: 'ring-1' }],
      });
      new CfnDomain(stack, 'Search', {
        clusterConfig: { instanceType: 't3.medium.search', instanceCount: 2 },
        ebsOptions: { ebsEnabled: true, volumeSize: 100, volumeType: 'gp3' },
      });
    });
    expect(linesOf(cost, 'endpoints of AWS services')).toEqual({ 'interface endpoint in a zone': 21.9 });
    expect(linesOf(cost, 'load balancers')).toMatchObject({
      'application load balancer': 16.43,
      'network load balancer': 16.43,
      'public address': 10.95,
    });
    expect(linesOf(cost, 'secrets and keys')).toEqual({ 'secret or replica': 1.2 });
    expect(linesOf(cost, 'names and health checks')).toEqual({
      'health check': 0.5,
      'option of a health check (HTTPS, ten seconds)': 2,
    });
    expect(linesOf(cost, 'ways to the internet')).toEqual({ 'NAT gateway': 32.85 });
    expect(linesOf(cost, 'ring nodes')).toEqual({
      volumes: 16,
      'volumes: more IOPS': 5,
      'volumes: more throughput': 4,
    });
    expect(linesOf(cost, 'search for logs')).toEqual({ 't3.medium.search': 106.58, disks: 24.4 });
    expect(cost.dollarsAMonth).toBeCloseTo(
      cost.groups.flatMap(({ lines }) => lines).reduce((sum, line) => sum + dollarsOf(line), 0),
    );
  });

  test('stand in groups and lines of which the biggest comes first', () => {
    const cost = costOf((stack) => {
      machines(stack, 'keysigner', { type: 'c7g.medium' });
      machines(stack, 'webhead');
      new CfnNatGateway(stack, 'Nat', { subnetId: 'a' });
    });
    const dollars = cost.groups.map(({ dollarsAMonth }) => dollarsAMonth);
    expect(dollars).toEqual(dollars.toSorted((left, right) => right - left));
    for (const { lines } of cost.groups) {
      const ofLines = lines.map(dollarsOf);
      expect(ofLines).toEqual(ofLines.toSorted((left, right) => right - left));
    }
  });

  test('of a type that no table knows are told, and the command fails', async () => {
    const { folder } = written((stack) => {
      new CfnTable(stack, 'Table', { keySchema: [{ attributeName: 'id', keyType: 'HASH' }] });
    });
    const { code, stdout } = await piclIdp(['cost', 'prod', '--assembly', folder]);
    expect(code).toBe(1);
    expect(stdout).toContain('  NO PRICE IS KNOWN for 1 x AWS::DynamoDB::Table: the total lacks it\n');
  });
});

describe('the token servers to come', () => {
  const region: Build = (stack) => {
    machines(stack, 'webhead');
    const subnets = ['a', 'b', 'c'];
    new CfnLoadBalancer(stack, 'Public', { type: 'application', scheme: 'internet-facing', subnets });
    new CfnLoadBalancer(stack, 'Inside', { type: 'application', scheme: 'internal', subnets });
  };
  const head = 'token servers to come (estimate)';

  test('are estimated like the webheads of each region, with a balancer each', () =>
    expect(linesOf(costOf(region, region), head)).toMatchObject({
      'c7g.large': 317.55,
      'application load balancer': 32.85,
      'public address': 21.9,
    }));

  test('are estimated no more when they are there', () => {
    const cost = costOf((stack, app) => {
      region(stack, app);
      machines(stack, 'tokenserver');
    });
    expect(cost.groups.map(({ group }) => group)).toEqual(expect.arrayContaining(['token servers', 'webheads']));
    expect(cost.groups.map(({ group }) => group)).not.toContain(head);
  });
});

describe('the assumed traffic', () => {
  test('follows the webheads, or what an operator says, and moves no other line', () => {
    const { folder } = written((stack) => machines(stack, 'webhead'));
    const stacks = stacksOf(readAssembly(folder), 'prod');
    const [assumed, said] = [priceEnvironment(stacks), priceEnvironment(stacks, { requestsPerSecond: 90 })];
    expect(assumed.requestsPerSecond).toBe(9);
    const fixed = ({ groups }: EnvironmentCost) =>
      groups.flatMap(({ lines }) => lines.filter((line) => line.assumed !== true).map(dollarsOf));
    expect(fixed(said)).toEqual(fixed(assumed));
    // 90 a second are 236.52 million a month, of 2 kB each: 473.04 GB, of which 100 are free.
    expect(linesOf(assumed, 'traffic')['to the internet, beyond the free 100 GB']).toBeUndefined();
    expect(linesOf(said, 'traffic')['to the internet, beyond the free 100 GB']).toBe(33.57);
  });

  test.each(['0', '-1', 'many'])('of %s requests a second is refused', async (rate) => {
    const { code, stdout, stderr } = await piclIdp(['cost', 'prod', `--requests-per-second=${rate}`]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`got ${rate}, allowed: a number above 0 and up to 1000000`);
  });
});

describe('the environments of this project', () => {
  const stacks = sharedStacks();

  test.each([
    ['dev', 30],
    ['loadtest', 1350],
    ['prod', 3100],
  ])('%s costs at most %i $ a month', (environment, dollarsMax) => {
    const { dollarsAMonth } = priceEnvironment(stacksOf(stacks, environment));
    expect(dollarsAMonth).toBeGreaterThan(dollarsMax / 3);
    expect(dollarsAMonth).toBeLessThanOrEqual(dollarsMax);
  });

  test('pay for one public address where there is one machine', () => {
    const { groups } = priceEnvironment(stacksOf(stacks, 'dev'));
    const addresses = groups.flatMap(({ lines }) => lines).filter(({ what }) => what.includes('address'));
    expect(addresses.map(({ what, quantity }) => [what, quantity])).toEqual([['elastic address', 1]]);
  });

  test('hold no type of resource that is neither priced, nor free, nor left out with a reason', () => {
    const known = [...Object.keys(PRICED), ...Object.keys(NOT_PRICED), ...FREE, 'AWS::AutoScaling::AutoScalingGroup'];
    const unknown = resourcesOf(stacks).filter(({ resource }) => !known.includes(resource.Type));
    expect(unknown.map(({ stack, id, resource }) => `${stack.name} ${id} ${resource.Type}`)).toEqual([]);
  });

  test('have each type in one table only', () => {
    const all = [...Object.keys(PRICED), ...Object.keys(NOT_PRICED), ...FREE];
    expect(all.filter((type, index) => all.indexOf(type) !== index)).toEqual([]);
  });
});

test('a program reads the same figures as people', async () => {
  const { folder } = written((stack) => machines(stack, 'webhead', { min: '4' }));
  const [forPrograms, forPeople] = await Promise.all([
    piclIdp(['cost', 'prod', '--assembly', folder, '--json']),
    piclIdp(['cost', 'prod', '--assembly', folder]),
  ]);
  const cost = JSON.parse(forPrograms.stdout);
  expect(cost).toMatchObject({ environment: 'prod', requestsPerSecond: 12, unknown: [], notPriced: [] });
  expect(cost.groups[0].lines[0]).toEqual({
    what: 'c7g.large',
    quantity: 4,
    dollarsEach: 0.0725,
    per: 'hour',
    dollarsAMonth: 211.7,
    assumed: false,
    recalled: false,
  });
  const said = forPeople.stdout.split('\n');
  expect(said[0]).toBe(`prod: ${cost.dollarsAMonth} $ a month, on demand, at 12 requests a second on average`);
  expect(said).toContainEqual(expect.stringMatching(/^ {2}4 x c7g\.large +211\.70 {2}0\.0725 \$\/hour$/));
  expect(said).toContainEqual(expect.stringMatching(/metrics every minute +8\.40 .*\(price from memory\)$/));
});

test('without an assembly the error says how to make one', async () => {
  const { code, stderr } = await piclIdp(['cost', 'prod', '--assembly', '/nonexistent']);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^picl-idp: assembly: \/nonexistent\/manifest.json cannot be read; "npm run synth" makes the assembly/,
  );
});
