/** What the services of a release log has an end: the real logrotate, with the configuration that a release ships. */

import { execFile } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readUnit, serviceNames } from '../support/unit-file.ts';

const run = promisify(execFile);
const CONFIGURATION = readFileSync('app/units/picl-idp.logrotate', 'utf8');
const LOGS = '/var/log/picl-idp';
const MIB = 1_048_576;
/** The environment in which logrotate is found, whoever runs the tests. */
const env = { PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'picl-idp-logs-'));
  mkdirSync(join(folder, 'logs'), { mode: 0o750 });
});
afterEach(() => rmSync(folder, { recursive: true }));

const log = (name: string) => join(folder, 'logs', name);

/** Looks once, as the timer has it do. */
async function rotate(configuration = CONFIGURATION, ...options: readonly string[]) {
  const file = join(folder, 'configuration');
  writeFileSync(file, configuration.replace(LOGS, join(folder, 'logs')), { mode: 0o644 });
  return run('logrotate', ['--state', join(folder, 'state'), ...options, file], { env });
}

test('logrotate finds nothing wrong with it, and something with one that is wrong', async () => {
  writeFileSync(log('webhead.log'), 'a line\n');
  const { stderr } = await rotate(CONFIGURATION, '--debug');
  expect(stderr).toContain('considering log ');
  expect(stderr).not.toMatch(/error/i);
  const wrong = await rotate(CONFIGURATION.replace('copytruncate', 'copytruncated'), '--debug');
  expect(wrong.stderr).toMatch(/^error: .*unknown option 'copytruncated'/m);
});

test('a machine without logs is nothing to complain of', async () =>
  expect(await rotate()).toEqual({ stdout: '', stderr: '' }));

test('a log below its size is left alone', async () => {
  writeFileSync(log('webhead.log'), 'a line\n');
  truncateSync(log('webhead.log'), 511 * MIB);
  await rotate();
  expect(readdirSync(join(folder, 'logs'))).toEqual(['webhead.log']);
});

test('of each log four files are kept at most, the newest ones', async () => {
  for (let turn = 1; turn <= 5; turn++) {
    writeFileSync(log('webhead.log'), `turn ${turn}\n`);
    truncateSync(log('webhead.log'), 513 * MIB);
    await rotate();
  }
  const files = ['webhead.log', 'webhead.log.1', 'webhead.log.2', 'webhead.log.3'];
  expect(readdirSync(join(folder, 'logs')).sort()).toEqual(files);
  expect(statSync(log('webhead.log')).size).toBe(0);
  expect(readStart('webhead.log.1')).toBe('turn 5');
  expect(readStart('webhead.log.3')).toBe('turn 3');
});

function readStart(name: string): string {
  const descriptor = openSync(log(name), 'r');
  const start = Buffer.alloc(6);
  try {
    readSync(descriptor, start);
    return start.toString();
  } finally {
    closeSync(descriptor);
  }
}

test('every service that logs to a file logs where they are looked for', () => {
  const files = serviceNames().flatMap((name) =>
    ['StandardOutput', 'StandardError'].flatMap((stream) =>
      (readUnit(name).get(stream) ?? []).filter((to) => to.startsWith('append:')),
    ),
  );
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) expect(file).toMatch(/^append:\/var\/log\/picl-idp\/[a-z-]+\.log$/);
});

test('the timer looks every five minutes, not only once a day', () => {
  const timer = readFileSync('app/units/picl-idp.logrotate-timer.conf', 'utf8');
  expect(timer.match(/^OnCalendar=.*$/gm)).toEqual(['OnCalendar=', 'OnCalendar=*:0/5']);
  expect(timer).toMatch(/^AccuracySec=10s$/m);
});

test('a service that holds its log open goes on writing at the beginning, and no line is lost', async () => {
  const descriptor = openSync(log('box.log'), 'a');
  const small = CONFIGURATION.replace('size 512M', 'size 5');
  writeSync(descriptor, 'before\n');
  await rotate(small);
  writeSync(descriptor, 'after\n');
  closeSync(descriptor);
  expect(readFileSync(log('box.log'), 'utf8')).toBe('after\n');
  expect(readFileSync(log('box.log.1'), 'utf8')).toBe('before\n');
});
