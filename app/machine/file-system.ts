/** The file system of a machine's volume: found, made on a blank device alone, grown, and mounted. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AttachError } from './attach-error.ts';
import { lookUntil, type Patience } from './patience.ts';

/** Where the system names devices by their serial numbers. */
export const DEVICES_FOLDER = '/dev/disk/by-id';

// XFS and not ext4 on all volumes, since one suits both uses: a ring node's large files are written side by side, which
// its allocation groups allow, and neither it nor a queue of logs can run out of inodes that were counted beforehand.
const FILE_SYSTEM = 'xfs';
/** Nothing on a volume is a program with rights, nor a device; and no read costs a write. */
const MOUNT_OPTIONS = 'nosuid,nodev,noatime';
const BLANK_BYTES = 1_048_576;
/** A mount after a crash first replays what was written last, which takes seconds, or minutes on a slow volume. */
const COMMAND_MS_MAX = 300_000;
/** `blkid` found nothing. */
const EXIT_NOTHING_FOUND = 2;
/** `findmnt` found nothing. */
const EXIT_NOT_MOUNTED = 1;
/** There when systemd is the first process. @see sd_booted(3) */
const SYSTEMD_FOLDER = '/run/systemd/system';
const OUTSIDE_AND_WAIT = ['--quiet', '--collect', '--pipe', '--wait'];
const COMMAND_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

const run = promisify(execFile);

/** What `blkid` found on a device, by its names: TYPE, PTTYPE and so on. Empty when it found nothing. */
export type Signatures = Readonly<Record<string, string>>;

export type FileSystemStep =
  | { readonly step: 'mount' }
  | { readonly step: 'make' }
  | { readonly step: 'refuse'; readonly why: string };

/**
 * What to do with a device. A file system is made only where two witnesses say that nothing was ever written: `blkid`
 * knows no signature, and the first MiB, where file systems, partition tables and volume managers begin, is all zero.
 */
export function fileSystemStep(signatures: Signatures, firstMebibyte: Uint8Array): FileSystemStep {
  if (signatures['TYPE'] === FILE_SYSTEM) return { step: 'mount' };
  const found = ['TYPE', 'PTTYPE'].filter((name) => signatures[name]).map((name) => `${name}=${signatures[name]}`);
  if (found.length > 0) return { step: 'refuse', why: `it holds ${found.join(' and ')}` };
  if (Object.keys(signatures).length > 0) return { step: 'refuse', why: 'it holds something that blkid cannot name' };
  if (firstMebibyte.length < BLANK_BYTES) return { step: 'refuse', why: `it holds only ${firstMebibyte.length} bytes` };
  const written = firstMebibyte.findIndex((byte) => byte !== 0);
  if (written !== -1) return { step: 'refuse', why: `byte ${written} is not zero, and no file system explains it` };
  return { step: 'make' };
}

/**
 * Waits until the system shows the volume's device.
 * @returns its path, for example /dev/nvme1n1.
 * @throws AttachError DEVICE_MISSING.
 */
export async function deviceOf(volumeId: string, devicesFolder: string, patience: Patience): Promise<string> {
  // An EBS volume's serial number is its id without the hyphen.
  const link = join(devicesFolder, `nvme-Amazon_Elastic_Block_Store_${volumeId.replace('-', '')}`);
  const device = await lookUntil(patience, () => realpath(link).catch(() => undefined));
  if (device === undefined) throw new AttachError('DEVICE_MISSING', `${link} did not appear in time`);
  return device;
}

/**
 * Sees to it that a device holds a file system of ours.
 * @returns whether it was made just now.
 * @throws AttachError DEVICE_NOT_BLANK when something else is on it: nothing is written then; COMMAND_FAILED.
 */
export async function ensureFileSystem(device: string): Promise<boolean> {
  const next = fileSystemStep(await signaturesOn(device), await firstMebibyteOf(device));
  if (next.step === 'refuse')
    throw new AttachError('DEVICE_NOT_BLANK', `no file system is made on ${device}: ${next.why}`);
  // Without -f it refuses on its own what it finds in use.
  if (next.step === 'make') await command(`mkfs.${FILE_SYSTEM}`, ['-q', device]);
  return next.step === 'make';
}

/**
 * Mounts a device, unless it is mounted there, and lets its file system fill it, should the volume have grown.
 * @returns whether it was mounted just now.
 * @throws AttachError MOUNT_POINT_TAKEN, COMMAND_FAILED.
 */
export async function ensureMounted(device: string, mountPoint: string): Promise<boolean> {
  const mounted = await mountedAt(mountPoint);
  if (mounted !== undefined && mounted !== device)
    throw new AttachError('MOUNT_POINT_TAKEN', `${mounted} is mounted on ${mountPoint}, where ${device} belongs`);
  if (mounted === undefined) {
    await mkdir(mountPoint, { recursive: true });
    await mount(device, mountPoint);
  }
  await command('xfs_growfs', ['-d', mountPoint]);
  return mounted === undefined;
}

/**
 * Asked of systemd where it runs: in a unit with a sandbox, what this process mounts itself nobody outside would see. Not by
 * `systemd-mount`, which waits for udev to know the device, and there is no udev in a container.
 */
async function mount(device: string, mountPoint: string): Promise<void> {
  const parameters = ['--types', FILE_SYSTEM, '--options', MOUNT_OPTIONS, device, mountPoint];
  if (existsSync(SYSTEMD_FOLDER)) await command('systemd-run', [...OUTSIDE_AND_WAIT, 'mount', ...parameters]);
  else await command('mount', parameters);
}

async function signaturesOn(device: string): Promise<Signatures> {
  const found = await command('blkid', ['--probe', '--output', 'export', device], EXIT_NOTHING_FOUND);
  const lines = found.split('\n').filter((line) => line.includes('='));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

async function firstMebibyteOf(device: string): Promise<Uint8Array> {
  const file = await open(device, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(BLANK_BYTES), 0, BLANK_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** @returns what is mounted there, the topmost when there are several. */
async function mountedAt(mountPoint: string): Promise<string | undefined> {
  const found = await command(
    'findmnt',
    ['--noheadings', '--raw', '--output', 'SOURCE', '--mountpoint', mountPoint],
    EXIT_NOT_MOUNTED,
  );
  return found.trim().split('\n').filter(Boolean).at(-1);
}

/** @param exitForNothing the exit code that is no failure, but says that there is nothing to print. */
async function command(name: string, parameters: readonly string[], exitForNothing?: number): Promise<string> {
  const env = { PATH: COMMAND_PATH, LC_ALL: 'C' };
  try {
    return (await run(name, [...parameters], { env, timeout: COMMAND_MS_MAX })).stdout;
  } catch (cause) {
    const { code, stdout = '', stderr = '' } = cause as { code?: unknown; stdout?: string; stderr?: string };
    if (code === exitForNothing && stdout === '' && stderr === '') return '';
    const said = stderr.trim().split('\n').slice(0, 5).join('; ');
    throw new AttachError('COMMAND_FAILED', `${name} ${parameters.join(' ')} ended with ${code}: ${said}`, { cause });
  }
}
