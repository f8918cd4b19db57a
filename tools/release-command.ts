/** `npm run release`: builds the release of these sources, and does what follows from it. */

import { readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { addImageCommands } from './images/commands.ts';
import { buildRelease } from './release.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const program = new Command('npm run release --')
  .description('Builds the release of these sources into dist/, unless it is built, and tells where it is.')
  .option('--json', 'tell it as JSON', false)
  .showHelpAfterError('(npm run release -- --help lists what it can do)')
  .action(({ json }: { json: boolean }) => {
    const { folder, id, contentHash } = buildRelease({ root, releases: join(root, 'dist') });
    const bytes = bytesBelow(folder);
    const text = json
      ? JSON.stringify({ folder, id, contentHash, bytes })
      : `${relative(process.cwd(), folder)}\nid ${id}\nhash ${contentHash}\n${(bytes / 1e6).toFixed(1)} MB`;
    process.stdout.write(`${text}\n`);
  });
addImageCommands(program, root);
await program.parseAsync();

function bytesBelow(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((bytes, entry) => bytes + statSync(join(entry.parentPath, entry.name)).size, 0);
}
