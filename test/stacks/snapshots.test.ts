/** The snapshots that reviewers read: what the templates say now, and nothing that a release alone changes. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { filesBelow, maskHashes, SNAPSHOTS, snapshotsOf } from '../../tools/guard/snapshot.ts';
import { OTHER_RELEASE, sharedStacks } from '../topology/support/assembly.ts';

const HASH = 'c0ffee'.repeat(11).slice(0, 64);

describe('test/stacks/snapshots', () => {
  const wanted = snapshotsOf(sharedStacks());

  test('there is a file for each stack, and none for a stack that is gone: npm run snapshots mends it', () => {
    expect(filesBelow(SNAPSHOTS)).toEqual([...wanted.keys()].sort());
  });

  test.each([...wanted.keys()])('%s is what the template says now, or npm run snapshots writes it anew', (path) => {
    expect(JSON.parse(readFileSync(join(SNAPSHOTS, path), 'utf8'))).toEqual(JSON.parse(wanted.get(path) ?? ''));
    // The order of keys and the layout as well, so that a review shows the change and nothing else.
    expect(readFileSync(join(SNAPSHOTS, path), 'utf8') === wanted.get(path)).toBe(true);
  });

  test('no file is too long to be read', () => {
    const long = [...wanted].filter(([, text]) => text.split('\n').length > 4000 || text.length > 150_000);
    expect(long.map(([path]) => path)).toEqual([]);
  });

  test('a release of app/ that changes no setting changes none of them', () => {
    const released = sharedStacks(OTHER_RELEASE);
    expect(JSON.stringify(released.map(({ template }) => template))).not.toBe(
      JSON.stringify(sharedStacks().map(({ template }) => template)),
    );
    expect(snapshotsOf(released)).toEqual(wanted);
  });
});

describe('the mask', () => {
  test.each([
    ['a hash of 64 digits', `/image/service/${HASH}`, '/image/service/<hash>'],
    ['an asset', `s3://bucket-111111111111-us-east-1/${HASH}.zip`, 's3://bucket-111111111111-us-east-1/<hash>.zip'],
    ['the name of a recipe', `picl-idp-loadtest-ring-${HASH.slice(0, 16)}`, 'picl-idp-loadtest-ring-<hash>'],
    [
      'the name of a component',
      `picl-idp-dev-service-clean-up-${HASH.slice(0, 16)}`,
      'picl-idp-dev-service-clean-up-<hash>',
    ],
    [
      'the name of an image',
      `picl-idp-release-ring-${HASH.slice(0, 12)}-{{ imagebuilder:buildDate }}`,
      'picl-idp-release-ring-<hash>-{{ imagebuilder:buildDate }}',
    ],
  ])('hides %s', (_, text, masked) => expect(maskHashes(text)).toBe(masked));

  test.each([
    ['an account', 'arn:aws:iam::333333333333:role/picl-idp-prod-service-333333333333'],
    ['a bucket named by an account', 'picl-idp-prod-logs-333333333333-us-east-1'],
    ['an AMI', 'ami-00000000000000e02'],
    ['a logical id', 'NetworkringSlot0Subnet64B1E98E'],
    ['a hash of another length', `picl-idp-prod-service-${HASH.slice(0, 40)}`],
    ['sixteen digits of anything else', `subnet-${HASH.slice(0, 16)}`],
    ['twelve digits of an image that goes on with no date', `picl-idp-release-ring-${HASH.slice(0, 12)}`],
    ['digits in capitals', HASH.toUpperCase()],
  ])('leaves %s', (_, text) => expect(maskHashes(text)).toBe(text));
});
