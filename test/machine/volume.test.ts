/** Which volume is a machine's own, and what it does about it: every state that EC2 knows, those that moto lacks too. */

import type { Volume } from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import { volumeInZone, volumeStep } from '../../app/machine/volume.ts';

const TAG = { key: 'picl-idp:volume', value: 'log-router-1' };
const ASKED = { tag: TAG, zone: 'us-east-1a' };
const HERE = { VolumeId: 'vol-1', AvailabilityZone: 'us-east-1a', State: 'available' } as const;

describe('the volume of a machine', () => {
  test('is the one in its zone', () =>
    expect(volumeInZone([{ ...HERE, VolumeId: 'vol-2', AvailabilityZone: 'us-east-1b' }, HERE], ASKED)).toBe(HERE));

  test('is not one that is being deleted', () =>
    expect(volumeInZone([{ ...HERE, VolumeId: 'vol-0', State: 'deleting' }, HERE], ASKED)).toBe(HERE));

  test('is never chosen between two', () =>
    expect(() => volumeInZone([HERE, { ...HERE, VolumeId: 'vol-2' }], ASKED)).toThrow(
      'one volume must have the tag picl-idp:volume=log-router-1 in zone us-east-1a, 2 have: vol-1, vol-2',
    ));
});

describe('a machine', () => {
  const step = (volume: Omit<Volume, 'VolumeId'>) => volumeStep(volume, 'i-own');

  test('attaches what nobody holds', () => expect(step({ State: 'available' })).toEqual({ step: 'attach' }));

  test('uses what it holds', () =>
    expect(step({ State: 'in-use', Attachments: [{ InstanceId: 'i-own', State: 'attached' }] })).toEqual({
      step: 'use',
    }));

  test.each([
    ['is being made', { State: 'creating' }, 'it is creating'],
    ['has failed', { State: 'error' }, 'it is error'],
    [
      'is held by another',
      { State: 'in-use', Attachments: [{ InstanceId: 'i-2', State: 'attached' }] },
      'instance i-2 holds it (attached)',
    ],
    [
      'is let go by another',
      { State: 'in-use', Attachments: [{ InstanceId: 'i-2', State: 'detaching' }] },
      'instance i-2 holds it (detaching)',
    ],
    [
      'is on its way to it',
      { State: 'in-use', Attachments: [{ InstanceId: 'i-own', State: 'attaching' }] },
      'it is attaching at this machine',
    ],
    [
      'is shared with another',
      {
        State: 'in-use',
        Attachments: [
          { InstanceId: 'i-own', State: 'attached' },
          { InstanceId: 'i-2', State: 'attached' },
        ],
      },
      'instance i-2 holds it (attached)',
    ],
  ] as const)('waits for a volume that %s', (_, volume, why) =>
    expect(step({ ...volume, Attachments: 'Attachments' in volume ? [...volume.Attachments] : [] })).toEqual({
      step: 'wait',
      why,
    }),
  );
});
