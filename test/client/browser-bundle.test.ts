/** The client library as a browser gets it: bundled, and run in a world that has nothing of Node's. */

import { createContext, runInContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { build } from 'esbuild';

/** All that the library may find there; a page without TLS has no WebCrypto but random numbers. */
const BROWSER_GLOBALS = { TextEncoder, URL, AbortSignal, btoa, setTimeout };

test('the client library bundles for browsers and runs with what they have', async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `export { createAccountsClient } from './app/client/client.ts';
        export { deriveCredentials, openKeyBundle } from './app/client/onepw.ts';
        export { makeBackedAssertion } from './app/client/browserid.ts';`,
      resolveDir: process.cwd(),
    },
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'picl',
    target: ['firefox115', 'chrome115', 'safari16'],
    logLevel: 'silent',
  });
  const requested: { url: string; authorization: string }[] = [];
  const context = createContext({
    ...BROWSER_GLOBALS,
    crypto: { getRandomValues: (bytes: Uint8Array) => bytes.fill(7) },
    fetch: async (url: string, { headers }: { headers: Record<string, string> }) => {
      requested.push({ url, authorization: headers['authorization'] ?? '' });
      return { status: 200, json: async () => ({ uid: 'of the answer' }) };
    },
  });
  runInContext(outputFiles[0]?.text ?? '', context);
  const derived = runInContext(`picl.deriveCredentials('andré@example.org', 'pässwörd')`, context);
  expect(await derived).toMatchObject({ authPW: '247b675ffb4c46310bc87e26d712153abe5e1c90ef00a4784594f97ef54f2375' });
  const asked = runInContext(
    `picl.createAccountsClient({ url: 'http://accounts.example', now: () => 1e12 }).sessionStatus('${'a0'.repeat(32)}')`,
    context,
  );
  expect(await asked).toEqual({ uid: 'of the answer' });
  expect(requested).toMatchObject([
    { url: 'http://accounts.example/v1/session/status', authorization: expect.stringContaining('ts="1000000000"') },
  ]);
});
