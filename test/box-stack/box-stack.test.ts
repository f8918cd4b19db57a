/** The machine of dev, asked of its template: what it is told, who reaches it, what outlives it, what it costs. */

import { expect, test } from '@jest/globals';
import { readBoxConfig } from '../../app/box/config.ts';
import { readAttachConfig } from '../../app/machine/config.ts';
import { items, members, type PlacedResource, resourcesOf, stacksOf } from '../../app/operator/assembly.ts';
import { readUnit } from '../support/unit-file.ts';
import { OTHER_RELEASE, sharedStacks, sharedTopology } from '../topology/support/assembly.ts';

const stacks = stacksOf(sharedStacks(), 'dev');
const { machines } = sharedTopology('dev');
const [box, ...otherMachines] = machines;

/** The one resource of a type. */
function theOne(type: string, among = stacks): PlacedResource {
  const [found, ...others] = resourcesOf(among, type);
  if (found === undefined || others.length > 0) throw new RangeError(`dev must have one ${type}`);
  return found;
}
const propertiesOf = (type: string, among = stacks) => theOne(type, among).resource.Properties ?? {};
const fileOf = (name: string) => box?.userData.files[name] ?? {};
const recordOf = (type: string) =>
  resourcesOf(stacks, 'AWS::Route53::RecordSet')
    .map(({ resource }) => resource.Properties ?? {})
    .filter(({ Type }) => Type === type);

test('there is one machine, and it is told to be the box', () => {
  expect(otherMachines).toEqual([]);
  expect(box?.role).toBe('box');
});

test('the box is told to serve production at the operator’s name, and to mail by SES', () => {
  expect(readBoxConfig(fileOf('box'))).toEqual({
    BOX_PRODUCTION: true,
    BOX_PUBLIC_URL: 'https://accounts.dev.idp.example.org',
    BOX_PORT: 9000,
    BOX_MAIL_PORT: 0,
    BOX_DATA_FOLDER: '/var/lib/picl-idp/box',
    BOX_MAIL_SENDER: 'accounts@dev.idp.example.org',
    BOX_SES_REGION: 'us-east-1',
    BOX_BOUNCE_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/111111111111/dev-mail-bounces',
  });
});

test('what the box keeps lies in the folder of the volume that its unit gives it', () => {
  const attached = readAttachConfig(fileOf('attach'));
  expect(attached.ATTACH_MOUNT_POINT).toBe('/var/lib/picl-idp');
  expect(readUnit('picl-idp-box.service').get('StateDirectory')).toEqual(['picl-idp/box']);
  expect(readBoxConfig(fileOf('box')).BOX_DATA_FOLDER).toBe('/var/lib/picl-idp/box');
});

test('the machine takes the volume and the address of its template, by their tags', () => {
  const { ATTACH_VOLUME_TAG: volume, ATTACH_ADDRESS_ALLOCATION_TAG: address } = readAttachConfig(fileOf('attach'));
  const asTag = ({ key, value }: { key: string; value: string }) => ({ Key: key, Value: value });
  expect(propertiesOf('AWS::EC2::Volume')['Tags']).toContainEqual(asTag(volume));
  expect(address).toBeDefined();
  if (address !== undefined) expect(propertiesOf('AWS::EC2::EIP')['Tags']).toContainEqual(asTag(address));
});

test('HTTPS is told the same name, and where the box listens', () =>
  expect(fileOf('caddy')).toEqual({
    CADDY_SITE: 'accounts.dev.idp.example.org',
    CADDY_MAILBOX: 'operators@example.org',
    CADDY_UPSTREAM: '127.0.0.1:9000',
  }));

test('the internet reaches it at the ports of HTTPS and HTTP, nothing else does, and it sends nothing but HTTPS', () => {
  const groups = box?.groups.map(({ id }) => id) ?? [];
  const rules = (type: string) =>
    resourcesOf(stacks, type)
      .map(({ resource }) => resource.Properties ?? {})
      .filter(({ GroupId }) => groups.some((id) => JSON.stringify(GroupId).includes(id)))
      .map(({ IpProtocol, FromPort, ToPort, CidrIp }) => [IpProtocol, FromPort, ToPort, CidrIp]);
  expect(rules('AWS::EC2::SecurityGroupIngress').sort()).toEqual([
    ['tcp', 443, 443, '0.0.0.0/0'],
    ['tcp', 80, 80, '0.0.0.0/0'],
  ]);
  expect(rules('AWS::EC2::SecurityGroupEgress')).toEqual([['tcp', 443, 443, '0.0.0.0/0']]);
});

