/** The assembly of all environments: the same bytes wherever, whenever and with whatever it is made, and none with a finding. Slow: it bundles. */

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readAssembly } from '../../app/operator/assembly.ts';
import { bytesOf, checkout, type Ran, runIn, temporaryFolder } from './support/checkout.ts';

const SLOW_MS_MAX = 180_000;
const SYNTH = ['tools/synth.ts', '--output', 'assembly'];
const REPORT = 'validation-report.json';
/** Whoever may make a name space of the network has an empty one there. CI may, so that nothing is left unproven there. */
const WITHOUT_NETWORK = [
  ['unshare', '--net'],
  ['unshare', '--map-root-user', '--net'],
].find(([command = '', ...parameters]) => spawnSync(command, [...parameters, 'true']).status === 0);
if (WITHOUT_NETWORK === undefined)
  process.stderr.write('NOT PROVEN: synth ran with a network, since this machine lets nobody make one that is empty\n');
const ELSEWHERE = {
  CDK_VALIDATION: 'false',
  NODE_OPTIONS: `--require=${join(process.cwd(), 'test/stacks/support/elsewhere.cjs')}`,
};

const folder = temporaryFolder();
let here: string;
let elsewhere: string;
let first: Ran;
beforeAll(() => {
  here = checkout(join(folder.path, 'here'));
  elsewhere = checkout(join(folder.path, 'else/where/deeper'));
  first = runIn(here, SYNTH, { before: WITHOUT_NETWORK ?? [] });
}, SLOW_MS_MAX);
afterAll(() => folder.remove());

/** Files whose bytes are not those of the first assembly, or that are in one only. The report is there only after validation. */
function differences(root: string, output: string): readonly string[] {
  const [one, other] = [bytesOf(join(here, 'assembly')), bytesOf(join(root, output))];
  return [...new Set([...one.keys(), ...other.keys()])].filter((path) => {
    const [mine, theirs] = [one.get(path), other.get(path)];
    return path !== REPORT && (mine === undefined || theirs === undefined || !mine.equals(theirs));
  });
}

test('with nothing in its environment and no network, synth finds nothing to complain of and says nothing but what there is', () => {
  if (process.env['CI'] === 'true') expect(WITHOUT_NETWORK).toBeDefined();
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toMatch(/^dev: 1 stack +\d+\n {2}dev-us-east-1-box +\d+\nloadtest: /);
  const stacks = readAssembly(join(here, 'assembly'));
  const names = stacks.map(({ name }) => name);
  const told = [...first.stdout.matchAll(/^ {2}(\S+) +\d+$/gm)].map(([, name]) => name);
  expect(told.sort()).toEqual([...names].sort());
  const resources = stacks.reduce((sum, { template }) => sum + Object.keys(template.Resources).length, 0);
  expect(first.stdout).toMatch(new RegExp(`^all: ${stacks.length} stacks +${resources}$`, 'm'));
});

test('the report has no violation left, of any severity', () => {
  const { pluginReports } = JSON.parse(readFileSync(join(here, 'assembly', REPORT), 'utf8'));
  // The rule pack has a report only when it finds something: that it is asked is shown below, by templates with findings.
  expect(pluginReports).toMatchObject([
    { pluginName: 'CloudFormation Validate', conclusion: 'success', violations: [] },
  ]);
});

test('a folder that holds something else is refused, and left as it is', () => {
  const { code, stderr } = runIn(here, ['tools/synth.ts', '--output', 'lib']);
  expect(stderr).toContain("option '--output <folder>' argument 'lib' is invalid. Allowed: a folder that is not there");
  expect(code).toBe(1);
  expect(bytesOf(join(here, 'lib')).size).toBeGreaterThan(10);
});

