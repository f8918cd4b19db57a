/** `npm run openapi`: writes the API document from the routes; with `--check` it only tells whether the document is current. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openApiDocument } from '../app/webhead/openapi.ts';
import { allRoutes } from '../app/webhead/routes/all.ts';
import type { WebheadService } from '../app/webhead/service.ts';

const FILE = join(import.meta.dirname, '../docs/openapi/accounts.json');

// Routes look at nothing else of the service before a request comes.
const service = { redirectDomain: 'firefox.com', development: false } as WebheadService;
const text = `${JSON.stringify(openApiDocument(allRoutes(service)), null, 2)}\n`;

if (process.argv.includes('--check')) {
  const current = readFileSync(FILE, 'utf8') === text;
  console.log(
    current
      ? 'docs/openapi/accounts.json is current'
      : 'docs/openapi/accounts.json is not current: npm run openapi writes it',
  );
  process.exitCode = current ? 0 : 1;
} else {
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, text);
  console.log('wrote docs/openapi/accounts.json');
}
