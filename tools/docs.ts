/** `npm run docs`: writes what documentation says of the topology from its templates; with `--check` it only tells whether that is current. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readAssembly } from '../app/operator/assembly.ts';
import { writtenDocuments } from './topology/documents.ts';
import { synthesize } from './topology/synthesize.ts';

const root = dirname(import.meta.dirname);
const folder = mkdtempSync(join(tmpdir(), 'picl-idp-docs-'));
try {
  synthesize(root, folder);
  const documents = await writtenDocuments(readAssembly(folder));
  for (const [file, text] of Object.entries(documents)) {
    const path = join(root, file);
    if (!process.argv.includes('--check')) {
      writeFileSync(path, text);
      console.log(`wrote ${file}`);
    } else if (readFileSync(path, 'utf8') !== text) {
      console.log(`${file} is not current: npm run docs writes it`);
      process.exitCode = 1;
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
