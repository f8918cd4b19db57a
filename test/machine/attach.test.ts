/** A machine from boot to boot: its volume, from blank to kept, and its address; then the program, as a unit runs it. */

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeAddressesCommand, DetachVolumeCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { attach } from '../../app/machine/attach.ts';
import type { AttachConfig } from '../../app/machine/config.ts';
import { MOTO_START_MS_MAX, type Moto, startMoto } from '../support/moto.ts';
import {
  allocateAddress,
  blankDisk,
  createVolume,
  ec2Of,
  type LoopDevice,
  listeningLog,
  loopDevice,
  nameDevice,
  runInstance,
  startMetadata,
  ZONE,
} from './rig.ts';

const VOLUME_TAG = { key: 'picl-idp:volume', value: 'dev/box' };
const ADDRESS_TAG = { key: 'picl-idp:elastic-address', value: 'dev/box' };
/** Five boots, each with the system's own programs, on a machine that is busy with other tests. */
const BOOTS_MS_MAX = 120_000;
/** Only root can mount. CI is root, so that nothing is left unproven there. */
const isRoot = process.getuid?.() === 0 || process.env['CI'] === 'true';
if (!isRoot) process.stderr.write('NOT PROVEN: only root can mount a volume; run this file of tests as root\n');

let moto: Moto;
let ec2: EC2Client;
let folder = '';
const loops: LoopDevice[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'picl-idp-test-'));
  moto = await startMoto();
  ec2 = ec2Of(moto);
}, MOTO_START_MS_MAX);
afterAll(async () => {
  for (const loop of loops) loop.detach();
  ec2?.destroy();
  await moto?.stop();
  await rm(folder, { recursive: true });
});

function showDisk(disk: string): LoopDevice {
  const loop = loopDevice(disk);
  loops.push(loop);
  return loop;
}

function hide(loop: LoopDevice): void {
  loops.splice(loops.indexOf(loop), 1);
  loop.detach();
}

(isRoot ? describe : describe.skip)('a machine with a volume and an address', () => {
  const boot = async (instanceId: string, devicesFolder: string) => {
    const { log, said } = listeningLog();
    const config: AttachConfig = {
      ATTACH_REGION: 'us-east-1',
      ATTACH_VOLUME_TAG: VOLUME_TAG,
      ATTACH_MOUNT_POINT: join(folder, 'mounted'),
      ATTACH_ADDRESS_ALLOCATION_TAG: ADDRESS_TAG,
      ATTACH_WAIT_MS_MAX: 10_000,
    };
    const place = { instanceId, zone: ZONE };
    await attach({ ec2, log, place, devicesFolder, now: Date.now, lookEveryMs: 5 }, config);
    return said;
  };

  test(
    'finds both again after a reboot, and its successor finds what it wrote',
    async () => {
      const disk = blankDisk(join(folder, 'disk'));
      const mountPoint = join(folder, 'mounted');
      const [first, second] = [await runInstance(ec2), await runInstance(ec2)];
      const volumeId = await createVolume(ec2, VOLUME_TAG);
      const { allocationId, address } = await allocateAddress(ec2, ADDRESS_TAG);
      const steps = (device: string, { asked, made, mounted }: { asked: boolean; made: boolean; mounted: boolean }) => [
        ...(asked ? [{ volumeId, why: 'it was asked for', msg: 'waiting for the volume' }] : []),
        { volumeId, msg: 'volume attached' },
        { volumeId, device, msg: 'device found' },
        { device, made, msg: 'file system there' },
        { device, mountPoint, mounted, msg: 'file system mounted' },
        { address, msg: 'address associated' },
      ];

      const onFirst = showDisk(disk);
      nameDevice(join(folder, 'first'), volumeId, onFirst.device);
      const firstBoot = await boot(first, join(folder, 'first'));
      expect(firstBoot).toEqual(steps(onFirst.device, { asked: true, made: true, mounted: true }));
      expect(await optionsOf(mountPoint)).toEqual(expect.arrayContaining(['rw', 'nosuid', 'nodev', 'noatime']));
      await writeFile(join(mountPoint, 'kept'), 'a line of the first machine');

      const again = await boot(first, join(folder, 'first'));
      expect(again).toEqual(steps(onFirst.device, { asked: false, made: false, mounted: false }));

      hide(onFirst);
      await ec2.send(new DetachVolumeCommand({ VolumeId: volumeId, InstanceId: first }));
      const onSecond = showDisk(disk);
      nameDevice(join(folder, 'second'), volumeId, onSecond.device);
      const successor = await boot(second, join(folder, 'second'));
      expect(successor).toEqual(steps(onSecond.device, { asked: true, made: false, mounted: true }));
      expect(await readFile(join(mountPoint, 'kept'), 'utf8')).toBe('a line of the first machine');
      const { Addresses } = await ec2.send(new DescribeAddressesCommand({ AllocationIds: [allocationId] }));
      expect(Addresses?.[0]?.InstanceId).toBe(second);

      const sizeBefore = await bytesOf(mountPoint);
      onSecond.grow(640);
      await boot(second, join(folder, 'second'));
      expect(await bytesOf(mountPoint)).toBeGreaterThan(1.9 * sizeBefore);

      const other = showDisk(blankDisk(join(folder, 'other')));
      nameDevice(join(folder, 'third'), volumeId, other.device);
      await expect(boot(second, join(folder, 'third'))).rejects.toMatchObject({
        code: 'MOUNT_POINT_TAKEN',
        message: `${onSecond.device} is mounted on ${mountPoint}, where ${other.device} belongs`,
      });
    },
    BOOTS_MS_MAX,
  );
});

