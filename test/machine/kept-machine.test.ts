/** A machine that is replaced takes back what was kept for it, and can take nothing that was kept for another one. */

import { expect, test } from '@jest/globals';
import type { Stack } from 'aws-cdk-lib';
import { KeptMachine, type KeptMachineProps } from '../../lib/machine/kept-machine.ts';
import { SecurityGroup } from '../../lib/network/security-group.ts';
import { DEV, onlyIn, regionOf, resourcesIn, stackIn } from '../support/construct-stack.ts';

const region = regionOf(DEV, 0);

function keep(options: Partial<KeptMachineProps>): { readonly machine: KeptMachine; readonly stack: Stack } {
  const [zone] = region.zones;
  if (zone === undefined) throw new Error('dev must have one region with one zone');
  const stack = stackIn(DEV, region);
  const machine = new KeptMachine(stack, 'Machine', {
    environment: DEV,
    region,
    zone,
    name: 'box',
    role: 'box',
    subnetId: 'subnet-1',
    imageId: 'ami-00000000000000001',
    instanceType: 't4g.small',
    securityGroups: [new SecurityGroup(stack, 'Group', { vpcId: 'vpc-1', bearer: 'box' })],
    settings: {},
    statements: [],
    volumeGiB: 10,
    mountPoint: '/var/lib/picl-idp',
    replacedBy: 'deploy',
    ...options,
  });
  return { machine, stack };
}

test('a deploy replaces it by instance refresh, the old machine first, since two cannot hold one volume', () => {
  const group = onlyIn(keep({}).stack, 'AWS::AutoScaling::AutoScalingGroup');
  expect(group.Properties).toMatchObject({ MinSize: '1', MaxSize: '1' });
  expect(group.UpdatePolicy.AutoScalingInstanceRefresh.Preferences).toMatchObject({
    MinHealthyPercentage: 0,
    MaxHealthyPercentage: 100,
  });
});

test('one that operators replace starts empty and has no update policy', () => {
  const group = onlyIn(keep({ replacedBy: 'operators' }).stack, 'AWS::AutoScaling::AutoScalingGroup');
  expect(group.Properties).toMatchObject({ MinSize: '0', MaxSize: '1' });
  expect(group).not.toHaveProperty('UpdatePolicy');
});

test('a change never trades its volume for an empty one, even where the volume may go with its stack', () => {
  const volume = onlyIn(keep({}).stack, 'AWS::EC2::Volume');
  expect([volume.DeletionPolicy, volume.UpdateReplacePolicy]).toEqual(['Delete', 'Retain']);
});

test('it is told to take its elastic address, which is known by a tag of its own', () => {
  const { machine, stack } = keep({ elasticAddress: true });
  const { Properties } = onlyIn(stack, 'AWS::EC2::EIP');
  expect(Properties.Tags).toContainEqual({ Key: 'picl-idp:elastic-address', Value: 'dev/box' });
  const { LaunchTemplateData: data } = onlyIn(stack, 'AWS::EC2::LaunchTemplate').Properties;
  expect(data.UserData['Fn::Base64']).toContain('ATTACH_ADDRESS_ALLOCATION_TAG=picl-idp:elastic-address=dev/box\n');
  expect(data.NetworkInterfaces[0].AssociatePublicIpAddress).toBe(true);
  expect(machine.elasticAddress).toMatch(/Token/);
});

test('it may give no other address to itself, and its address to no other machine', () => {
  const { stack } = keep({ elasticAddress: true });
  const [{ PolicyDocument }] = onlyIn(stack, 'AWS::IAM::Role').Properties.Policies;
  const statements = PolicyDocument.Statement.filter(({ Action }: { Action: readonly string[] }) =>
    Action.includes('ec2:AssociateAddress'),
  );
  const { id: addressId } = onlyIn(stack, 'AWS::EC2::EIP');
  expect(statements).toEqual([
    expect.objectContaining({
      Resource: [
        {
          'Fn::Join': [
            '',
            ['arn:aws:ec2:us-east-1:111111111111:elastic-ip/', { 'Fn::GetAtt': [addressId, 'AllocationId'] }],
          ],
        },
      ],
    }),
    expect.objectContaining({
      Resource: ['arn:aws:ec2:us-east-1:111111111111:instance/*'],
      Condition: { StringEquals: { 'aws:ResourceTag/picl-idp:machine': 'dev/box' } },
    }),
    expect.objectContaining({ Resource: ['arn:aws:ec2:us-east-1:111111111111:network-interface/*'] }),
  ]);
});

test('without an elastic address it has none to tell, and no public one', () => {
  const { machine, stack } = keep({});
  expect(() => machine.elasticAddress).toThrow('dev-us-east-1-test/Machine has no elastic address');
  expect(resourcesIn(stack, 'AWS::EC2::EIP')).toEqual([]);
  expect(onlyIn(stack, 'AWS::EC2::LaunchTemplate').Properties.LaunchTemplateData).not.toHaveProperty(
    'NetworkInterfaces',
  );
});

test('a mount point that its program would refuse is refused before a template is written', () => {
  expect(() => keep({ mountPoint: 'var/lib' })).toThrow('ATTACH_MOUNT_POINT: got "var/lib", allowed: an absolute path');
});
