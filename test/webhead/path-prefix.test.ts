/** A public URL with a path: what lives under it, and what stays at the root. */

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type AccountsService, startAccountsService } from '../support/accounts-service.ts';

let accounts: AccountsService;
beforeAll(async () => {
  accounts = await startAccountsService({ publicUrl: 'https://accounts.example/auth' });
});
afterAll(async () => {
  await accounts?.close();
});

const statusOf = async (method: 'GET' | 'POST', url: string) => (await accounts.app.inject({ method, url })).statusCode;

test.each([
  ['POST', '/auth/v1/get_random_bytes', 200],
  ['GET', '/auth/__version__', 200],
  ['GET', '/auth/', 200],
  ['GET', '/auth/__heartbeat__', 200],
  ['GET', '/auth/__lbheartbeat__', 200],
  ['GET', '/auth/v0/anything', 410],
  ['GET', '/.well-known/browserid', 200],
  // Balancers and probes know nothing of the prefix.
  ['GET', '/__lbheartbeat__', 200],
  ['POST', '/v1/get_random_bytes', 404],
  ['GET', '/auth/.well-known/browserid', 404],
] as const)('%s %s is answered %i', async (method, url, status) => {
  expect(await statusOf(method, url)).toBe(status);
});

test("a mail's link leads on to its page without the prefix", async () => {
  const { headers } = await accounts.app.inject({ method: 'GET', url: '/auth/v1/verify_email?uid=1&code=2' });
  expect(headers['location']).toBe('http://accounts.example:9000/pages/v1/verify_email?uid=1&code=2');
});
