/** A machine takes what outlives it, at boot and before its role begins: its volume, then its address. */

import type { AttachConfig } from './config.ts';
import { associateAddress, attachVolume, type Ec2Parts } from './ec2.ts';
import { deviceOf, ensureFileSystem, ensureMounted } from './file-system.ts';
import type { MachinePlace } from './metadata.ts';

const LOOK_EVERY_MS = 2000;

export interface AttachParts extends Ec2Parts {
  readonly place: MachinePlace;
  /** Where devices stand by their serial numbers. */
  readonly devicesFolder: string;
  readonly now: () => number;
  /** @default 2,000: EC2 counts the calls of all machines of an account together */
  readonly lookEveryMs?: number;
}

/**
 * Attaches, mounts and associates. What is done already stays, so that it may run at every boot, and again after a failure.
 * The address comes last: traffic follows it, and must find the data.
 * @throws AttachError
 */
export async function attach(parts: AttachParts, config: AttachConfig): Promise<void> {
  const { ec2, log, devicesFolder, now, lookEveryMs = LOOK_EVERY_MS } = parts;
  const { instanceId, zone } = parts.place;
  const patience = { endsAt: now() + config.ATTACH_WAIT_MS_MAX, lookEveryMs, now };

  const asked = { tag: config.ATTACH_VOLUME_TAG, zone, instanceId };
  const volumeId = await attachVolume({ ec2, log }, asked, patience);
  log.info({ volumeId }, 'volume attached');
  const device = await deviceOf(volumeId, devicesFolder, patience);
  log.info({ volumeId, device }, 'device found');
  const made = await ensureFileSystem(device);
  log.info({ device, made }, 'file system there');
  const mountPoint = config.ATTACH_MOUNT_POINT;
  const mounted = await ensureMounted(device, mountPoint);
  log.info({ device, mountPoint, mounted }, 'file system mounted');
  if (config.ATTACH_ADDRESS_ALLOCATION_TAG === undefined) return;
  const address = await associateAddress({ ec2 }, { tag: config.ATTACH_ADDRESS_ALLOCATION_TAG, instanceId });
  log.info({ address }, 'address associated');
}
