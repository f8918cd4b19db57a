/** The synthesized assembly, as commands and tools read it. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Tags } from 'aws-cdk-lib';
import { CfnSubnet, CfnVPC } from 'aws-cdk-lib/aws-ec2';
import {
  type AssembledStack,
  readAssembly,
  referredId,
  resourcesOf,
  stacksOf,
  tagOf,
} from '../../app/operator/assembly.ts';
import { type TestAssembly, writeAssembly } from './support/assembly.ts';

let assembly: TestAssembly;
let stacks: readonly AssembledStack[];

beforeAll(() => {
  assembly = writeAssembly('333333333333', {
    'prod-us-west-2-network': (stack) => {
      const vpc = new CfnVPC(stack, 'Vpc', { cidrBlock: '10.21.0.0/16' });
      Tags.of(vpc).add('Name', 'prod');
      new CfnSubnet(stack, 'Subnet', { vpcId: vpc.ref, cidrBlock: '10.21.0.0/24' });
    },
    'prod-us-west-2-image-store': (stack, app) => {
      stack.terminationProtection = true;
      stack.addStackDependency(app.node.findChild('prod-us-west-2-network') as typeof stack);
    },
    'dev-us-east-1-box': () => undefined,
    'release-us-east-1': () => undefined,
  });
  stacks = readAssembly(assembly.folder);
});
afterAll(() => assembly.remove());

const named = (name: string) => stacks.find((stack) => stack.name === name);

test('a stack is known by its environment, region and layer, as its name says', () =>
  expect(named('prod-us-west-2-image-store')).toEqual({
    name: 'prod-us-west-2-image-store',
    environment: 'prod',
    layer: 'image-store',
    account: '333333333333',
    region: 'us-west-2',
    dependencies: ['prod-us-west-2-network'],
    terminationProtection: true,
    executionRoleArn: 'arn:aws:iam::333333333333:role/cdk-hnb659fds-cfn-exec-role-333333333333-us-west-2',
    bootstrap: { versionMin: 6, versionParameter: '/cdk-bootstrap/hnb659fds/version' },
    template: expect.objectContaining({ Parameters: expect.anything() }),
  }));

test('the stack of a release belongs to no environment', () =>
  expect(named('release-us-east-1')).toMatchObject({ environment: undefined, layer: undefined, region: 'us-east-1' }));

test('resources are found by their type, with their stack', () => {
  const found = resourcesOf(stacks, 'AWS::EC2::VPC').map(({ stack, id, resource }) => [
    stack.name,
    id,
    tagOf(resource, 'Name'),
    tagOf(resource, 'Other'),
  ]);
  expect(found).toEqual([['prod-us-west-2-network', 'Vpc', 'prod', undefined]]);
});

test('a reference within a template leads to a resource by its id, and a literal to none', () => {
  const [subnet] = resourcesOf(stacks, 'AWS::EC2::Subnet');
  expect(referredId(subnet?.resource.Properties?.['VpcId'])).toBe('Vpc');
  expect(referredId({ 'Fn::GetAtt': ['Other', 'Arn'] })).toBe('Other');
  expect(referredId('10.21.0.0/24')).toBeUndefined();
});

test('an environment has its own stacks only, and an unknown one is refused with those there are', () => {
  expect(stacksOf(stacks, 'dev').map(({ name }) => name)).toEqual(['dev-us-east-1-box']);
  expect(() => stacksOf(stacks, 'stage')).toThrow('environment: got "stage", allowed: dev, prod');
  expect(() => stacksOf([], 'prod')).toThrow('environment: got "prod", allowed: none, the assembly has no environment');
});

test('where there is no assembly, or one that the CDK did not write, the error says how to make one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'picl-idp-assembly-'));
  const manifest = join(folder, 'manifest.json');
  const refusalOf = (text: string) => {
    writeFileSync(manifest, text);
    try {
      readAssembly(folder);
      return 'none';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  try {
    expect(() => readAssembly(folder)).toThrow(
      `assembly: ${manifest} cannot be read; "npm run synth" makes the assembly`,
    );
    expect(refusalOf('{')).toBe(`assembly: ${manifest} is not JSON; "npm run synth" makes the assembly anew`);
    expect(refusalOf('{"artifacts":[]}')).toBe(
      `assembly: ${manifest} is not as the CDK writes it: artifacts: Invalid input: expected record, received array`,
    );
    expect(
      refusalOf('{"artifacts":{"a":{"type":"aws:cloudformation:stack","environment":"here","properties":{}}}}'),
    ).toMatch(/^assembly: a in manifest.json is not as the CDK writes it: environment: .*properties.templateFile: /);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
