/** `npm run destroy`: what it shows, what it refuses, and how stacks go, against a model of CloudFormation. */

import { spawn } from 'node:child_process';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { CreateSubnetCommand, EC2Client } from '@aws-sdk/client-ec2';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CfnOutput, Fn, type Stack } from 'aws-cdk-lib';
import { CfnVPC } from 'aws-cdk-lib/aws-ec2';
import { CfnTopic } from 'aws-cdk-lib/aws-sns';
import { type AssembledStack, readAssembly, stacksOf } from '../../app/operator/assembly.ts';
import { deleteStacks } from '../../tools/destroy/delete-stacks.ts';
import { whatGoes, whatStays, whyNot } from '../../tools/destroy/plan.ts';
import { type TestAssembly, writeAssembly } from '../operator/support/assembly.ts';
import { MOTO_START_MS_MAX, type Moto, startMoto } from '../support/moto.ts';
import { sharedStacks } from '../topology/support/assembly.ts';
import { type FailingCloudFormation, serveFailing } from './support/failing-cloudformation.ts';

const ACCOUNT = '123456789012';
const REGIONS = ['us-east-1', 'us-west-2'];

describe('what is shown before anything goes', () => {
  const loadtest = stacksOf(sharedStacks(), 'loadtest');

  test('loadtest loses all that it holds, and nothing is retained', () => {
    expect(whyNot(loadtest)).toBeUndefined();
    const goes = whatGoes(loadtest);
    expect(goes).toContain(
      '6 x AWS::EC2::NetworkInterface: the address by which a machine is known to its neighbours and in the seeds of the ring',
    );
    expect(goes).toContain(
      '16 x AWS::SecretsManager::Secret: its value, at once: CloudFormation leaves no days in which to recover it',
    );
    expect(whatStays(loadtest).filter((line) => line.includes('retained'))).toEqual([]);
  });

  test('names of built images, records that proved names, and keys that can be brought back stay', () => {
    const stays = whatStays(loadtest);
    const parameters = stays.filter((line) =>
      /^parameter \/imagebuilder\/picl-idp\/loadtest\/image\/(service|ring)\/[0-9a-f]{64} in us-(east-1|west-2)/.test(
        line,
      ),
    );
    expect(parameters).toHaveLength(4);
    expect(stays).toContain(
      'the CNAME by which accounts.loadtest.idp.example.org was proven, in hosted zone Z0LOAD789ABCDEFGHIJK',
    );
    expect(
      stays.filter((line) => /\(AWS::KMS::Key\): can be brought back for (7|30) days$/.test(line)).length,
    ).toBeGreaterThan(1);
  });

  test('prod is refused, since it keeps its data', () => {
    expect(whyNot(stacksOf(sharedStacks(), 'prod'))).toMatch(
      /^(\d+) of \1 stacks have termination protection, since the environment keeps its data\. No command of ours lifts it\.$/,
    );
  });

  test('a bucket and a vault that are in the way are told of', () => {
    const [stack] = loadtest as [AssembledStack];
    const template = {
      Resources: {
        Long: { Type: 'AWS::S3::Bucket' },
        Safe: { Type: 'AWS::Backup::BackupVault' },
        Kept: { Type: 'AWS::S3::Bucket', DeletionPolicy: 'Retain' },
      },
    };
    expect(whatStays([{ ...stack, name: 'one', template }]).slice(0, 3)).toEqual([
      'one/Long (AWS::S3::Bucket): refuses to go as long as it holds an object, so empty it first',
      'one/Safe (AWS::Backup::BackupVault): refuses to go as long as it holds a backup',
      'one/Kept (AWS::S3::Bucket): retained',
    ]);
  });
});

