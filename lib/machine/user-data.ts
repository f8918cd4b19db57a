/** User data: a few lines of shell that choose a machine's role. A reviewer reads them in the template. */

import { Fn } from 'aws-cdk-lib';
import type { MachineRole } from './machine-role.ts';

export type Settings = Readonly<Record<string, string>>;

/** A file of settings below /etc/picl-idp. */
export interface SettingsFile {
  /** For example `webhead`: the file is `webhead.env`. */
  readonly name: string;
  readonly settings: Settings;
}

export interface UserDataOptions {
  readonly role: MachineRole;
  /** What the role's unit, and those before it, are told. Nothing in it is secret. */
  readonly files: readonly SettingsFile[];
}

/** User data of a machine in a region. */
export interface PlacedUserData extends UserDataOptions {
  /** Where the role asks AWS, beside its own settings. */
  readonly regionName: string;
}

/** A value that a shell's here-document and systemd's EnvironmentFile both leave as it is. */
const PLAIN_VALUE = /^[\w@%+=:,./?*~-]*$/;

/**
 * The script that a machine runs once, at its first boot.
 * @throws RangeError that names the setting whose value a settings file cannot hold.
 */
export function userData({ role, files, regionName }: PlacedUserData): string {
  const lines = files.flatMap(({ name, settings }) => [
    `cat > /etc/picl-idp/${name}.env <<'END'`,
    ...(name === role ? [settingLine('AWS_REGION', regionName)] : []),
    ...Object.entries(settings).map(([setting, value]) => settingLine(setting, value)),
    'END',
  ]);
  return ['#!/bin/sh', 'set -eu', ...lines, `systemctl enable --now picl-idp-${role}.service`, ''].join('\n');
}

/** User data as a launch template holds it. */
export function encodedUserData(options: PlacedUserData): string {
  // Encoded by CloudFormation: a template with the text itself can be read.
  return Fn.base64(userData(options));
}

function settingLine(setting: string, value: string): string {
  if (!PLAIN_VALUE.test(value)) {
    throw new RangeError(`${setting}: got "${value}", allowed: letters, digits and _@%+=:,./?*~-`);
  }
  return `${setting}=${value}`;
}

/** Settings as variables hold them. */
export function textSettings(settings: Readonly<Record<string, string | number | boolean>>): Settings {
  return Object.fromEntries(Object.entries(settings).map(([setting, value]) => [setting, String(value)]));
}
