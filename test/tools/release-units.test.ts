/** The systemd units of a release: systemd itself finds nothing wrong with them, they are hardened, and they start and stop as a service needs. */

import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readUnit, serviceNames, UNITS_FOLDER } from '../support/unit-file.ts';

const run = promisify(execFile);
/** Tenths: what `systemd-analyze security` calls 3.0. */
const EXPOSURE_MAX = '30';
const ROLES = ['box', 'dbwriter', 'keysigner', 'mail-sink', 'webhead'];
const ONESHOTS = ['picl-idp-attach.service', 'picl-idp-certificate.service'];
const CADDY = 'picl-idp-caddy.service';
const roleUnit = (role: string) => `picl-idp-${role}.service`;
const first = (unit: string, setting: string) => readUnit(unit).get(setting)?.[0];

/** A machine's files as far as units name them: programs are empty. */
let machine: string;
beforeAll(() => {
  machine = mkdtempSync(join(tmpdir(), 'picl-idp-units-'));
  for (const program of [
    'opt/picl-idp/node/bin/node',
    'usr/bin/openssl',
    'usr/bin/chmod',
    'usr/bin/mountpoint',
    'usr/bin/caddy',
    'bin/sh',
  ]) {
    mkdirSync(dirname(join(machine, program)), { recursive: true });
    writeFileSync(join(machine, program), '', { mode: 0o755 });
  }
  const system = '/usr/lib/systemd/system';
  mkdirSync(join(machine, system), { recursive: true });
  for (const name of readdirSync(system).filter((unit) => /\.(target|slice)$/.test(unit)))
    writeFileSync(join(machine, system, name), readFileSync(join(system, name)));
  cpSync(UNITS_FOLDER, join(machine, 'etc/systemd/system'), { recursive: true });
});
afterAll(() => rmSync(machine, { recursive: true }));

const verify = (...units: readonly string[]) =>
  run('systemd-analyze', ['verify', '--man=no', `--root=${machine}`, ...units]);
const score = (file: string) =>
  run('systemd-analyze', ['security', '--no-pager', '--offline=true', `--threshold=${EXPOSURE_MAX}`, file]);

test('there is one for each role, for the certificate, for what a machine attaches, and for HTTPS of the box', () =>
  expect(serviceNames().toSorted()).toEqual([...ROLES.map(roleUnit), ...ONESHOTS, CADDY].toSorted()));

test('systemd finds nothing wrong with them on a machine that has what they name', async () =>
  expect(await verify(...serviceNames())).toEqual({ stdout: '', stderr: '' }));

test.each([
  ['whose program is not there', 'ExecStart=/usr/bin/openssl', 'ExecStart=/usr/bin/closedssl', 'is not executable'],
  ['with a misspelt setting', 'PrivateNetwork=', 'PrivateNetwrok=', 'PrivateNetwrok'],
])('systemd refuses, or warns of, a unit %s', async (_what, right, wrong, message) => {
  const text = readFileSync(join(UNITS_FOLDER, 'picl-idp-certificate.service'), 'utf8');
  expect(text).toContain(right);
  writeFileSync(join(machine, 'etc/systemd/system/picl-idp-wrong.service'), text.replace(right, wrong));
  const said = await verify('picl-idp-wrong.service').then(
    ({ stderr }) => stderr,
    ({ stderr }) => stderr,
  );
  expect(said).toContain(message);
});

test.each(serviceNames())('%s is exposed by 3.0 at most', async (name) => {
  const { stdout } = await score(join(UNITS_FOLDER, name));
  expect(stdout).toContain(`Overall exposure level for ${name}`);
});

test('a unit that is not hardened is told apart', async () => {
  const soft = join(machine, 'picl-idp-soft.service');
  const text = readFileSync(join(UNITS_FOLDER, roleUnit('webhead')), 'utf8');
  const hardening = /^(Capability|Protect|Private|Restrict[ANRS]|SystemCall|NoNew)\w+=.*\n/gm;
  writeFileSync(soft, text.replaceAll(hardening, ''));
  await expect(score(soft)).rejects.toMatchObject({ code: 1 });
});

