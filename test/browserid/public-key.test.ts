/** Which public keys of clients are signed, and which are refused. */

import { describe, expect, test } from '@jest/globals';
import { clientPublicKey, missingKeyMember } from '../../app/browserid/public-key.ts';

const RSA = { algorithm: 'RS', n: '9'.repeat(617), e: '65537' } as const;
const DSA = {
  algorithm: 'DS',
  y: 'a0'.repeat(128),
  p: 'ff'.repeat(128),
  q: 'e2'.repeat(20),
  g: 'c5'.repeat(128),
} as const;

describe('a key is taken as it is', () => {
  test.each([
    ['RSA with decimal numbers', RSA],
    ['RSA with numbers in base64url', { algorithm: 'RS', n: 'ofgWCu_jyb-lzo0tZ', e: 'AQAB' }],
    ['RSA of 4096 bits', { ...RSA, n: '9'.repeat(1234) }],
    ['DSA with numbers in hex', DSA],
    ['a key with a version', { ...RSA, version: '2012.08.15' }],
  ])('%s', (_name, key) => expect(clientPublicKey.parse(key)).toEqual(key));
});

describe('a key is refused', () => {
  test.each([
    ['of another algorithm', { ...RSA, algorithm: 'ES' }],
    ['without an algorithm', { n: '1', e: '3' }],
    ['with a member that no key has', { ...RSA, d: '1' }],
    ['with a number that is no text', { ...RSA, e: 65_537 }],
    ['with an empty number', { ...RSA, e: '' }],
    ['with a number longer than any key needs', { ...RSA, n: '9'.repeat(1301) }],
    ['with a number that holds other characters', { ...RSA, n: '1<script>' }],
    ['that is a list', [RSA]],
    ['that is null', null],
  ])('%s', (_name, key) => expect(clientPublicKey.safeParse(key).success).toBe(false));
});

test.each([
  [RSA, undefined],
  [DSA, undefined],
  [{ algorithm: 'RS' }, 'n'],
  [{ algorithm: 'RS', n: '1' }, 'e'],
  [{ algorithm: 'DS', n: '1', e: '3' }, 'y'],
  [{ ...DSA, p: undefined }, 'p'],
  [{ ...DSA, q: undefined, g: undefined }, 'q'],
  [{ ...DSA, g: undefined }, 'g'],
] as const)('of %j the first member that is missing is told: %s', (key, member) =>
  expect(missingKeyMember(key)).toBe(member),
);
