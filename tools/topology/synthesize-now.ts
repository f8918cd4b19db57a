/** The stacks that these sources make, for tools that hold them against others. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { type AssembledStack, readAssembly } from '../../app/operator/assembly.ts';

const BUILD = '.build';

/** @throws Error when the app fails; standard error says why. */
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
    execFileSync(process.execPath, [program, assembly], {
      env: { ...process.env, NODE_COMPILE_CACHE: resolve(BUILD, 'compile-cache') },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return readAssembly(assembly);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