test('its name leads to the address that it keeps', () => {
  const { id } = theOne('AWS::EC2::EIP');
  expect(recordOf('A')).toEqual([
    {
      HostedZoneId: 'Z0DEV6789ABCDEFGHIJK',
      Name: 'accounts.dev.idp.example.org',
      Type: 'A',
      TTL: '60',
      ResourceRecords: [{ 'Fn::GetAtt': [id, 'PublicIp'] }],
    },
  ]);
});

test('destroying dev takes its volume and address along; a change that would replace one leaves the old one there', () => {
  for (const type of ['AWS::EC2::Volume', 'AWS::EC2::EIP']) {
    const { DeletionPolicy, UpdateReplacePolicy } = theOne(type).resource;
    expect([type, DeletionPolicy, UpdateReplacePolicy]).toEqual([type, 'Delete', 'Retain']);
  }
});

test('another release makes another image, and leaves volume, address and name as they are', () => {
  const others = stacksOf(sharedStacks(OTHER_RELEASE), 'dev');
  for (const type of ['AWS::EC2::Volume', 'AWS::EC2::EIP'])
    expect(theOne(type, others).resource).toEqual(theOne(type).resource);
  const image = (among: typeof stacks) =>
    members(propertiesOf('AWS::EC2::LaunchTemplate', among)['LaunchTemplateData'])['ImageId'];
  expect(image(others)).not.toEqual(image(stacks));
});

test('only the machine waits for the image: a bake that fails changes neither it nor what it keeps', () => {
  const { id: image } = theOne('AWS::ImageBuilder::Image');
  const waiting = Object.entries(stacks[0]?.template.Resources ?? {})
    .filter(([, { DependsOn }]) => items(DependsOn).includes(image))
    .map(([, { Type }]) => Type);
  expect(waiting.sort()).toEqual(['AWS::AutoScaling::AutoScalingGroup', 'AWS::EC2::LaunchTemplate']);
});

test('the old machine goes before the next one takes its volume', () => {
  const { UpdatePolicy } = theOne('AWS::AutoScaling::AutoScalingGroup').resource;
  expect(UpdatePolicy).toMatchObject({
    AutoScalingInstanceRefresh: { Preferences: { MinHealthyPercentage: 0, MaxHealthyPercentage: 100 } },
  });
});

test('mail goes out as the operator’s domain, and what comes back waits in the queue that the box is told', () => {
  expect(propertiesOf('AWS::SES::EmailIdentity')['EmailIdentity']).toBe('dev.idp.example.org');
  expect(recordOf('CNAME')).toHaveLength(3);
  const queues = resourcesOf(stacks, 'AWS::SQS::Queue').map(({ resource }) => resource.Properties?.['QueueName']);
  expect(queues.sort()).toEqual(['dev-mail-bounces', 'dev-mail-bounces-dead']);
});

test('the operators hear when it costs more than it should', () => {
  const { Budget, NotificationsWithSubscribers } = propertiesOf('AWS::Budgets::Budget');
  expect(members(Budget)['BudgetLimit']).toEqual({ Amount: 30, Unit: 'USD' });
  expect(JSON.stringify(NotificationsWithSubscribers)).toContain('operators@example.org');
});

test('there is nothing in it that is dear by the hour: no NAT gateway, no balancer, no endpoint, no key', () => {
  const types = Object.values(stacks[0]?.template.Resources ?? {}).map(({ Type }) => Type);
  expect(types).toContain('AWS::EC2::EIP');
  expect(types.filter((type) => /NatGateway|LoadBalancer|VPCEndpoint|KMS|OpenSearch|WAF/.test(type))).toEqual([]);
});
