/** `npm run snapshots`: writes what `test/stacks/snapshots` must hold, after a change of templates that is meant. */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { filesBelow, SNAPSHOTS, snapshotsOf } from './guard/snapshot.ts';
import { tellFaults } from './tell-faults.ts';
import { synthesizeNow } from './topology/synthesize-now.ts';

new Command('npm run snapshots --')
  .description(`Writes the templates of all environments to ${SNAPSHOTS}, and removes those of stacks that are gone.`)
  .action(() => tellFaults(writeSnapshots))
  .parse();

function writeSnapshots(): void {
  const wanted = snapshotsOf(synthesizeNow());
  const before = new Set(filesBelow(SNAPSHOTS));
  for (const [path, text] of wanted) {
    if (before.has(path) && readFileSync(join(SNAPSHOTS, path), 'utf8') === text) continue;
    mkdirSync(dirname(join(SNAPSHOTS, path)), { recursive: true });
    writeFileSync(join(SNAPSHOTS, path), text);
    console.log(`${before.has(path) ? 'changed' : 'new    '} ${path}`);
  }
  for (const path of before) {
    if (wanted.has(path)) continue;
    rmSync(join(SNAPSHOTS, path));
    console.log(`removed ${path}`);
  }
}
