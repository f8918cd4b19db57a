/** The API document is that of the routes, and says every error that they can answer. */

import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { SERVICE_ERRORS } from '../../app/accounts/service-errors.ts';
import { errorsOf, openApiDocument } from '../../app/webhead/openapi.ts';
import { allRoutes } from '../../app/webhead/routes/all.ts';
import type { WebheadService } from '../../app/webhead/service.ts';

const routes = allRoutes({ redirectDomain: 'firefox.com', development: false } as WebheadService);

test('the document that stands is that of the routes; npm run openapi writes it', async () => {
  const written = await readFile('docs/openapi/accounts.json', 'utf8');
  expect(JSON.parse(written)).toEqual(openApiDocument(routes));
});

test('every error of the table can be answered by some route, or is told to be for all of them', () => {
  const told = new Set(routes.flatMap((route) => errorsOf(route)));
  // Told by the server itself, whatever the path; or kept for clients, and sent by no route of today.
  const elsewhere = [
    'NOT_FOUND',
    'ENDPOINT_RETIRED',
    'MISSING_CONTENT_LENGTH',
    'FEATURE_NOT_ENABLED',
    'REQUEST_BLOCKED',
  ];
  const untold = Object.keys(SERVICE_ERRORS).filter((code) => ![...told, ...elsewhere].includes(code));
  expect(untold).toEqual([]);
});

test('every route has a sentence, a schema of its answer, and its errors by status', () => {
  const { paths } = openApiDocument(routes) as {
    paths: Record<string, Record<string, { summary: string; responses: Record<string, unknown> }>>;
  };
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  expect(operations.length).toBe(routes.length);
  for (const { summary, responses } of operations) {
    expect(summary).toMatch(/^[A-Z].*\.$/);
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['200', '503']));
  }
});
