/** Whether each region was bootstrapped, recently enough, and with a policy that an operator named. */

import type { AssembledStack } from '../assembly.ts';
import { bounded, using } from '../aws.ts';
import { type Check, eachOf, type Finding, regionsOf } from './finding.ts';

const EVERYTHING = 'AdministratorAccess';

export const bootstrapCheck: Check = {
  name: 'bootstrap',
  async run({ stacks }) {
    const regions = regionsOf(stacks).map((region) => stacks.filter((stack) => stack.region === region));
    return eachOf(regions, { subject: ([stack]) => `bootstrap ${stack?.region}`, find: findBootstrap });
  },
};

async function findBootstrap(stacks: readonly AssembledStack[]): Promise<readonly Finding[]> {
  const [{ account, region, bootstrap, executionRoleArn } = {}] = stacks;
  const subject = `bootstrap ${region}`;
  if (region === undefined || bootstrap === undefined || executionRoleArn === undefined) {
    return [{ subject, verdict: 'ok', detail: 'the templates ask for none' }];
  }
  const versionMin = Math.max(...stacks.map((stack) => stack.bootstrap?.versionMin ?? 0));
  const remedy = `npx cdk bootstrap aws://${account}/${region} --cloudformation-execution-policies ARN-OF-YOUR-POLICY`;
  const version = await readVersion(region, bootstrap.versionParameter);
  if (version === undefined) return [{ subject, verdict: 'fault', detail: 'was never done', remedy }];
  if (version < versionMin) {
    const detail = `has version ${version}, the templates need ${versionMin} or later`;
    return [{ subject, verdict: 'fault', detail, remedy }];
  }
  const policies = await readPolicies(executionRoleArn.slice(executionRoleArn.lastIndexOf('/') + 1));
  if (policies.length === 0 || policies.includes(EVERYTHING)) {
    const has = policies.length === 0 ? 'no policy' : EVERYTHING;
    return [
      { subject, verdict: 'fault', detail: `CloudFormation works with ${has}, wanted: a policy of your own`, remedy },
    ];
  }
  return [{ subject, verdict: 'ok', detail: `version ${version}, CloudFormation works with ${policies.join(', ')}` }];
}

async function readVersion(region: string, parameter: string): Promise<number | undefined> {
  const { GetParameterCommand, ParameterNotFound, SSMClient } = (await import('@aws-sdk/client-ssm')).default;
  return using(new SSMClient({ region }), async (client) => {
    try {
      const { Parameter: found } = await client.send(new GetParameterCommand({ Name: parameter }), bounded());
      return Number(found?.Value);
    } catch (error) {
      if (error instanceof ParameterNotFound) return undefined;
      throw error;
    }
  });
}

async function readPolicies(roleName: string): Promise<readonly string[]> {
  const { IAMClient, ListAttachedRolePoliciesCommand } = (await import('@aws-sdk/client-iam')).default;
  // IAM is one for all regions.
  return using(new IAMClient({ region: 'us-east-1' }), async (client) => {
    const list = new ListAttachedRolePoliciesCommand({ RoleName: roleName });
    const { AttachedPolicies: attached = [] } = await client.send(list, bounded());
    return attached.map(({ PolicyName: name }) => name ?? '');
  });
}
