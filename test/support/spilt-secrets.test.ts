/** The search for secrets in logs, on lines that hold some: a search that finds nothing proves nothing. */

import { expect, test } from '@jest/globals';
import { spiltSecrets } from './spilt-secrets.ts';

const HARMLESS = '{"level":30,"service":"webhead","pid":4,"uid":"00112233445566778899aabbccddeeff","ms":3}';

test('a line of ours holds none', () => expect(spiltSecrets(HARMLESS, ['a password'])).toEqual([]));

test.each([
  ['an address', 'mail to some.one+x@example.org bounced', 'some.one+x@example.org'],
  ['an address in a URL', 'GET /v1/complete?email=some.one%40example.org', 'some.one%40example.org'],
  ['a token', `{"token":"${'0a'.repeat(32)}"}`, '0a'.repeat(32)],
  ['a key bundle in capitals', `bundle ${'0A'.repeat(96)} broke`, '0A'.repeat(96)],
  ['a Hawk header', '{"authorization":"Hawk id=\\"x\\""}', 'Hawk id='],
  ['a password', '{"body":"with a password in it"}', 'a password'],
])('%s is found', (_name, line, secret) => {
  const found = spiltSecrets(`${HARMLESS}\n${line}\n`, ['a password']);
  expect(found).toContainEqual({ secret, line });
});
