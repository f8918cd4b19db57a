/** `picl-idp doctor` against moto. */

// Moto has no account of SES and only some quotas of VPCs: for these two a small server of this file answers as AWS's reference says, and the
// SDK's own settings lead there.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  AllocateAddressCommand,
  CreateVpcCommand,
  DescribeManagedPrefixListsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  DetachRolePolicyCommand,
  IAMClient,
  ListRolesCommand,
} from '@aws-sdk/client-iam';
import { CreateHostedZoneCommand, Route53Client } from '@aws-sdk/client-route-53';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Fn } from 'aws-cdk-lib';
import { CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { CfnEIP, CfnLaunchTemplate, CfnSecurityGroupEgress, CfnSubnet, CfnVPC } from 'aws-cdk-lib/aws-ec2';
import { CfnImageRecipe } from 'aws-cdk-lib/aws-imagebuilder';
import { CfnDomain } from 'aws-cdk-lib/aws-opensearchservice';
import { CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import { CfnEmailIdentity } from 'aws-cdk-lib/aws-ses';
import { examine } from '../../app/operator/doctor/examine.ts';
import type { Finding } from '../../app/operator/doctor/finding.ts';
import { MOTO_START_MS_MAX, type Moto, startMoto } from '../support/moto.ts';
import { type TestAssembly, writeAssembly } from './support/assembly.ts';
import { piclIdp, said } from './support/picl-idp.ts';

const ACCOUNT = '333333333333';
const REGION = 'us-east-1';
const ROLE = `cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${REGION}`;
const EVERYTHING = 'AdministratorAccess';
const PARENT = '/aws/service/canonical/ubuntu/server/24.04/stable/20260101/arm64/hvm/ebs-gp3/ami-id';
const NO_IMAGE = 'ami-00000000000000e01';

let moto: Moto;
let answers: { server: Server; sandbox: boolean; quotas: Record<string, number> };
let assembly: TestAssembly;
let ec2: EC2Client;
let iam: IAMClient;
let nameServers: readonly string[] = [];
let zoneId = '';
let prefixListId = '';

beforeAll(async () => {
  moto = await startMoto({ accountId: ACCOUNT });
  answers = { server: await startAnswers(), sandbox: false, quotas: {} };
  const settings = {
    region: REGION,
    endpoint: moto.url,
    credentials: { accessKeyId: 'moto', secretAccessKey: 'moto' },
  };
  [ec2, iam] = [new EC2Client(settings), new IAMClient(settings)];
  const zone = await new Route53Client(settings).send(
    new CreateHostedZoneCommand({ Name: 'idp.example.org', CallerReference: 'one' }),
  );
  zoneId = zone.HostedZone?.Id?.replace('/hostedzone/', '') ?? '';
  nameServers = zone.DelegationSet?.NameServers ?? [];
  const name = { Name: 'prefix-list-name', Values: [`com.amazonaws.${REGION}.s3`] };
  const lists = await ec2.send(new DescribeManagedPrefixListsCommand({ Filters: [name] }));
  prefixListId = lists.PrefixLists?.[0]?.PrefixListId ?? '';
  await bootstrap(new SSMClient(settings));
  const { port } = answers.server.address() as AddressInfo;
  const ours = `http://127.0.0.1:${port}`;
  Object.assign(process.env, moto.environment, { AWS_ENDPOINT_URL_SESV2: ours, AWS_ENDPOINT_URL_SERVICE_QUOTAS: ours });
  assembly = writeAssembly(ACCOUNT, { [`prod-${REGION}-all`]: (stack) => buildAll(stack, { zoneId, prefixListId }) });
}, MOTO_START_MS_MAX);
afterAll(async () => {
  assembly.remove();
  answers.server.close();
  await moto.stop();
});
beforeEach(() => {
  answers.sandbox = false;
  answers.quotas = { 'L-1216C47A': 64, 'L-0263D0A3': 5, 'L-F678F1CE': 5 };
});

/** One of everything that doctor looks at. */
function buildAll(
  stack: Parameters<Parameters<typeof writeAssembly>[1][string]>[0],
  literals: { zoneId: string; prefixListId: string },
): void {
  const vpc = new CfnVPC(stack, 'Vpc', { cidrBlock: '10.20.0.0/16' });
  const subnet = new CfnSubnet(stack, 'Subnet', {
    vpcId: vpc.ref,
    availabilityZone: 'us-east-1b',
    cidrBlock: '10.20.0.0/24',
    tags: [{ key: 'Name', value: 'webhead use1-az1' }],
  });
  new CfnEIP(stack, 'Address', { domain: 'vpc' });
  new CfnSecurityGroupEgress(stack, 'ToS3', {
    groupId: 'sg-1',
    ipProtocol: 'tcp',
    destinationPrefixListId: literals.prefixListId,
  });
  const template = new CfnLaunchTemplate(stack, 'Template', {
    launchTemplateData: {
      instanceType: 'm5.large',
      imageId: NO_IMAGE,
      userData: Fn.base64('#!/bin/sh\nset -eu\nsystemctl enable --now picl-idp-webhead.service\n'),
    },
  });
  new CfnAutoScalingGroup(stack, 'Group', {
    minSize: '2',
    maxSize: '6',
    vpcZoneIdentifier: [subnet.ref],
    launchTemplate: { launchTemplateId: template.ref, version: template.attrLatestVersionNumber },
  });
  new CfnDomain(stack, 'Search', {});
  new CfnEmailIdentity(stack, 'Mail', { emailIdentity: 'idp.example.org' });
  new CfnRecordSet(stack, 'Accounts', { hostedZoneId: literals.zoneId, name: 'accounts.idp.example.org', type: 'A' });
  new CfnImageRecipe(stack, 'Recipe', { name: 'service', version: '1.0.0', parentImage: `ssm:${PARENT}` });
}

async function bootstrap(ssm: SSMClient): Promise<void> {
  await ssm.send(new PutParameterCommand({ Name: '/cdk-bootstrap/hnb659fds/version', Type: 'String', Value: '23' }));
  const trust = JSON.stringify({ Version: '2012-10-17', Statement: [] });
  await iam.send(new CreateRoleCommand({ RoleName: ROLE, AssumeRolePolicyDocument: trust }));
  await iam.send(new AttachRolePolicyCommand({ RoleName: ROLE, PolicyArn: await createPolicy('picl-idp-deploy') }));
}

async function createPolicy(name: string): Promise<string> {
  const document = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'ec2:*', Resource: '*' }],
  });
  const { Policy: made } = await iam.send(new CreatePolicyCommand({ PolicyName: name, PolicyDocument: document }));
  return made?.Arn ?? '';
}

