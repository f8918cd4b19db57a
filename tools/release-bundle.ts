/** The bytes of a release: every program of `app/` bundled, the pages, and the units. Nothing here may depend on time, place or commit. */

import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { buildPages } from './pages.ts';

/** Each process and command, by its name in the release. */
const ENTRY_POINTS = {
  webhead: 'app/webhead/main.ts',
  stretcher: 'app/webhead/stretcher/main.ts',
  keysigner: 'app/keysigner/main.ts',
  dbwriter: 'app/dbwriter/main.ts',
  'mail-sink': 'app/mail/sink/main.ts',
  box: 'app/box/main.ts',
  machine: 'app/machine/main.ts',
  'picl-idp': 'app/operator/picl-idp.ts',
} as const;

/** Bundled code of CommonJS packages asks for Node's own modules by `require`. */
const BANNER =
  "import { createRequire as createRequireOfRelease } from 'node:module'; const require = createRequireOfRelease(import.meta.url);";

/**
 * Writes the content of a release.
 * @param root the project's folder.
 * @param folder an empty one.
 * @param release first characters of the hash of what it is made of.
 * @param nodeVersion the Node that it runs on.
 */
export function writeReleaseContent({
  root,
  folder,
  release,
  version,
  nodeVersion,
}: {
  root: string;
  folder: string;
  release: string;
  version: string;
  nodeVersion: string;
}): void {
  const content = { version, source: 'picl-idp', release };
  buildSync({
    absWorkingDir: root,
    entryPoints: { ...ENTRY_POINTS },
    outdir: folder,
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minify: true,
    keepNames: true,
    legalComments: 'none',
    banner: { js: BANNER },
    define: { RELEASE_CONTENT: JSON.stringify(content) },
    entryNames: '[name]',
    chunkNames: 'chunk-[hash]',
    // Paths are under the hashes in names: a linked node_modules must not show where it leads to.
    preserveSymlinks: true,
    // Instead of whichever tsconfig.json lies around.
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    logLevel: 'error',
  });
  buildPages({ root, folder: join(folder, 'pages') });
  cpSync(join(root, 'app/units'), join(folder, 'units'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}\n');
  writeFileSync(join(folder, 'release.json'), `${JSON.stringify({ ...content, node: nodeVersion }, null, 2)}\n`);
}
