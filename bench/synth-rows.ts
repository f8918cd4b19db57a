/** Rows over synthesizing all environments: as an operator runs it, and the app alone. Each is a whole process, from its start to its end. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alternate, type BenchRow } from './bench-row.ts';

const ROUNDS = 7;
/** The app's bundle, which the command of `cdk.json` writes. */
const BUNDLE = '.build/idp.cjs';
/** As that command has it, for the bundle and for what it is held against. */
const COMPILE_CACHE = { NODE_COMPILE_CACHE: '.build/compile-cache' };
const WITHOUT_VALIDATION = { CDK_VALIDATION: 'false' };
/**
 * What the library itself costs before an app does anything. `require('aws-cdk-lib')` alone would be the start of Node: this version
 * of it loads each part when it is first used, so all that it exports is asked for.
 */
const LIBRARY = "Object.values(require('aws-cdk-lib'))";

export const synthCold: BenchRow = againstCommandLine('synth.cold', 2.2, WITHOUT_VALIDATION);
export const synthValidated: BenchRow = againstCommandLine('synth.validated', 5, {});

export const synthApp: BenchRow = {
  name: 'synth.app',
  bar: 8,
  atMost: true,
  run: async (progress) => {
    const { context } = JSON.parse(readFileSync('cdk.json', 'utf8'));
    const folder = temporaryFolder();
    const environment = {
      ...COMPILE_CACHE,
      ...WITHOUT_VALIDATION,
      CDK_CONTEXT_JSON: JSON.stringify(context),
      CDK_OUTDIR: folder,
    };
    try {
      // Writes the bundle, builds the release, and fills the cache of compiled code.
      timeOf('npm', ['run', '--silent', 'synth', '--', '--output', folder], WITHOUT_VALIDATION);
      const figures = await alternate({
        rounds: ROUNDS,
        progress,
        bare: async () => timeOf(process.execPath, ['--eval', LIBRARY], COMPILE_CACHE),
        load: async () => {
          rmSync(folder, { recursive: true });
          return timeOf(process.execPath, [BUNDLE], environment);
        },
      });
      return { ...figures, unit: 'ms' };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** `npm run synth` held against `npx cdk --version`: both start npm. */
function againstCommandLine(name: string, bar: number, environment: Readonly<Record<string, string>>): BenchRow {
  return {
    name,
    bar,
    atMost: true,
    run: async (progress) => {
      const folder = temporaryFolder();
      const synth = () => timeOf('npm', ['run', '--silent', 'synth', '--', '--output', folder], environment);
      try {
        // The first run of a checkout builds the release as well.
        synth();
        const figures = await alternate({
          rounds: ROUNDS,
          progress,
          bare: async () => timeOf('npx', ['cdk', '--version'], {}),
          load: async () => synth(),
        });
        return { ...figures, unit: 'ms' };
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'picl-idp-bench-synth-'));
}

/** Milliseconds from the start of a process to its end. @throws Error with what it said, when it fails. */
function timeOf(command: string, parameters: readonly string[], environment: Readonly<Record<string, string>>): number {
  const startedAt = performance.now();
  const { status, stderr } = spawnSync(command, parameters, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${command} ${parameters.join(' ')} ended with ${status}: ${stderr}`);
  return performance.now() - startedAt;
}