describe('the program', () => {
  const SETTINGS = {
    ATTACH_REGION: 'us-east-1',
    ATTACH_VOLUME_TAG: 'picl-idp:volume=of-the-program',
    ATTACH_MOUNT_POINT: '/nonexistent/picl-idp',
    ATTACH_WAIT_MS_MAX: '1',
  };

  const run = async (parameters: readonly string[], settings: Readonly<Record<string, string>>) => {
    const instanceId = await runInstance(ec2);
    const metadata = await startMetadata({ 'instance-id': instanceId, 'placement/availability-zone': ZONE });
    const leads = { ...moto.environment, AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url };
    const env = { PATH: process.env['PATH'], ...leads, ...settings };
    const child = spawn(process.execPath, ['app/machine/main.ts', ...parameters], { env });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    metadata.close();
    const lines = stdout.split('\n').filter(Boolean);
    return { instanceId, code, stderr, log: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
  };

  test('knows its machine, asks EC2, and ends with 1 and one line on why it took nothing', async () => {
    const volumeId = await createVolume(ec2, { key: 'picl-idp:volume', value: 'of-the-program' }, 'us-east-1b');
    const { instanceId, code, stderr, log } = await run(['attach'], SETTINGS);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(log).toEqual([
      expect.objectContaining({ service: 'machine', level: 30, msg: 'machine known', instanceId, zone: 'us-east-1a' }),
      expect.objectContaining({
        level: 50,
        code: 'VOLUME_NOT_FOUND',
        msg:
          'one volume must have the tag picl-idp:volume=of-the-program in zone us-east-1a, none has; ' +
          `it has ${volumeId} in us-east-1b`,
      }),
    ]);
  });

  test('ends with 78 when its settings are wrong, before it asks anybody', async () => {
    const { code, stderr, log } = await run(['attach'], { ...SETTINGS, ATTACH_MOUNT_POINT: 'here' });
    expect({ code, log }).toEqual({ code: 78, log: [] });
    expect(stderr).toBe('machine: settings are wrong:\n  ATTACH_MOUNT_POINT: got "here", allowed: an absolute path\n');
  });

  test('names its commands when it is given none of them', async () => {
    const { code, stderr } = await run(['detach'], SETTINGS);
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'usage: machine.js attach\n' });
  });
});

async function optionsOf(mountPoint: string): Promise<string[]> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' '));
  return mounts.find(([, where]) => where === mountPoint)?.[3]?.split(',') ?? [];
}

async function bytesOf(mountPoint: string): Promise<number> {
  const { blocks, bsize } = await statfs(mountPoint);
  return blocks * bsize;
}
