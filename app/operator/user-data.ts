/** User data read back: the role that it enables and the settings files that it writes. */

export interface UserData {
  readonly role: string;
  /** Settings by the name of their file below /etc/picl-idp, without `.env`. */
  readonly files: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const FILE = /^cat > \/etc\/picl-idp\/([a-z-]+)\.env <<'END'$/;
const ENABLE = /^systemctl enable --now picl-idp-([a-z-]+)\.service$/;
const PREAMBLE = ['#!/bin/sh', 'set -eu'];

/** @throws RangeError that shows the line which is neither a setting nor the start of a role. */
export function readUserData(text: string): UserData {
  const files: Record<string, Record<string, string>> = {};
  let open: Record<string, string> | undefined;
  let role: string | undefined;
  for (const line of text.trimEnd().split('\n')) {
    const file = FILE.exec(line)?.[1];
    const enabled = ENABLE.exec(line)?.[1];
    if (open !== undefined) {
      if (line === 'END') open = undefined;
      else readSetting(line, open);
    } else if (file !== undefined) {
      open = {};
      files[file] = open;
    } else if (enabled !== undefined && role === undefined) role = enabled;
    else if (!PREAMBLE.includes(line))
      throw new RangeError(`user data: got "${line}", allowed: settings files and one role`);
  }
  if (role === undefined || open !== undefined)
    throw new RangeError('user data enables no role, or leaves a file open');
  return { role, files };
}

function readSetting(line: string, settings: Record<string, string>): void {
  const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
  if (name === undefined || value === undefined) throw new RangeError(`user data: got "${line}", allowed: NAME=value`);
  if (name in settings) throw new RangeError(`user data: ${name} is set twice`);
  settings[name] = value;
}
