/** Which volume is a machine's own, and what to do about it next: decisions only. */

import type { Volume } from '@aws-sdk/client-ec2';
import { AttachError } from './attach-error.ts';
import type { Tag } from './ec2.ts';

export type OwnVolume = Volume & { readonly VolumeId: string };

export type VolumeStep =
  | { readonly step: 'use' }
  | { readonly step: 'attach' }
  | { readonly step: 'wait'; readonly why: string };

/**
 * The one volume among those with the machine's tag that a machine in this zone can attach.
 * @throws AttachError VOLUME_NOT_FOUND, VOLUME_AMBIGUOUS: which of two holds the data is for people to say.
 */
export function volumeInZone(tagged: readonly Volume[], { tag, zone }: { tag: Tag; zone: string }): OwnVolume {
  const living = tagged.filter(isLiving);
  const here = living.filter(({ AvailabilityZone }) => AvailabilityZone === zone);
  const [own, ...others] = here;
  const wanted = `the tag ${tag.key}=${tag.value} in zone ${zone}`;
  if (own === undefined) {
    const elsewhere = living.map(({ VolumeId, AvailabilityZone }) => `${VolumeId} in ${AvailabilityZone}`).join(', ');
    const hint = elsewhere === '' ? '' : `; it has ${elsewhere}`;
    throw new AttachError('VOLUME_NOT_FOUND', `one volume must have ${wanted}, none has${hint}`);
  }
  if (others.length > 0) {
    const ids = here.map(({ VolumeId }) => VolumeId).join(', ');
    throw new AttachError('VOLUME_AMBIGUOUS', `one volume must have ${wanted}, ${here.length} have: ${ids}`);
  }
  return own;
}

/** What to do about a volume. Whoever holds it is waited for, and never made to let go: it may still write. */
export function volumeStep({ State, Attachments }: Volume, instanceId: string): VolumeStep {
  const attachments = (Attachments ?? []).filter((attachment) => attachment.State !== 'detached');
  const foreign = attachments.find((attachment) => attachment.InstanceId !== instanceId);
  if (foreign !== undefined) return { step: 'wait', why: `instance ${foreign.InstanceId} holds it (${foreign.State})` };
  const [own] = attachments;
  if (own?.State === 'attached') return { step: 'use' };
  if (own !== undefined) return { step: 'wait', why: `it is ${own.State} at this machine` };
  return State === 'available' ? { step: 'attach' } : { step: 'wait', why: `it is ${State}` };
}

function isLiving(volume: Volume): volume is OwnVolume {
  return volume.VolumeId !== undefined && volume.State !== 'deleting' && volume.State !== 'deleted';
}
