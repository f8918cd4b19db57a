/** A machine learns who it is by version 2 of the metadata service, or says why not. */

import { afterEach, expect, test } from '@jest/globals';
import { readMachinePlace } from '../../app/machine/metadata.ts';
import { startMetadata } from './rig.ts';

const ANSWERS = { 'instance-id': 'i-0123456789abcdef0', 'placement/availability-zone': 'us-east-1a' };

const opened: { close(): void }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

async function placeFrom(answers: Readonly<Record<string, string>>) {
  const metadata = await startMetadata(answers);
  opened.push(metadata);
  return readMachinePlace({ AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url });
}

test('a machine learns its instance and its zone, with a token', async () =>
  expect(await placeFrom(ANSWERS)).toEqual({ instanceId: 'i-0123456789abcdef0', zone: 'us-east-1a' }));

test('an answer that is no instance id is refused', () =>
  expect(placeFrom({ ...ANSWERS, 'instance-id': '<html>' })).rejects.toMatchObject({
    code: 'METADATA_UNAVAILABLE',
    message: 'the instance metadata service is of no use: it calls this instance "<html>"',
  }));

test('a service without the zone is refused', () =>
  expect(placeFrom({ 'instance-id': ANSWERS['instance-id'] })).rejects.toMatchObject({
    code: 'METADATA_UNAVAILABLE',
    message:
      'the instance metadata service is of no use: it answered /latest/meta-data/placement/availability-zone with 404',
  }));

test('off AWS there is nobody to ask', () =>
  expect(readMachinePlace({ AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1' })).rejects.toMatchObject({
    code: 'METADATA_UNAVAILABLE',
    message: 'the instance metadata service is of no use: it did not answer /latest/api/token',
  }));
