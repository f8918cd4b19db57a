/** Whether a region's quotas hold what the templates want, at its largest. */

import type { _InstanceType, EC2Client } from '@aws-sdk/client-ec2';
import { type AssembledStack, resourcesOf } from '../assembly.ts';
import { bounded, using } from '../aws.ts';
import { type MachineGroup, machineGroups } from '../machines.ts';
import { type Check, eachOf, type Finding, regionsOf } from './finding.ts';

interface Quota {
  readonly what: string;
  readonly service: string;
  readonly code: string;
  needed(parts: QuotaParts): Promise<number>;
  /** By others than the environment. */
  used(parts: QuotaParts): Promise<number>;
}

interface QuotaParts {
  readonly client: EC2Client;
  readonly stacks: readonly AssembledStack[];
  /** Filters of what belongs to the environment. */
  readonly environment: string;
}

const ENVIRONMENT_TAG = 'picl-idp:environment';
const PAGES_MAX = 20;
const PAGE_ITEMS = 500;
/** Types that one quota counts together. */
const STANDARD_MACHINE = /^[acdhimrtz]\d/;

/** Codes are recalled: `aws service-quotas list-service-quotas --service-code ec2` lists them. */
const QUOTAS: readonly Quota[] = [
  {
    what: 'processors of standard machines',
    service: 'ec2',
    code: 'L-1216C47A',
    needed: ({ client, stacks }) => processorsNeeded(client, machineGroups(stacks)),
    used: processorsOfOthers,
  },
  {
    what: 'elastic addresses',
    service: 'ec2',
    code: 'L-0263D0A3',
    needed: async ({ stacks }) => resourcesOf(stacks, 'AWS::EC2::EIP').length,
    async used({ client, environment }) {
      const { DescribeAddressesCommand } = (await import('@aws-sdk/client-ec2')).default;
      const { Addresses: addresses = [] } = await client.send(new DescribeAddressesCommand(), bounded());
      return addresses.filter((address) => isOthers(address, environment)).length;
    },
  },
  {
    what: 'VPCs',
    service: 'vpc',
    code: 'L-F678F1CE',
    needed: async ({ stacks }) => resourcesOf(stacks, 'AWS::EC2::VPC').length,
    async used({ client, environment }) {
      const { DescribeVpcsCommand } = (await import('@aws-sdk/client-ec2')).default;
      const { Vpcs: vpcs = [] } = await client.send(new DescribeVpcsCommand(), bounded());
      return vpcs.filter((vpc) => isOthers(vpc, environment)).length;
    },
  },
];

export const quotasCheck: Check = {
  name: 'quotas',
  async run({ environment, stacks }) {
    const pairs = regionsOf(stacks).flatMap((region) => QUOTAS.map((quota) => ({ region, quota })));
    return eachOf(pairs, {
      subject: ({ region, quota }) => subjectOf(region, quota),
      find: ({ region, quota }) => {
        const own = stacks.filter((stack) => stack.region === region);
        return findQuota(region, { quota, stacks: own, environment });
      },
    });
  },
};

async function findQuota(
  region: string,
  { quota, stacks, environment }: { quota: Quota; stacks: readonly AssembledStack[]; environment: string },
): Promise<Finding> {
  const subject = subjectOf(region, quota);
  const { EC2Client } = (await import('@aws-sdk/client-ec2')).default;
  return using(new EC2Client({ region }), async (client) => {
    const parts = { client, stacks, environment };
    const needed = await quota.needed(parts);
    if (needed === 0) return { subject, verdict: 'ok', detail: 'the templates want none' };
    const [used, allowed] = await Promise.all([quota.used(parts), readQuota(region, quota)]);
    const detail = `wanted ${needed} at the most, ${used} used by others, allowed ${allowed}`;
    if (needed + used <= allowed) return { subject, verdict: 'ok', detail };
    const remedy = `aws service-quotas request-service-quota-increase --region ${region} --service-code ${quota.service} --quota-code ${quota.code} --desired-value ${needed + used}`;
    return { subject, verdict: 'fault', detail, remedy };
  });
}

async function readQuota(region: string, { service, code }: Quota): Promise<number> {
  const { default: quotas } = await import('@aws-sdk/client-service-quotas');
  return using(new quotas.ServiceQuotasClient({ region }), async (client) => {
    const get = new quotas.GetServiceQuotaCommand({ ServiceCode: service, QuotaCode: code });
    const { Quota: quota } = await client.send(get, bounded());
    if (quota?.Value === undefined) throw new Error(`AWS tells no value of ${service} ${code}`);
    return quota.Value;
  });
}

async function processorsNeeded(client: EC2Client, groups: readonly MachineGroup[]): Promise<number> {
  const { DescribeInstanceTypesCommand } = (await import('@aws-sdk/client-ec2')).default;
  const standard = groups.filter(({ instanceType }) => STANDARD_MACHINE.test(instanceType));
  const types = [...new Set(standard.map(({ instanceType }) => instanceType as _InstanceType))];
  if (types.length === 0) return 0;
  const describe = new DescribeInstanceTypesCommand({ InstanceTypes: types });
  const { InstanceTypes: described = [] } = await client.send(describe, bounded());
  const processors = new Map(described.map((one) => [String(one.InstanceType), one.VCpuInfo?.DefaultVCpus ?? 0]));
  return standard.reduce((sum, { instanceType, machinesMax }) => {
    return sum + machinesMax * (processors.get(instanceType) ?? 0);
  }, 0);
}

async function processorsOfOthers({ client, environment }: QuotaParts): Promise<number> {
  const { DescribeInstancesCommand } = (await import('@aws-sdk/client-ec2')).default;
  let processors = 0;
  let token: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const describe = new DescribeInstancesCommand({
      Filters: [{ Name: 'instance-state-name', Values: ['pending', 'running'] }],
      MaxResults: PAGE_ITEMS,
      ...(token === undefined ? {} : { NextToken: token }),
    });
    const { Reservations: reservations = [], NextToken: next } = await client.send(describe, bounded());
    const instances = reservations.flatMap(({ Instances: all = [] }) => all);
    for (const instance of instances) {
      if (!isOthers(instance, environment) || !STANDARD_MACHINE.test(String(instance.InstanceType))) continue;
      processors += (instance.CpuOptions?.CoreCount ?? 0) * (instance.CpuOptions?.ThreadsPerCore ?? 1);
    }
    if (next === undefined) return processors;
    token = next;
  }
  throw new Error(`the region has more than ${PAGES_MAX * PAGE_ITEMS} machines`);
}

function isOthers({ Tags: tags = [] }: { Tags?: { Key?: string; Value?: string }[] }, environment: string): boolean {
  return !tags.some(({ Key: key, Value: value }) => key === ENVIRONMENT_TAG && value === environment);
}

function subjectOf(region: string, { what }: Quota): string {
  return `quota ${region}: ${what}`;
}
