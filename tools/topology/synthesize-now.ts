/** The stacks that these sources make, for tools that hold them against others. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { type AssembledStack, readAssembly } from '../../app/operator/assembly.ts';
import { SynthesisFailed } from '../tell-faults.ts';

const BUILD = '.build';

/** @throws SynthesisFailed */
export function synthesizeNow(): readonly AssembledStack[] {
  mkdirSync(BUILD, { recursive: true });
  const folder = mkdtempSync(join(BUILD, 'synth-'));
  try {
    const program = join(folder, 'synthesize.cjs');
    // As CommonJS, the program loads of the CDK only what it uses, in half of the time.
    buildSync({
      entryPoints: ['tools/topology/synthesize-command.ts'],
      outfile: program,
      bundle: true,
      platform: 'node',
      target: 'node24',
      format: 'cjs',
      packages: 'external',
      logLevel: 'error',
    });
    const assembly = join(folder, 'assembly');
    const { status } = spawnSync(process.execPath, [program, assembly], {
      env: { ...process.env, NODE_COMPILE_CACHE: resolve(BUILD, 'compile-cache') },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (status !== 0) throw new SynthesisFailed('the templates of these sources could not be made');
    return readAssembly(assembly);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
