/** The file system of a volume is made on a provably blank device and on nothing else. Disks are files: no rights are needed. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deviceOf, ensureFileSystem, fileSystemStep } from '../../app/machine/file-system.ts';
import { blankDisk, nameDevice } from './rig.ts';

const MEBIBYTE = 1_048_576;
const BLANK = new Uint8Array(MEBIBYTE);
/** What stands from byte 446 of a disk with one Linux partition, which begins at 1 MiB and is 1 MiB long. */
const PARTITION_TABLE = Buffer.from(`0000000083000000${'00080000'.repeat(2)}${'00'.repeat(48)}55aa`, 'hex');
const SYSTEM_PATH = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'picl-idp-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a device', () => {
  test('with our file system is mounted', () =>
    expect(fileSystemStep({ TYPE: 'xfs', USAGE: 'filesystem' }, BLANK)).toEqual({ step: 'mount' }));

  test('on which both witnesses find nothing gets a file system', () =>
    expect(fileSystemStep({}, BLANK)).toEqual({ step: 'make' }));

  test.each([
    ['another file system', { TYPE: 'ext4' }, BLANK, 'it holds TYPE=ext4'],
    ['partitions', { PTUUID: '1', PTTYPE: 'gpt' }, BLANK, 'it holds PTTYPE=gpt'],
    ['what has a name we do not know', { LABEL: 'data' }, BLANK, 'it holds something that blkid cannot name'],
    [
      'a byte at the end of the first MiB',
      {},
      BLANK.with(MEBIBYTE - 1, 1),
      'byte 1048575 is not zero, and no file system explains it',
    ],
    ['less than 1 MiB', {}, BLANK.subarray(1), 'it holds only 1048575 bytes'],
  ] as const)('with %s is refused', (_, signatures, firstMebibyte, why) =>
    expect(fileSystemStep(signatures, firstMebibyte)).toEqual({ step: 'refuse', why }),
  );
});

test('a blank disk gets XFS, and keeps the one it has', async () => {
  const disk = blankDisk(join(folder, 'blank'));
  expect(await ensureFileSystem(disk)).toBe(true);
  const uuid = uuidOf(disk);
  expect(uuid).toMatch(/^[0-9a-f-]{36}$/);
  expect(await ensureFileSystem(disk)).toBe(false);
  expect(uuidOf(disk)).toBe(uuid);
});

test.each([
  ['ext4', 'TYPE=ext4', (disk: string) => system('mkfs.ext4', '-q', disk)],
  ['a partition table', 'PTTYPE=dos', (disk: string) => write(disk, 446, PARTITION_TABLE)],
  ['a secret without a signature', 'byte 4096 is not zero', (disk: string) => write(disk, 4096, Buffer.from('a key'))],
] as const)('a disk that holds %s is refused, and keeps every byte', async (_, why, fill) => {
  const disk = blankDisk(join(folder, `filled-${_}`), 8);
  await fill(disk);
  const before = await hashOf(disk);
  await expect(ensureFileSystem(disk)).rejects.toMatchObject({
    code: 'DEVICE_NOT_BLANK',
    message: expect.stringContaining(`no file system is made on ${disk}: `),
  });
  await expect(ensureFileSystem(disk)).rejects.toThrow(why);
  expect(await hashOf(disk)).toBe(before);
});

test('a disk on which no file system can be made is said with the words of mkfs', async () => {
  const disk = blankDisk(join(folder, 'small'), 64);
  await expect(ensureFileSystem(disk)).rejects.toMatchObject({
    code: 'COMMAND_FAILED',
    message: expect.stringMatching(/^mkfs\.xfs -q \S+ ended with 1: Filesystem must be larger than 300MB/),
  });
});

describe('the device of a volume', () => {
  const soon = (waitMs: number) => ({ endsAt: Date.now() + waitMs, lookEveryMs: 5, now: Date.now });

  test('is found by its id, once it appears', async () => {
    const devices = join(folder, 'devices');
    const device = deviceOf('vol-0123', devices, soon(10_000));
    nameDevice(devices, 'vol-0124', '/dev/null');
    nameDevice(devices, 'vol-0123', '/dev/zero');
    expect(await device).toBe('/dev/zero');
  });

  test('that leads nowhere is said to be missing when the time is over', async () => {
    const link = join(folder, 'nvme-Amazon_Elastic_Block_Store_vol0125');
    await symlink('/dev/gone', link);
    await expect(deviceOf('vol-0125', folder, soon(20))).rejects.toMatchObject({
      code: 'DEVICE_MISSING',
      message: `${link} did not appear in time`,
    });
  });
});

function system(name: string, ...parameters: string[]): void {
  execFileSync(name, parameters, { env: SYSTEM_PATH, stdio: ['ignore', 'ignore', 'pipe'] });
}

async function write(disk: string, position: number, bytes: Uint8Array): Promise<void> {
  const file = await open(disk, 'r+');
  await file.write(bytes, 0, bytes.length, position);
  await file.close();
}

function uuidOf(disk: string): string {
  const parameters = ['--probe', '--match-tag', 'UUID', '--output', 'value', disk];
  return execFileSync('blkid', parameters, { env: SYSTEM_PATH, encoding: 'utf8' }).trim();
}

async function hashOf(disk: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(disk), hash);
  return hash.digest('hex');
}