/** GetAccount of SES v2, and GetServiceQuota. */
async function startAnswers(): Promise<Server> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk;
    });
    request.on('end', () => {
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      if (request.url === '/v2/email/account') {
        const quota = { Max24HourSend: 50_000, MaxSendRate: 14, SentLast24Hours: 0 };
        response.end(
          JSON.stringify({ ProductionAccessEnabled: !answers.sandbox, SendingEnabled: true, SendQuota: quota }),
        );
        return;
      }
      const { QuotaCode: code } = JSON.parse(body);
      const value = answers.quotas[code];
      if (value === undefined) {
        response.statusCode = 400;
        response.end(JSON.stringify({ __type: 'AccessDeniedException', Message: 'not for you' }));
        return;
      }
      response.end(JSON.stringify({ Quota: { QuotaCode: code, Value: value } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

interface Asked {
  readonly assembly?: TestAssembly;
  readonly fix?: boolean;
  readonly resolveNs?: (name: string) => Promise<readonly string[]>;
}

const delegated = async () => nameServers.map((name) => `${name.toUpperCase()}`).reverse();

async function diagnosed({ assembly: one = assembly, fix = false, resolveNs = delegated }: Asked = {}) {
  const { code, stdout } = await said((output) =>
    examine('prod', { assembly: one.folder, fix, json: true }, { output, resolveNs }),
  );
  const { faults, findings }: { faults: number; findings: readonly Finding[] } = JSON.parse(stdout);
  return { code, faults, findings, of: (subject: string) => findings.find((finding) => finding.subject === subject) };
}

test('an account that lacks only what the template cannot give is told so, subject by subject', async () => {
  const { code, faults, findings } = await diagnosed();
  expect(code).toBe(1);
  expect(findings.map(({ subject, verdict }) => [subject, verdict])).toEqual([
    ['credentials', 'ok'],
    ['bootstrap us-east-1', 'ok'],
    ['service-linked role of autoscaling.amazonaws.com', 'fault'],
    ['service-linked role of opensearchservice.amazonaws.com', 'fault'],
    [`zone ${zoneId}`, 'ok'],
    ['mail us-east-1', 'ok'],
    ['quota us-east-1: processors of standard machines', 'ok'],
    ['quota us-east-1: elastic addresses', 'ok'],
    ['quota us-east-1: VPCs', 'ok'],
    ['zones us-east-1', 'ok'],
    ['address list of S3 us-east-1', 'ok'],
    ['machine images us-east-1', 'fault'],
    ['parent of machine images us-east-1', 'fault'],
  ]);
  expect(faults).toBe(4);
  for (const { verdict, remedy } of findings) expect(remedy !== undefined).toBe(verdict === 'fault');
});

test('--fix makes the service-linked roles and nothing else, and a second time finds them', async () => {
  const rolesOf = async () =>
    (await iam.send(new ListRolesCommand({ PathPrefix: '/aws-service-role/' }))).Roles?.length;
  expect(await rolesOf()).toBe(0);
  const subject = 'service-linked role of opensearchservice.amazonaws.com';
  expect((await diagnosed()).of(subject)?.remedy).toBe('picl-idp doctor prod --fix makes it');
  expect((await diagnosed({ fix: true })).of(subject)).toMatchObject({
    verdict: 'ok',
    detail: expect.stringMatching(/, made now$/),
  });
  expect(await rolesOf()).toBe(2);
  expect((await diagnosed({ fix: true })).of(subject)?.detail).not.toContain('made now');
  expect(await rolesOf()).toBe(2);
});

test('a zone that nobody, or somebody else, is delegated to is a fault that names the servers to set', async () => {
  const nothing = Object.assign(new Error('queryNs ENOTFOUND'), { code: 'ENOTFOUND' });
  const sorted = nameServers.toSorted().join(', ');
  const remedy = `at the parent zone or the registrar of idp.example.org, set NS records to ${sorted}`;
  const nobody = await diagnosed({ resolveNs: () => Promise.reject(nothing) });
  expect(nobody.of(`zone ${zoneId}`)).toEqual({
    subject: `zone ${zoneId}`,
    verdict: 'fault',
    detail: `idp.example.org is delegated to nobody, its name servers are ${sorted}`,
    remedy,
  });
  const other = await diagnosed({ resolveNs: async () => ['ns1.other.example.'] });
  expect(other.of(`zone ${zoneId}`)).toMatchObject({ verdict: 'fault', remedy });
  const silent = Object.assign(new Error('queryNs ETIMEOUT'), { code: 'ETIMEOUT' });
  expect((await diagnosed({ resolveNs: () => Promise.reject(silent) })).of(`zone ${zoneId}`)).toMatchObject({
    verdict: 'cannot-tell',
    detail: 'Error: queryNs ETIMEOUT',
  });
});

test('a zone that is not there, or does not hold a name of the templates, is a fault', async () => {
  const odd = writeAssembly(ACCOUNT, {
    'prod-us-east-1-edge': (stack) => {
      new CfnRecordSet(stack, 'Gone', {
        hostedZoneId: 'Z0PROD789ABCDEFGHIJK',
        name: 'accounts.idp.example.org',
        type: 'A',
      });
      new CfnRecordSet(stack, 'Outside', { hostedZoneId: zoneId, name: 'accounts.other.example.org', type: 'A' });
    },
  });
  const { of } = await diagnosed({ assembly: odd });
  odd.remove();
  expect(of('zone Z0PROD789ABCDEFGHIJK')).toMatchObject({
    verdict: 'fault',
    detail: 'the account has no public zone of this id',
  });
  expect(of(`zone ${zoneId}`)?.detail).toBe('is idp.example.org, which does not hold accounts.other.example.org');
});

test('the sandbox of SES is a fault where mail is sent, and nobody asks where none is', async () => {
  answers.sandbox = true;
  expect((await diagnosed()).of('mail us-east-1')).toMatchObject({
    verdict: 'fault',
    remedy: expect.stringMatching(/^ask for production access in us-east-1: /),
  });
  const without = writeAssembly(ACCOUNT, { 'prod-us-east-1-network': () => undefined });
  const { findings } = await diagnosed({ assembly: without });
  without.remove();
  expect(findings.length).toBeGreaterThan(0);
  expect(findings.filter(({ subject }) => subject.startsWith('mail'))).toEqual([]);
});

test("a quota holds the templates' largest and what others use, or is a fault with the command that asks for more", async () => {
  const subject = 'quota us-east-1: elastic addresses';
  expect((await diagnosed()).of(subject)?.detail).toBe('wanted 1 at the most, 0 used by others, allowed 5');
  const tags = [{ Key: 'picl-idp:environment', Value: 'prod' }];
  const own = new AllocateAddressCommand({
    Domain: 'vpc',
    TagSpecifications: [{ ResourceType: 'elastic-ip', Tags: tags }],
  });
  await ec2.send(own);
  for (let taken = 0; taken < 5; taken += 1) await ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }));
  await ec2.send(new CreateVpcCommand({ CidrBlock: '10.99.0.0/16' }));
  answers.quotas['L-1216C47A'] = 11;
  const { of } = await diagnosed();
  expect(of(subject)).toMatchObject({
    verdict: 'fault',
    detail: 'wanted 1 at the most, 5 used by others, allowed 5',
    remedy:
      'aws service-quotas request-service-quota-increase --region us-east-1 --service-code ec2 ' +
      '--quota-code L-0263D0A3 --desired-value 6',
  });
  // Six machines of two processors; the default VPC and one more are somebody else's.
  expect(of('quota us-east-1: processors of standard machines')?.detail).toBe(
    'wanted 12 at the most, 0 used by others, allowed 11',
  );
  expect(of('quota us-east-1: VPCs')?.detail).toBe('wanted 1 at the most, 2 used by others, allowed 5');
});

test('what AWS will not tell is no fault, and the rest is told all the same', async () => {
  answers.quotas = {};
  const { of } = await diagnosed();
  expect(of('quota us-east-1: VPCs')).toEqual({
    subject: 'quota us-east-1: VPCs',
    verdict: 'cannot-tell',
    detail: 'AccessDeniedException: not for you',
  });
  expect(of('zones us-east-1')?.verdict).toBe('ok');
});

test('a region that was not bootstrapped, too early, or with every right, is a fault with the command to run', async () => {
  const remedy = expect.stringMatching(
    /^npx cdk bootstrap aws:\/\/333333333333\/us-east-1 --cloudformation-execution-pol/,
  );
  // Moto starts without AWS's own policies; one of the same name stands for it.
  const policyArn = await createPolicy(EVERYTHING);
  await iam.send(new AttachRolePolicyCommand({ RoleName: ROLE, PolicyArn: policyArn }));
  const everything = (await diagnosed()).of('bootstrap us-east-1');
  await iam.send(new DetachRolePolicyCommand({ RoleName: ROLE, PolicyArn: policyArn }));
  const detail = 'CloudFormation works with AdministratorAccess, wanted: a policy of your own';
  expect(everything).toEqual({ subject: 'bootstrap us-east-1', verdict: 'fault', detail, remedy });
  const ssm = new SSMClient({ region: REGION });
  const put = { Name: '/cdk-bootstrap/hnb659fds/version', Type: 'String', Overwrite: true } as const;
  await ssm.send(new PutParameterCommand({ ...put, Value: '5' }));
  const early = (await diagnosed()).of('bootstrap us-east-1');
  await ssm.send(new PutParameterCommand({ ...put, Value: '23' }));
  expect(early).toMatchObject({ verdict: 'fault', detail: 'has version 5, the templates need 6 or later' });
  const west = writeAssembly(ACCOUNT, { 'prod-us-west-2-network': () => undefined });
  expect((await diagnosed({ assembly: west })).of('bootstrap us-west-2')).toMatchObject({
    verdict: 'fault',
    detail: 'was never done',
  });
  west.remove();
});

test('zones that this account calls otherwise, and a list of addresses that is not the region’s, are faults', async () => {
  const odd = writeAssembly(ACCOUNT, {
    'prod-us-east-1-network': (stack) => {
      const tags = [{ key: 'Name', value: 'ring use1-az1' }];
      new CfnSubnet(stack, 'Subnet', {
        vpcId: 'vpc-1',
        availabilityZone: 'us-east-1a',
        cidrBlock: '10.20.0.0/24',
        tags,
      });
      new CfnSecurityGroupEgress(stack, 'ToS3', {
        groupId: 'sg-1',
        ipProtocol: 'tcp',
        destinationPrefixListId: 'pl-0',
      });
    },
  });
  const { of } = await diagnosed({ assembly: odd });
  odd.remove();
  expect(of('zones us-east-1')).toMatchObject({
    verdict: 'fault',
    detail: 'us-east-1a is use1-az6, the templates say use1-az1',
    remedy: expect.stringContaining('us-east-1b use1-az1'),
  });
  expect(of('address list of S3 us-east-1')?.detail).toBe(
    `the templates say pl-0, com.amazonaws.us-east-1.s3 is ${prefixListId}`,
  );
});

test('in another account nothing else is asked, and nothing is put right', async () => {
  const elsewhere = writeAssembly('210987654321', {
    'prod-us-east-1-logs': (stack) => void new CfnDomain(stack, 'Search', {}),
  });
  const { code, findings } = await diagnosed({ assembly: elsewhere, fix: true });
  elsewhere.remove();
  expect(code).toBe(1);
  expect(findings).toEqual([
    {
      subject: 'credentials',
      verdict: 'fault',
      detail: 'credentials: got those of account 333333333333, allowed: account 210987654321',
      remedy: 'use credentials of account 210987654321, for example by AWS_PROFILE',
    },
  ]);
});

test('an operator reads the faults with what to do about them', async () => {
  const network = writeAssembly(ACCOUNT, {
    'prod-us-west-2-logs': (stack) => void new CfnDomain(stack, 'Search', {}),
  });
  const { code, stdout, stderr } = await piclIdp(['doctor', 'prod', '--assembly', network.folder], {
    ...moto.environment,
    AWS_ENDPOINT_URL_SERVICE_QUOTAS: process.env['AWS_ENDPOINT_URL_SERVICE_QUOTAS'] ?? '',
  });
  network.remove();
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(stdout).toContain(
    'FAULT        bootstrap us-west-2: was never done\n' +
      '             -> npx cdk bootstrap aws://333333333333/us-west-2 --cloudformation-execution-policies ARN-OF-YOUR-POLICY\n',
  );
  expect(stdout).toMatch(/^ok {11}credentials: account 333333333333\n/);
  expect(stdout).toMatch(/\nprod: \d+ ok, 1 at fault, 0 cannot be told\n$/);
});
