/** The units of a release, as systemd reads them: enough of the format for what ours use. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const UNITS_FOLDER = 'app/units';

/** @returns names of every service, for example `picl-idp-webhead.service`. */
export function serviceNames(): readonly string[] {
  return readdirSync(UNITS_FOLDER).filter((name) => name.endsWith('.service'));
}

/** @returns each setting's values, in their order. */
export function readUnit(name: string): ReadonlyMap<string, readonly string[]> {
  const settings = readFileSync(join(UNITS_FOLDER, name), 'utf8')
    .split('\n')
    .filter((line) => /^\w+=/.test(line))
    .map((line) => ({ setting: line.slice(0, line.indexOf('=')), value: line.slice(line.indexOf('=') + 1) }));
  return new Map(
    [...Map.groupBy(settings, ({ setting }) => setting)].map(([setting, found]) => [
      setting,
      found.map(({ value }) => value),
    ]),
  );
}
