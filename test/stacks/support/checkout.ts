/** The sources in another folder, with their packages elsewhere, and what is run there. */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const PARTS = [
  'app',
  'bin',
  'lib',
  'regions',
  'tools',
  'cdk.json',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder for copies, which goes with `remove`. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'picl-idp-stacks-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Copies the sources. @returns the folder. */
export function checkout(folder: string): string {
  for (const part of PARTS) cpSync(part, join(folder, part), { recursive: true });
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Runs a program of the sources with nothing in its environment but what is given. @param before a command that runs it in turn. */
export function runIn(
  folder: string,
  program: readonly string[],
  {
    environment = {},
    before = [],
  }: { environment?: Readonly<Record<string, string>>; before?: readonly string[] } = {},
): Ran {
  const [command = '', ...parameters] = [
    ...before,
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    ...program,
  ];
  const { status, stdout, stderr } = spawnSync(command, parameters, {
    cwd: folder,
    env: { ...environment },
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

/** The bytes of every file of a folder by its path. */
export function bytesOf(folder: string): ReadonlyMap<string, Buffer> {
  return new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [relative(folder, path), readFileSync(path)]),
  );
}
