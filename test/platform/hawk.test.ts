/** Hawk, held to an independent implementation both ways, and its header read strictly. */

import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parse } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseHawkHeader, writeHawkHeader } from '../../app/platform/hawk/header.ts';
import { equalTexts, hawkMac, hawkPayloadHash, verifyHawkMac } from '../../app/platform/hawk/mac.ts';
import { hawkNormalizedString } from '../../app/platform/hawk/normalized.ts';

const hapiHawk = createRequire(join(process.cwd(), 'package.json'))('@hapi/hawk') as {
  client: { header(url: string, method: string, options: object): { header: string } };
  server: { authenticate(request: object, credentials: () => Promise<object>, options?: object): Promise<unknown> };
};

const KEY = Buffer.alloc(32, 5);
const CREDENTIALS = { id: 'dh37fgj492je', key: KEY, algorithm: 'sha256' };
const word = fc.stringMatching(/^[\w !#$%&'()*+,./:;<=>?@[\]^`{|}~-]{1,20}$/);

test('what the other client signs we verify, and nothing beside it', () =>
  fc.assert(
    fc.property(
      word,
      fc.webPath(),
      fc.constantFrom('GET', 'POST'),
      fc.option(word, { nil: undefined }),
      (ext, path, method, app) => {
        const resource = path.startsWith('/') ? path : `/${path}`;
        const url = `http://example.org:8000${resource}`;
        const { header } = hapiHawk.client.header(url, method, {
          credentials: CREDENTIALS,
          ext,
          ...(app === undefined ? {} : { app, dlg: 'someone' }),
        });
        const parsed = parseHawkHeader(header);
        if (parsed === undefined) throw new Error(header);
        const signed = {
          method,
          resource: parse(url).path ?? '',
          host: 'example.org',
          port: 8000,
        };
        expect(verifyHawkMac(KEY, parsed, signed)).toBe(true);
        expect(verifyHawkMac(KEY, parsed, { ...signed, port: 8001 })).toBe(false);
        expect(verifyHawkMac(KEY, parsed, { ...signed, host: 'example.com' })).toBe(false);
        expect(verifyHawkMac(KEY, { ...parsed, nonce: `${parsed.nonce}x` }, signed)).toBe(false);
        expect(verifyHawkMac(Buffer.alloc(32, 6), parsed, signed)).toBe(false);
      },
    ),
  ));

test('what we sign the other server verifies, payload included', async () => {
  const payload = '{"a":"é"}';
  const ts = Math.floor(Date.now() / 1000);
  const hash = hawkPayloadHash('application/JSON; charset=utf-8', payload);
  const mac = hawkMac(KEY, {
    ts,
    nonce: 'abc',
    method: 'post',
    resource: '/x?y=z',
    host: 'Example.org',
    port: 80,
    hash,
  });
  const headers = {
    host: 'example.org:80',
    authorization: writeHawkHeader({ id: 'me', ts, nonce: 'abc', hash, mac }),
    'content-type': 'application/json',
  };
  const request = { method: 'POST', url: '/x?y=z', headers, connection: {} };
  await expect(hapiHawk.server.authenticate(request, async () => CREDENTIALS, { payload })).resolves.toBeDefined();
  await expect(hapiHawk.server.authenticate(request, async () => CREDENTIALS, { payload: '{}' })).rejects.toThrow();
});

test('our HMAC is that of the platform', () =>
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.string(), (key, nonce) => {
      const artifacts = { ts: 1, nonce, method: 'GET', resource: '/', host: 'a', port: 1 };
      expect(hawkMac(key, artifacts)).toBe(
        createHmac('sha256', key).update(hawkNormalizedString(artifacts)).digest('base64'),
      );
    }),
  ));

describe('a header', () => {
  test.each([
    '',
    'Hawk',
    'Hawk id="a"',
    'Basic id="a", ts="1", nonce="b", mac="c"',
    'Hawk id="a", ts="1", nonce="b", mac="c", mac="d"',
    'Hawk id="a", ts="1", nonce="b", mac="c", foo="d"',
    'Hawk id="a", ts="x", nonce="b", mac="c"',
    'Hawk id="a", ts="1", nonce="b", mac="c" trailing',
    'Hawk id="", ts="1", nonce="b", mac="c"',
    'Hawk id="é", ts="1", nonce="b", mac="c"',
    `Hawk id="${'a'.repeat(5000)}", ts="1", nonce="b", mac="c"`,
  ])('like %j is malformed', (header) => expect(parseHawkHeader(header)).toBeUndefined());

  test('is read whatever is in it, without ever throwing', () =>
    fc.assert(fc.property(fc.string(), (text) => void parseHawkHeader(`Hawk ${text}`))));
});

test('texts are compared by length and content', () => {
  expect(equalTexts('abc', 'abc')).toBe(true);
  expect(equalTexts('abc', 'abd')).toBe(false);
  expect(equalTexts('abc', 'abcd')).toBe(false);
});
