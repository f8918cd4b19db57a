/** `npm run guard` and `npm run snapshots` in a repository of their own, as a reviewer and a developer run them. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findBase } from '../../tools/guard/base.ts';
import { filesBelow, SNAPSHOTS } from '../../tools/guard/snapshot.ts';
import { checkout, type Ran, runIn, temporaryFolder } from './support/checkout.ts';

const SLOW_MS_MAX = 120_000;
const environment = { PATH: process.env['PATH'] ?? '' };
const folder = temporaryFolder();
const root = join(folder.path, 'repository');
const DATA = join(root, SNAPSHOTS, 'prod/us-east-1-data.json');

const git = (...parameters: readonly string[]) =>
  execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@localhost', ...parameters], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
const run = (program: string, ...parameters: readonly string[]): Ran =>
  runIn(root, [`tools/${program}.ts`, ...parameters], { environment });

beforeAll(() => {
  checkout(root);
  writeFileSync(join(root, '.gitignore'), 'node_modules\ndist\n');
  git('init', '--quiet', '--initial-branch=main');
  git('add', '.');
  git('commit', '--quiet', '--message', 'sources');
});
afterAll(() => folder.remove());

describe('before there are snapshots', () => {
  test('guard says that there is nothing to compare with, and passes', () => {
    const { code, stdout, stderr } = run('guard');
    expect(stdout).toBe(`${git('rev-parse', 'HEAD').slice(0, 12)} has no snapshots yet: nothing to compare with.\n`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('guard refuses a commit that is none', () => {
    const { code, stderr } = run('guard', '--base', 'nowhere');
    expect(stderr).toBe('guard: --base: got nowhere, allowed: a commit of this repository\n');
    expect(code).toBe(2);
  });
});

describe('snapshots', () => {
  test(
    'are written for each stack; what is missing, stale or left over is mended, and nothing else touched',
    () => {
      expect(run('snapshots').code).toBe(0);
      const files = filesBelow(join(root, SNAPSHOTS));
      expect(files).toContain('prod/us-east-1-data.json');
      const text = readFileSync(DATA, 'utf8');
      writeFileSync(DATA, text.replace('us-east-1a', 'us-east-1b'));
      rmSync(join(root, SNAPSHOTS, 'prod/us-west-2-data.json'));
      mkdirSync(join(root, SNAPSHOTS, 'gone'));
      writeFileSync(join(root, SNAPSHOTS, 'gone/us-east-1.json'), '{}');
      expect(run('snapshots').stdout).toBe(
        'changed prod/us-east-1-data.json\nnew     prod/us-west-2-data.json\nremoved gone/us-east-1.json\n',
      );
      expect(filesBelow(join(root, SNAPSHOTS))).toEqual(files);
      expect(readFileSync(DATA, 'utf8')).toBe(text);
    },
    SLOW_MS_MAX,
  );
});

describe('guard, when a volume of the last commit had another logical id', () => {
  let resource: string;
  beforeAll(() => {
    const text = readFileSync(DATA, 'utf8');
    const [, id = ''] = /"(RingRing1NodeVolume\w+)": \{/.exec(text) ?? [];
    writeFileSync(DATA, text.replaceAll(id, 'VolumeBefore'));
    git('add', '.');
    git('commit', '--quiet', '--message', 'snapshots');
    resource = 'prod-us-east-1-data/VolumeBefore';
  });

  test(
    'fails, and says first what would be lost and how to say that it is meant',
    () => {
      const { code, stdout } = run('guard', '--base', 'HEAD');
      expect(code).toBe(1);
      const lines = stdout.split('\n');
      expect(lines[0]).toBe('Stateful resources that would be lost:');
      expect(lines[1]).toMatch(
        new RegExp(
          `^ {2}${resource} \\(AWS::EC2::Volume\\) is left behind; RingRing1NodeVolume\\w+ seems to be the same`,
        ),
      );
      expect(lines[2]).toBe(`    lost: what the machine has on its disk. If that is meant: --accept ${resource}`);
      expect(stdout).toMatch(
        /^Stacks that differ from [0-9a-f]{12}:\n {2}prod-us-east-1-data: 1 added, \d+ changed, 1 removed$/m,
      );
    },
    SLOW_MS_MAX,
  );

  test(
    'passes what is said to be meant, and tells programs the same',
    () => {
      const { code, stdout } = run('guard', '--base', 'HEAD', '--json', '--accept', resource);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        base: git('rev-parse', 'HEAD'),
        refused: [],
        losses: [{ resource, type: 'AWS::EC2::Volume', fate: 'is left behind' }],
        stacks: [{ stack: 'prod-us-east-1-data', state: 'changed', added: 1, removed: 1 }],
      });
    },
    SLOW_MS_MAX,
  );

  test(
    'refuses to accept the loss of what is not lost',
    () => {
      const { code, stderr } = run('guard', '--base', 'HEAD', '--accept', resource, 'prod-us-east-1-data/Nothing');
      expect(stderr).toBe(
        'guard: --accept: got prod-us-east-1-data/Nothing, allowed: a stateful resource that would be lost\n',
      );
      expect(code).toBe(2);
    },
    SLOW_MS_MAX,
  );

  test(
    'compares the last commit of main with the one before, once nothing else is changed',
    () => {
      const before = git('rev-parse', 'HEAD^');
      expect(JSON.parse(run('guard', '--json').stdout)).toMatchObject({ base: before });
      writeFileSync(join(root, 'tsconfig.json'), '{}');
      const { base } = JSON.parse(run('guard', '--json', '--accept', resource).stdout);
      expect(base).toBe(git('rev-parse', 'HEAD'));
      git('checkout', '--', 'tsconfig.json');
    },
    SLOW_MS_MAX,
  );

  test('compares a branch with where it left main', () => {
    const left = git('rev-parse', 'HEAD');
    git('checkout', '--quiet', '-b', 'work');
    git('commit', '--quiet', '--allow-empty', '--message', 'work');
    expect(git('rev-parse', 'HEAD')).not.toBe(left);
    expect(findBase(undefined, root)).toBe(left);
    expect(findBase('HEAD', root)).toBe(git('rev-parse', 'HEAD'));
  });
});

describe('while an environment is wrong', () => {
  const fault = [
    'environments are wrong:',
    '  prod.regions[1].cidr: got "10.20.0.0/16", regions of one account have addresses of their own (prod.regions[0] has these)',
  ];
  const file = join(root, 'regions/prod.ts');
  let right = '';
  beforeAll(() => {
    right = readFileSync(file, 'utf8');
    writeFileSync(file, right.replace("'10.21.0.0/16'", "'10.20.0.0/16'"));
  });
  afterAll(() => writeFileSync(file, right));

  test('guard compares nothing, says what is wrong, and says that it did not compare', () => {
    const { code, stdout, stderr } = run('guard', '--base', 'HEAD');
    expect(stderr.split('\n').slice(0, 2)).toEqual(fault);
    expect(stderr.trimEnd().split('\n').at(-1)).toBe('guard: the templates of these sources could not be made');
    expect(stderr).not.toContain('    at ');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test('synth says what is wrong, and nothing else', () => {
    const { code, stdout, stderr } = run('synth');
    expect(stderr.trimEnd().split('\n').slice(0, 2)).toEqual(fault);
    expect(stderr).not.toContain('    at ');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });
});