describe('a second run, without validation, that lists the acknowledged findings', () => {
  let second: Ran;
  beforeAll(() => {
    const program = ['tools/synth.ts', '--acknowledged', '--output', 'again'];
    second = runIn(here, program, { environment: { CDK_VALIDATION: 'false' } });
  }, SLOW_MS_MAX);

  test('gives the same bytes', () => {
    expect(second).toMatchObject({ code: 0, stderr: '' });
    expect(differences(here, 'again')).toEqual([]);
  });

  test('gives each rule with its reasons, each a sentence, and where it was given', () => {
    const lines = second.stdout.trimEnd().split('\n');
    const reasons = lines.filter((line) => !line.startsWith('  '));
    expect(reasons.length).toBeGreaterThan(10);
    expect(reasons.filter((line) => !/^(AwsSolutions-[A-Z]+\d+|W\d+): [A-Z].+ .+\.$/.test(line))).toEqual([]);
    expect(lines.filter((line) => line.startsWith('  ') && !/^ {2}\d+ x [a-z]+\/\S+$/.test(line))).toEqual([]);
  });
});

test(
  'another folder, another day and a network that answers nobody give the same bytes',
  () => {
    expect(runIn(elsewhere, SYNTH, { environment: ELSEWHERE })).toMatchObject({ code: 0, stderr: '' });
    expect(differences(elsewhere, 'assembly')).toEqual([]);
  },
  SLOW_MS_MAX,
);

test('nothing in an assembly tells where it was made', () => {
  const telling = [...bytesOf(join(here, 'assembly'))].filter(([, bytes]) => bytes.includes(folder.path));
  expect(telling.map(([path]) => path)).toEqual([]);
});

test(
  'the CDK makes the same bytes by its own command line, of which a reviewer has the diff',
  () => {
    const run = runIn(here, ['node_modules/aws-cdk/bin/cdk', 'synth', '--quiet', '--output', 'by-cdk'], {
      environment: {
        CDK_VALIDATION: 'false',
        PATH: `${here}/node_modules/.bin:${process.env['PATH']}`,
        HOME: folder.path,
      },
    });
    expect(run.code).toBe(0);
    expect(differences(here, 'by-cdk')).toEqual([]);
  },
  SLOW_MS_MAX,
);

describe('a template with a finding of each kind', () => {
  let broken: string;
  beforeAll(() => {
    broken = checkout(join(folder.path, 'broken'));
    writeFileSync(
      join(broken, 'bin/idp.ts'),
      `import { Stack } from 'aws-cdk-lib';
       import { CfnBucket } from 'aws-cdk-lib/aws-s3';
       import { CfnSubnet, CfnVPC } from 'aws-cdk-lib/aws-ec2';
       import { synthesize } from './synthesize.ts';
       void synthesize((app) => {
         const stack = new Stack(app, 'broken', { env: { account: '111111111111', region: 'us-east-1' } });
         new CfnBucket(stack, 'Bucket');
         const vpc = new CfnVPC(stack, 'Network', { cidrBlock: '10.0.0.0/16' });
         new CfnSubnet(stack, 'Outside', { vpcId: vpc.ref, cidrBlock: '10.1.0.0/24' });
       });`,
    );
  });
  const findings = [/AwsSolutions-S1\b/, /Outside/];

  test(
    'fails npm run synth with both',
    () => {
      const { code, stdout, stderr } = runIn(broken, SYNTH);
      expect(code).toBe(1);
      expect(stdout).toBe('');
      for (const finding of findings) expect(stderr).toMatch(finding);
    },
    SLOW_MS_MAX,
  );

  test(
    'fails cdk synth with both',
    () => {
      const { code, stdout, stderr } = runIn(broken, ['node_modules/aws-cdk/bin/cdk', 'synth', '--quiet'], {
        environment: { PATH: `${broken}/node_modules/.bin:${process.env['PATH']}`, HOME: folder.path },
      });
      expect(code).toBe(1);
      for (const finding of findings) expect(`${stdout}${stderr}`).toMatch(finding);
    },
    SLOW_MS_MAX,
  );
});
