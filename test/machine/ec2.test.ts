/** A machine takes its volume and its address from EC2, as moto models it, and never what another holds. */

import {
  AssociateAddressCommand,
  AttachVolumeCommand,
  DescribeAddressesCommand,
  DescribeVolumesCommand,
  DetachVolumeCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { associateAddress, attachVolume, type Tag } from '../../app/machine/ec2.ts';
import { until } from '../platform/children/run-program.ts';
import { MOTO_START_MS_MAX, type Moto, startMoto } from '../support/moto.ts';
import { allocateAddress, createVolume, ec2Of, listeningLog, runInstance, ZONE } from './rig.ts';

const ENOUGH_MS = 10_000;
const LOOK_EVERY_MS = 5;

let moto: Moto;
let ec2: EC2Client;
let tags = 0;
beforeAll(async () => {
  moto = await startMoto();
  ec2 = ec2Of(moto);
}, MOTO_START_MS_MAX);
afterAll(async () => {
  ec2?.destroy();
  await moto?.stop();
});

/** A tag that only the resources of one test have. */
function newTag(key = 'picl-idp:volume'): Tag {
  tags += 1;
  return { key, value: `test/${tags}` };
}

function attachTo(instanceId: string, tag: Tag, { waitMs = ENOUGH_MS, client = ec2 } = {}) {
  const { log, said } = listeningLog();
  const patience = { endsAt: Date.now() + waitMs, lookEveryMs: LOOK_EVERY_MS, now: Date.now };
  return { said, attached: attachVolume({ ec2: client, log }, { tag, zone: ZONE, instanceId }, patience) };
}

async function holdersOf(volumeId: string): Promise<(string | undefined)[]> {
  const { Volumes } = await ec2.send(new DescribeVolumesCommand({ VolumeIds: [volumeId] }));
  return (Volumes?.[0]?.Attachments ?? []).map(({ InstanceId }) => InstanceId);
}

function hold(volumeId: string, instanceId: string) {
  return ec2.send(new AttachVolumeCommand({ VolumeId: volumeId, InstanceId: instanceId, Device: '/dev/sdf' }));
}

describe('a volume', () => {
  test('with the tag of a machine is attached to it, and stays so when asked for again', async () => {
    const tag = newTag();
    const [instanceId, volumeId] = await Promise.all([runInstance(ec2), createVolume(ec2, tag)]);
    expect(await attachTo(instanceId, tag).attached).toBe(volumeId);
    expect(await holdersOf(volumeId)).toEqual([instanceId]);
    const again = attachTo(instanceId, tag);
    expect(await again.attached).toBe(volumeId);
    expect(again.said).toEqual([]);
  });

  test('that nobody made is said to be missing', async () => {
    const tag = newTag();
    await expect(attachTo(await runInstance(ec2), tag).attached).rejects.toMatchObject({
      code: 'VOLUME_NOT_FOUND',
      message: `one volume must have the tag picl-idp:volume=${tag.value} in zone us-east-1a, none has`,
    });
  });

  test('in another zone is not taken, and is named', async () => {
    const tag = newTag();
    const [instanceId, volumeId] = await Promise.all([runInstance(ec2), createVolume(ec2, tag, 'us-east-1b')]);
    await expect(attachTo(instanceId, tag).attached).rejects.toMatchObject({
      code: 'VOLUME_NOT_FOUND',
      message:
        `one volume must have the tag picl-idp:volume=${tag.value} in zone us-east-1a, none has; ` +
        `it has ${volumeId} in us-east-1b`,
    });
    expect(await holdersOf(volumeId)).toEqual([]);
  });

  test('that is one of two is not taken', async () => {
    const tag = newTag();
    const instanceId = await runInstance(ec2);
    const volumeIds = [await createVolume(ec2, tag), await createVolume(ec2, tag)];
    await expect(attachTo(instanceId, tag).attached).rejects.toMatchObject({ code: 'VOLUME_AMBIGUOUS' });
    expect(await Promise.all(volumeIds.map(holdersOf))).toEqual([[], []]);
  });

  test('that the machine before still holds is taken once it lets go', async () => {
    const tag = newTag();
    const [before, after] = await Promise.all([runInstance(ec2), runInstance(ec2)]);
    const volumeId = await createVolume(ec2, tag);
    await hold(volumeId, before);
    const { attached, said } = attachTo(after, tag);
    await until('a word of waiting', () => said.length > 0);
    expect(said).toEqual([{ volumeId, why: `instance ${before} holds it (attached)`, msg: 'waiting for the volume' }]);
    await ec2.send(new DetachVolumeCommand({ VolumeId: volumeId, InstanceId: before }));
    expect(await attached).toBe(volumeId);
    expect(await holdersOf(volumeId)).toEqual([after]);
  });

  test('that another machine holds for ever is left to it, and the fault names it', async () => {
    const tag = newTag();
    const [holder, other] = await Promise.all([runInstance(ec2), runInstance(ec2)]);
    const volumeId = await createVolume(ec2, tag);
    await hold(volumeId, holder);
    await expect(attachTo(other, tag, { waitMs: 50 }).attached).rejects.toMatchObject({
      code: 'VOLUME_NOT_ATTACHED',
      message: `${volumeId} could not be attached in time: instance ${holder} holds it (attached)`,
    });
    expect(await holdersOf(volumeId)).toEqual([holder]);
  });

  // Moto attaches whatever it is told to; EC2 refuses whoever comes second.
  test.each(['VolumeInUse', 'IncorrectState'])('that EC2 answers %s for is asked for again', async (code) => {
    const tag = newTag();
    const [instanceId, volumeId] = await Promise.all([runInstance(ec2), createVolume(ec2, tag)]);
    const { attached, said } = attachTo(instanceId, tag, { client: refusingOnce(code) });
    expect(await attached).toBe(volumeId);
    expect(said.map(({ why }) => why)).toEqual([`${code}: not now`, 'it was asked for']);
  });

  test('that EC2 forbids is not asked for twice', async () => {
    const tag = newTag();
    const [instanceId] = await Promise.all([runInstance(ec2), createVolume(ec2, tag)]);
    const client = refusingOnce('UnauthorizedOperation');
    await expect(attachTo(instanceId, tag, { client }).attached).rejects.toMatchObject({
      code: 'EC2_REFUSED',
      message: 'EC2 did not do AttachVolume: UnauthorizedOperation: not now',
    });
  });
});

describe('an elastic address', () => {
  const ADDRESS_KEY = 'picl-idp:elastic-address';

  async function machineOf(allocationId: string): Promise<string | undefined> {
    const { Addresses } = await ec2.send(new DescribeAddressesCommand({ AllocationIds: [allocationId] }));
    return Addresses?.[0]?.InstanceId || undefined; // moto has an empty one where EC2 has none
  }

  test('with the tag of a machine is given to it, and stays so when asked for again', async () => {
    const tag = newTag(ADDRESS_KEY);
    const [instanceId, { allocationId, address }] = await Promise.all([runInstance(ec2), allocateAddress(ec2, tag)]);
    for (let times = 0; times < 2; times += 1)
      expect(await associateAddress({ ec2 }, { tag, instanceId })).toBe(address);
    expect(await machineOf(allocationId)).toBe(instanceId);
  });

  test('is taken from the machine before', async () => {
    const tag = newTag(ADDRESS_KEY);
    const [before, after] = await Promise.all([runInstance(ec2), runInstance(ec2)]);
    const { allocationId } = await allocateAddress(ec2, tag);
    await ec2.send(new AssociateAddressCommand({ AllocationId: allocationId, InstanceId: before }));
    await associateAddress({ ec2 }, { tag, instanceId: after });
    expect(await machineOf(allocationId)).toBe(after);
  });

  test('that is missing, or one of two, is not taken', async () => {
    const tag = newTag(ADDRESS_KEY);
    const instanceId = await runInstance(ec2);
    await expect(associateAddress({ ec2 }, { tag, instanceId })).rejects.toMatchObject({
      code: 'ADDRESS_NOT_FOUND',
      message: `one elastic address must have the tag picl-idp:elastic-address=${tag.value}, none has`,
    });
    const first = await allocateAddress(ec2, tag);
    await allocateAddress(ec2, tag);
    await expect(associateAddress({ ec2 }, { tag, instanceId })).rejects.toMatchObject({ code: 'ADDRESS_AMBIGUOUS' });
    expect(await machineOf(first.allocationId)).toBeUndefined();
  });
});

/** A client whose first AttachVolume is refused. */
function refusingOnce(code: string): EC2Client {
  const client = ec2Of(moto);
  let refused = false;
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (input) => {
        if (commandName !== 'AttachVolumeCommand' || refused) return next(input);
        refused = true;
        throw Object.assign(new Error('not now'), { name: code });
      },
    { step: 'initialize' },
  );
  return client;
}