describe.each(ROLES)('%s', (role) => {
  const unit = roleUnit(role);

  test('runs its program of the release, with the settings that user data writes, as a user of its own', () => {
    expect(first(unit, 'ExecStart')).toBe(
      `/opt/picl-idp/node/bin/node --disable-warning=ExperimentalWarning /opt/picl-idp/release/${role}.js`,
    );
    expect(first(unit, 'EnvironmentFile')).toBe(`/etc/picl-idp/${role}.env`);
    expect(first(unit, 'User')).toBe(`picl-idp-${role}`);
    expect(first(unit, 'WantedBy')).toBe('multi-user.target');
  });

  test('comes up by itself for as long as it takes, but not with wrong settings', () => {
    expect(first(unit, 'Restart')).toBe('always');
    expect(first(unit, 'StartLimitIntervalSec')).toBe('0');
    expect(first(unit, 'RestartPreventExitStatus')).toBe('78');
  });

  test('is given the 30 s that it may take to stop, and tells its own processes itself', () => {
    expect(Number(first(unit, 'TimeoutStopSec'))).toBeGreaterThan(30);
    expect(first(unit, 'KillMode')).toBe('mixed');
    expect(readUnit(unit).has('KillSignal')).toBe(false);
  });

  test('writes its log lines to a file that its own processes cannot open, in a folder that is there', () => {
    const stream = role === 'box' ? 'StandardError' : 'StandardOutput';
    expect(first(unit, stream)).toBe(`append:/var/log/picl-idp/${role}.log`);
    expect(readUnit(unit).has('LogsDirectory')).toBe(false);
    expect(readFileSync(join(UNITS_FOLDER, 'picl-idp.tmpfiles.conf'), 'utf8')).toMatch(
      /^d \/var\/log\/picl-idp 2750 root adm$/m,
    );
  });

  test('may ask which addresses there are, as a server does that listens on every one', () =>
    expect(first(unit, 'RestrictAddressFamilies')?.split(' ')).toContain('AF_NETLINK'));

  test('leaves no memory behind in a core dump, and lets Node compile', () => {
    expect(first(unit, 'LimitCORE')).toBe('0');
    expect(readUnit(unit).has('MemoryDenyWriteExecute')).toBe(false);
  });
});

test.each(['webhead', 'keysigner', 'dbwriter'])('%s starts after the certificate, and may read its key', (role) => {
  const unit = roleUnit(role);
  expect(first(unit, 'Requires')).toBe('picl-idp-certificate.service');
  expect(first(unit, 'After')).toContain('picl-idp-certificate.service');
  expect(first(unit, 'SupplementaryGroups')).toBe(first('picl-idp-certificate.service', 'Group'));
});

test.each(['keysigner', 'dbwriter'])('no key of the %s is swapped to a disk', (role) =>
  expect(first(roleUnit(role), 'MemorySwapMax')).toBe('0'),
);

test('the box starts only with its volume, where it has one', () => {
  expect(first(roleUnit('box'), 'Requires')).toBe('picl-idp-attach.service');
  expect(first(roleUnit('box'), 'After')).toContain('picl-idp-attach.service');
  expect(first('picl-idp-attach.service', 'ConditionPathExists')).toBe('/etc/picl-idp/attach.env');
});

test('HTTPS comes with the box and outlives its restarts, on machines whose user data tells of it', () => {
  expect(first(roleUnit('box'), 'Wants')).toContain(CADDY);
  expect(readUnit(CADDY).has('WantedBy')).toBe(false);
  expect(first(CADDY, 'ConditionPathExists')).toBe(first(CADDY, 'EnvironmentFile'));
  expect([first(CADDY, 'Restart'), first(CADDY, 'StartLimitIntervalSec')]).toEqual(['always', '0']);
});

test('certificates and their keys are on the volume, where nobody else reads them', () => {
  expect(first(CADDY, 'Requires')).toBe('picl-idp-attach.service');
  expect(first(CADDY, 'After')).toContain('picl-idp-attach.service');
  expect(first(CADDY, 'Environment')).toContain('XDG_DATA_HOME=/var/lib/picl-idp ');
  expect([first(CADDY, 'StateDirectory'), first(CADDY, 'StateDirectoryMode')]).toEqual(['picl-idp/caddy', '0700']);
});

test('the box and HTTPS own a folder of the volume each, and neither owns all of it', () =>
  expect([roleUnit('box'), CADDY].map((unit) => first(unit, 'StateDirectory'))).toEqual([
    'picl-idp/box',
    'picl-idp/caddy',
  ]));

test('HTTPS may listen at the ports below 1024 and has no other right, and cannot ask for the machine’s credentials', () => {
  expect(first(CADDY, 'AmbientCapabilities')).toBe('CAP_NET_BIND_SERVICE');
  expect(first(CADDY, 'CapabilityBoundingSet')).toBe('CAP_NET_BIND_SERVICE');
  expect(first(CADDY, 'IPAddressDeny')).toBe('169.254.169.254');
  expect(first(CADDY, 'User')).toBe('picl-idp-caddy');
});

test('whoever needs a volume of its own starts after it is there', () =>
  expect(first('picl-idp-attach.service', 'Before')).toBe(
    'picl-idp-box.service picl-idp-caddy.service picl-idp-log-router.service picl-idp-ring-node.service',
  ));

test('users and groups that units name are made from what lies beside them', async () => {
  const declared = [...readFileSync(join(UNITS_FOLDER, 'picl-idp.sysusers.conf'), 'utf8').matchAll(/^u (\S+)/gm)];
  const named = serviceNames().flatMap((name) =>
    ['User', 'Group', 'SupplementaryGroups'].flatMap((setting) => readUnit(name).get(setting) ?? []),
  );
  expect(declared.map(([, user]) => user).toSorted()).toEqual([...new Set(named)].toSorted());
  const installed = join(machine, 'usr/lib/sysusers.d');
  mkdirSync(installed, { recursive: true });
  cpSync(join(UNITS_FOLDER, 'picl-idp.sysusers.conf'), join(installed, 'picl-idp.conf'));
  const made = await run('systemd-sysusers', ['--dry-run', `--root=${machine}`, 'picl-idp.conf']);
  for (const user of named) expect(made.stdout + made.stderr).toContain(`Creating user '${user}'`);
});