describe('against CloudFormation', () => {
  let moto: Moto;
  let assembly: TestAssembly;
  let stacks: readonly AssembledStack[];
  beforeAll(async () => {
    moto = await startMoto({ accountId: ACCOUNT });
    Object.assign(process.env, moto.environment);
    assembly = writeAssembly(ACCOUNT, {
      'small-us-east-1-network': exporting,
      'small-us-east-1-data': importing('small-us-east-1-network'),
      'small-us-east-1-services': importing('small-us-east-1-network', 'small-us-east-1-data'),
      'small-us-west-2-network': exporting,
      'large-us-east-1-network': (stack) => {
        stack.terminationProtection = true;
        new CfnTopic(stack, 'Topic');
      },
    });
    stacks = stacksOf(readAssembly(assembly.folder), 'small');
  }, MOTO_START_MS_MAX);
  afterAll(async () => {
    assembly.remove();
    await moto.stop();
  });
  beforeEach(async () => {
    await fetch(`${moto.url}/moto-api/reset`, { method: 'POST' });
    for (const stack of stacks) await create(stack.region, stack.name, stack.template);
  });

  const destroy = (parameters: readonly string[], typed = '') =>
    run(['small', '--assembly', assembly.folder, ...parameters], typed, moto);

  test('each stack goes after those that need it, and nothing is left', async () => {
    const { code, stdout, stderr } = await destroy(['--yes']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const gone = [...stdout.matchAll(/^(\S+): gone after \d+ s$/gm)].map(([, name]) => name);
    expect(gone.filter((name) => name?.includes('us-east-1'))).toEqual([
      'small-us-east-1-services',
      'small-us-east-1-data',
      'small-us-east-1-network',
    ]);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('small is gone');
    expect(await names()).toEqual([]);
  });

  test('the name of the environment, typed, deletes it', async () => {
    expect((await destroy([], 'small\n')).code).toBe(0);
    expect(await names()).toEqual([]);
  });

  test.each([
    ['another name', 'smal\n'],
    ['nothing', ''],
  ])('%s, typed, deletes nothing', async (_, typed) => {
    const { code, stderr } = await destroy([], typed);
    expect(stderr).toBe('destroy: nothing was deleted, since "small" was not typed\n');
    expect(code).toBe(1);
    expect(await names()).toHaveLength(4);
  });

  test('a dry run shows and deletes nothing', async () => {
    const { code, stdout } = await destroy(['--dry-run']);
    expect(stdout).toMatch(
      /^small in account 123456789012: 4 stacks, 6 resources\nGoes for good:\n {2}4 x AWS::SNS::Topic: /,
    );
    expect(code).toBe(0);
    expect(await names()).toHaveLength(4);
  });

  test('an environment that keeps its data is refused, whatever is typed', async () => {
    const { code, stdout, stderr } = await run(['large', '--yes', '--assembly', assembly.folder], 'large\n', moto);
    expect(stderr).toMatch(/^destroy: large is not deleted: 1 of 1 stacks have termination protection, /);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  test('another account than that of the environment is refused', async () => {
    const other = writeAssembly('210987654321', { 'small-us-east-1-network': exporting });
    const { code, stderr } = await run(['small', '--yes', '--assembly', other.folder], '', moto);
    other.remove();
    expect(stderr).toBe('destroy: credentials: got those of account 123456789012, allowed: account 210987654321\n');
    expect(code).toBe(1);
    expect(await names()).toHaveLength(4);
  });

  test('run again, it says what is not there', async () => {
    await destroy(['--yes']);
    const { code, stdout } = await destroy(['--yes']);
    expect(code).toBe(0);
    expect(stdout.match(/is not there/g)).toHaveLength(4);
  });

  test('a stack that CloudFormation refuses to delete at once is asked again', async () => {
    await useNetworkOfData(stacks);
    const { told, slept } = await deletion(stacks);
    expect(told.filter((line) => line.startsWith('small-us-east-1-data: '))[0]).toMatch(
      /: is asked again, it refused: The vpc '\S+' has dependencies and cannot be deleted\.$/,
    );
    expect(slept).toEqual([5000]);
  });

  describe('whose deletions fail on the way', () => {
    const REASON = 'Export small cannot be deleted as it is in use by a-stranger';
    const DATA = 'small-us-east-1-data';
    let server: FailingCloudFormation;
    afterEach(async () => {
      await server.stop();
      Object.assign(process.env, moto.environment);
    });
    const failing = async (failures: number) => {
      server = await serveFailing({ [DATA]: failures }, REASON);
      process.env['AWS_ENDPOINT_URL'] = server.url;
      const { left, told } = await deletion(stacks);
      return { left, ofData: told.filter((line) => line.startsWith(DATA)), last: told.at(-1) };
    };

    test('a stack is asked again, and the reason told that began the last failure', async () => {
      const { left, ofData, last } = await failing(1);
      expect(ofData).toEqual([
        `${DATA}: goes`,
        `${DATA}: is asked again, it refused: Topic: ${REASON}`,
        `${DATA}: goes`,
        `${DATA}: gone after 0 s`,
      ]);
      expect(left).toEqual([]);
      expect(last).toBe('small-us-east-1-network: gone after 0 s');
    });

    test('a stack that fails three times is left with what it needs, and all others go', async () => {
      const { left, ofData, last } = await failing(9);
      expect(ofData.at(-1)).toBe(`${DATA}: left, it refused: Topic: ${REASON}`);
      expect(server.asked(DATA)).toBe(3);
      expect(left).toEqual(['small-us-east-1-network', DATA]);
      expect(last).toBe('small-us-east-1-network: left, another stack needs it');
      expect(server.asked('small-us-east-1-network')).toBe(0);
      expect(server.asked('small-us-west-2-network')).toBe(1);
    });
  });
});

/** Deletes stacks in this process, without waiting. */
async function deletion(stacks: readonly AssembledStack[]) {
  const told: string[] = [];
  const slept: number[] = [];
  const tell = (line: string) => void told.push(line);
  const left = await deleteStacks({ stacks, tell, sleep: async (ms) => void slept.push(ms), now: () => 0 });
  return { left, told, slept };
}

/** A subnet that no stack made, in the network of one. */
async function useNetworkOfData(stacks: readonly AssembledStack[]): Promise<void> {
  const client = new CloudFormationClient({ region: 'us-east-1' });
  const name = stacks.find(({ layer }) => layer === 'data')?.name;
  const { StackResources: resources = [] } = await client.send(new DescribeStackResourcesCommand({ StackName: name }));
  client.destroy();
  const vpc = resources.find(({ ResourceType: type }) => type === 'AWS::EC2::VPC')?.PhysicalResourceId;
  const ec2 = new EC2Client({ region: 'us-east-1' });
  await ec2.send(new CreateSubnetCommand({ VpcId: vpc, CidrBlock: '10.0.0.0/24' }));
  ec2.destroy();
}

function exporting(stack: Stack): void {
  new CfnTopic(stack, 'Topic');
  new CfnOutput(stack, 'Name', { value: 'x', exportName: stack.stackName });
}

function importing(...needed: readonly string[]) {
  return (stack: Stack) => {
    new CfnVPC(stack, 'Network', { cidrBlock: '10.0.0.0/16' });
    new CfnTopic(stack, 'Topic', { displayName: needed.map((name) => Fn.importValue(name)).join('') });
    new CfnOutput(stack, 'Name', { value: 'x', exportName: stack.stackName });
    for (const name of needed) stack.addStackDependency(stack.node.root.node.findChild(name) as Stack);
  };
}

async function create(
  region: string,
  name: string,
  { Resources, Outputs }: Pick<AssembledStack['template'], 'Resources' | 'Outputs'>,
): Promise<void> {
  const client = new CloudFormationClient({ region });
  await client.send(new CreateStackCommand({ StackName: name, TemplateBody: JSON.stringify({ Resources, Outputs }) }));
  client.destroy();
}

async function names(): Promise<readonly string[]> {
  const found = await Promise.all(
    REGIONS.map(async (region) => {
      const client = new CloudFormationClient({ region });
      const { Stacks: all = [] } = await client.send(new DescribeStacksCommand({}));
      client.destroy();
      return all.map(({ StackName: name = '' }) => name);
    }),
  );
  return found.flat().sort();
}

/** Runs the command as an operator does, who types. */
function run(parameters: readonly string[], typed: string, { environment }: Moto) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', 'tools/destroy.ts', ...parameters],
      {
        env: { ...process.env, ...environment },
      },
    );
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.once('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(typed);
  });
}
