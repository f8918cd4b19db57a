/** `npm run docs`: writes what documentation says of the topology from its templates; with `--check` it only tells whether that is current. */

import { readFileSync, writeFileSync } from 'node:fs';
import { tellFaults } from './tell-faults.ts';
import { writtenDocuments } from './topology/documents.ts';
import { synthesizeNow } from './topology/synthesize-now.ts';

await tellFaults(async () => {
  for (const [file, text] of Object.entries(await writtenDocuments(synthesizeNow()))) {
    if (!process.argv.includes('--check')) {
      writeFileSync(file, text);
      console.log(`wrote ${file}`);
    } else if (readFileSync(file, 'utf8') !== text) {
      console.log(`${file} is not current: npm run docs writes it`);
      process.exitCode = 1;
    }
  }
});
