/** What tests of a machine need around it: EC2 as moto models it, instance metadata, volumes that are loop devices. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import {
  AllocateAddressCommand,
  CreateVolumeCommand,
  EC2Client,
  type ResourceType,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { Tag } from '../../app/machine/ec2.ts';
import type { Log } from '../../app/platform/log.ts';
import type { Moto } from '../support/moto.ts';

export const ZONE = 'us-east-1a';

export function ec2Of({ environment }: Moto): EC2Client {
  return new EC2Client({
    region: 'us-east-1',
    endpoint: environment.AWS_ENDPOINT_URL,
    credentials: { accessKeyId: environment.AWS_ACCESS_KEY_ID, secretAccessKey: environment.AWS_SECRET_ACCESS_KEY },
  });
}

/** @returns its id. */
export async function runInstance(ec2: EC2Client): Promise<string> {
  const image = { ImageId: 'ami-12c6146b', InstanceType: 't4g.micro', MinCount: 1, MaxCount: 1 } as const;
  const { Instances } = await ec2.send(new RunInstancesCommand({ ...image, Placement: { AvailabilityZone: ZONE } }));
  return given(Instances?.[0]?.InstanceId);
}

/** @returns its id. */
export async function createVolume(ec2: EC2Client, tag: Tag, zone = ZONE): Promise<string> {
  const tags = [tagged('volume', tag)];
  const command = new CreateVolumeCommand({ AvailabilityZone: zone, Size: 1, TagSpecifications: tags });
  return given((await ec2.send(command)).VolumeId);
}

export async function allocateAddress(ec2: EC2Client, tag: Tag): Promise<{ allocationId: string; address: string }> {
  const command = new AllocateAddressCommand({ Domain: 'vpc', TagSpecifications: [tagged('elastic-ip', tag)] });
  const { AllocationId, PublicIp } = await ec2.send(command);
  return { allocationId: given(AllocationId), address: given(PublicIp) };
}

function tagged(type: ResourceType, { key, value }: Tag) {
  return { ResourceType: type, Tags: [{ Key: key, Value: value }] };
}

function given(value: string | undefined): string {
  if (value === undefined) throw new TypeError('moto answered without an id');
  return value;
}

/** A log that keeps what was said. */
export function listeningLog(): { log: Log; said: Record<string, unknown>[] } {
  const said: Record<string, unknown>[] = [];
  const info = (fields: Record<string, unknown>, msg: string) => said.push({ ...fields, msg });
  return { log: { info } as unknown as Log, said };
}

/** The instance metadata service as far as version 2 of it tells a machine who it is. Moto's answers the same to all. */
export async function startMetadata(
  answers: Readonly<Record<string, string>>,
): Promise<{ url: string; close(): void }> {
  const token = 'a token of this test';
  const server = createServer((request, response) => {
    const { method, url = '', headers } = request;
    if (method === 'PUT' && url === '/latest/api/token' && headers['x-aws-ec2-metadata-token-ttl-seconds'] === '60')
      return response.end(token);
    if (headers['x-aws-ec2-metadata-token'] !== token) return response.writeHead(401).end();
    const answer = answers[url.replace('/latest/meta-data/', '')];
    return response.writeHead(answer === undefined ? 404 : 200).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A file that stands for a disk. XFS takes none below 300 MB; nothing but its own tables is ever written to one. */
export function blankDisk(path: string, mebibytes = 320): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  truncateSync(path, mebibytes * 1_048_576);
  return path;
}

export interface LoopDevice {
  readonly device: string;
  /** Tells the kernel that the file below has grown. */
  grow(mebibytes: number): void;
  /** Unmounts whatever is mounted of it, and lets the device go. */
  detach(): void;
}

/** Shows a file as a block device, as the kernel shows a volume that was attached. For root alone. */
export function loopDevice(file: string): LoopDevice {
  const device = execFileSync('losetup', ['--find', '--show', file], { encoding: 'utf8' }).trim();
  return {
    device,
    grow: (mebibytes) => {
      truncateSync(file, mebibytes * 1_048_576);
      execFileSync('losetup', ['--set-capacity', device]);
    },
    detach: () => {
      try {
        execFileSync('umount', ['--all-targets', device], { stdio: 'ignore' });
      } catch {
        // It was not mounted.
      }
      execFileSync('losetup', ['--detach', device]);
    },
  };
}

/** What udev does when a volume's device appears. */
export function nameDevice(devicesFolder: string, volumeId: string, device: string): void {
  mkdirSync(devicesFolder, { recursive: true });
  symlinkSync(device, join(devicesFolder, `nvme-Amazon_Elastic_Block_Store_${volumeId.replace('-', '')}`));
}
