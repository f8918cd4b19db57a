/** Building what the browser gets: the script and the style of the pages, each named by its hash. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buildSync } from 'esbuild';

/** Writes the script, the style and `manifest.json`, which tells their names, into `folder`. */
export function buildPages({ root, folder }: { root: string; folder: string }): void {
  mkdirSync(folder, { recursive: true });
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: { script: 'app/webhead/pages/browser/main.ts', style: 'app/webhead/pages/browser/style.css' },
    outdir: folder,
    bundle: true,
    platform: 'browser',
    target: ['firefox115', 'chrome115', 'safari16'],
    format: 'esm',
    minify: true,
    legalComments: 'none',
    entryNames: '[name]-[hash]',
    // As for the programs of a release: no path, and no setting from elsewhere, may shape the bytes.
    preserveSymlinks: true,
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    metafile: true,
    logLevel: 'error',
  });
  const names = Object.keys(metafile.outputs).map((path) => basename(path));
  const script = names.find((name) => name.endsWith('.js'));
  const style = names.find((name) => name.endsWith('.css'));
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify({ script, style })}\n`);
}
