/** References between stacks and regions are followed to what they stand for, and those that lead nowhere are refused. */

import { expect, test } from '@jest/globals';
import type { AssembledStack, TemplateValue } from '../../app/operator/assembly.ts';
import { covers } from '../../tools/topology/cidr.ts';
import { createValues, keyOf } from '../../tools/topology/values.ts';

const stack = (name: string, region: string, outputs: AssembledStack['template']['Outputs'] = {}): AssembledStack => ({
  name,
  environment: 'prod',
  layer: 'network',
  account: '333333333333',
  region,
  dependencies: [],
  terminationProtection: false,
  executionRoleArn: undefined,
  bootstrap: undefined,
  template: { Resources: { Vpc: { Type: 'AWS::EC2::VPC' } }, Outputs: outputs },
});

const VPC: TemplateValue = { 'Fn::GetAtt': ['Vpc', 'VpcId'] };
const east = stack('east', 'us-east-1', { Id: { Value: VPC, Export: { Name: 'east:Id' } } });
const near = stack('near', 'us-east-1', { Again: { Value: { 'Fn::ImportValue': 'east:Id' } } });
const west = stack('west', 'us-west-2');
const values = createValues([east, near, west]);
const OUTPUT = { StackName: 'near', Region: 'us-east-1', OutputName: 'Again' };

test('an import, and an output of another region that is an import itself, lead to the resource', () => {
  for (const [value, from] of [
    [{ 'Fn::ImportValue': 'east:Id' }, near],
    [{ 'Fn::GetStackOutput': OUTPUT }, west],
  ] as const) {
    const target = values.target(value, from);
    expect(target && [keyOf(target), target.attribute]).toEqual(['east/Vpc', 'VpcId']);
  }
});

test('a joined text names what it refers to, and knows its own region and account', () => {
  const parts = ['arn:aws:ec2:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' }, ':vpc/', { Ref: 'Vpc' }];
  expect(values.text({ 'Fn::Join': ['', parts] }, west)).toBe('arn:aws:ec2:us-west-2:333333333333:vpc/<west/Vpc.Ref>');
});

test('an import of another region is refused, as CloudFormation refuses it', () =>
  expect(() => values.target({ 'Fn::ImportValue': 'east:Id' }, west)).toThrow(
    'west imports east:Id, which no stack there exports',
  ));

test('a reference to what a stack does not have is refused', () =>
  expect(() => values.target({ Ref: 'Gone' }, east)).toThrow('east refers to Gone, which it does not have'));

test('an output that is not there is refused', () =>
  expect(() => values.target({ 'Fn::GetStackOutput': { ...OUTPUT, OutputName: 'Other' } }, west)).toThrow(
    'west reads Other of near in us-east-1, which is not there',
  ));

test('a function that is not known is refused rather than read as text', () =>
  expect(() => values.text({ 'Fn::Select': [0, ['a']] }, east)).toThrow('allowed: references and Fn::Join'));

test('a range covers what lies in it and nothing that lies beside', () => {
  expect(covers('10.20.40.0/21', '10.20.47.255')).toBe(true);
  expect(covers('10.20.40.0/21', '10.20.48.0/24')).toBe(false);
  expect(covers('10.20.40.0/24', '10.20.40.0/21')).toBe(false);
  expect(covers('0.0.0.0/0', '255.255.255.255/32')).toBe(true);
  expect(() => covers('10.20.40/21', 'pl-1')).toThrow(RangeError);
});
