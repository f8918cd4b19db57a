/** What a machine asks of EC2: to attach its volume, and to give it its address. */

import {
  type Address,
  AssociateAddressCommand,
  AttachVolumeCommand,
  DescribeAddressesCommand,
  DescribeVolumesCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import type { Log } from '../platform/log.ts';
import { AttachError } from './attach-error.ts';
import { lookUntil, type Patience } from './patience.ts';
import { type OwnVolume, volumeInZone, volumeStep } from './volume.ts';

const CALL_MS_MAX = 15_000;
/** EC2 asks for a name; the machine finds the device by the volume's id, since Nitro gives it a name of its own. */
const DEVICE_NAME = '/dev/sdf';
/** What EC2 answers when another machine was quicker, or when it does not know yet that this one runs. */
const NOT_YET = ['VolumeInUse', 'IncorrectState', 'IncorrectInstanceState'];

export interface Tag {
  readonly key: string;
  readonly value: string;
}

export interface Ec2Parts {
  readonly ec2: EC2Client;
  readonly log: Log;
}

/**
 * Attaches the machine's volume, once nobody else holds it; a volume that is attached already stays as it is.
 * Of any number of machines that race for a volume EC2 gives it to one; the others wait for that one to end.
 * @returns the volume's id.
 * @throws AttachError VOLUME_NOT_FOUND, VOLUME_AMBIGUOUS, EC2_REFUSED, or VOLUME_NOT_ATTACHED with who holds it.
 */
export async function attachVolume(
  { ec2, log }: Ec2Parts,
  { tag, zone, instanceId }: { tag: Tag; zone: string; instanceId: string },
  patience: Patience,
): Promise<string> {
  let last = { volumeId: '', why: '' };
  const attached = await lookUntil(patience, async () => {
    const volume = volumeInZone(await volumesTagged(ec2, tag), { tag, zone });
    const next = volumeStep(volume, instanceId);
    if (next.step === 'use') return volume.VolumeId;
    const why = next.step === 'wait' ? next.why : await tryToAttach(ec2, volume, instanceId);
    if (why !== last.why) log.info({ volumeId: volume.VolumeId, why }, 'waiting for the volume');
    last = { volumeId: volume.VolumeId, why };
    return undefined;
  });
  if (attached !== undefined) return attached;
  throw new AttachError('VOLUME_NOT_ATTACHED', `${last.volumeId} could not be attached in time: ${last.why}`);
}

async function volumesTagged(ec2: EC2Client, tag: Tag) {
  const command = new DescribeVolumesCommand({ Filters: [tagFilter(tag)] });
  const { Volumes = [] } = await ask('DescribeVolumes', (limits) => ec2.send(command, limits));
  return Volumes;
}

/** @returns what to wait for now. */
async function tryToAttach(ec2: EC2Client, { VolumeId }: OwnVolume, InstanceId: string): Promise<string> {
  const command = new AttachVolumeCommand({ VolumeId, InstanceId, Device: DEVICE_NAME });
  try {
    await ask('AttachVolume', (limits) => ec2.send(command, limits));
    return 'it was asked for';
  } catch (error) {
    const cause = error instanceof AttachError ? error.cause : undefined;
    if (cause instanceof Error && NOT_YET.includes(cause.name)) return `${cause.name}: ${cause.message}`;
    throw error;
  }
}

/**
 * Gives the machine its elastic address, from whichever machine has it: called by the one that holds the volume, and
 * whoever held the volume before it is gone.
 * @returns the address.
 * @throws AttachError ADDRESS_NOT_FOUND, ADDRESS_AMBIGUOUS, EC2_REFUSED.
 */
export async function associateAddress(
  { ec2 }: Pick<Ec2Parts, 'ec2'>,
  { tag, instanceId }: { tag: Tag; instanceId: string },
): Promise<string> {
  const describe = new DescribeAddressesCommand({ Filters: [tagFilter(tag)] });
  const { Addresses = [] } = await ask('DescribeAddresses', (limits) => ec2.send(describe, limits));
  const { AllocationId, PublicIp, InstanceId } = theAddress(Addresses, tag);
  if (InstanceId !== instanceId) {
    const command = new AssociateAddressCommand({ AllocationId, InstanceId: instanceId, AllowReassociation: true });
    await ask('AssociateAddress', (limits) => ec2.send(command, limits));
  }
  return PublicIp ?? '';
}

function theAddress(tagged: readonly Address[], tag: Tag): Address {
  const [address, ...others] = tagged;
  const wanted = `one elastic address must have the tag ${tag.key}=${tag.value}`;
  if (address === undefined) throw new AttachError('ADDRESS_NOT_FOUND', `${wanted}, none has`);
  if (others.length > 0) {
    const ids = tagged.map(({ AllocationId }) => AllocationId).join(', ');
    throw new AttachError('ADDRESS_AMBIGUOUS', `${wanted}, ${tagged.length} have: ${ids}`);
  }
  return address;
}

function tagFilter({ key, value }: Tag) {
  return { Name: `tag:${key}`, Values: [value] };
}

async function ask<Answer>(
  what: string,
  send: (limits: { abortSignal: AbortSignal }) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await send({ abortSignal: AbortSignal.timeout(CALL_MS_MAX) });
  } catch (cause) {
    const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new AttachError('EC2_REFUSED', `EC2 did not do ${what}: ${why}`, { cause });
  }
}
