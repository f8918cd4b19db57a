/** Sealing opens in its place with its key, and nowhere else. */

import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  isSealedWithOldKey,
  openHawkKey,
  openWithKeyring,
  SealBroken,
  sealHawkKey,
  sealWithKeyring,
  storedTokenId,
} from '../../app/accounts/sealing.ts';

const TOKEN_ID = 'c0a29dcf46174973da1378696e4c82ae10f723cf4f4d9f75e39f4ae3851595ab';
const HAWK_KEY = randomBytes(32);
const OLD = { currentKeyId: 'old', keys: new Map([['old', randomBytes(32)]]) };
const NEW = { currentKeyId: 'new', keys: new Map([...OLD.keys, ['new', randomBytes(32)]]) };

test('a token stands in the store under the SHA-256 of its id', () =>
  expect(storedTokenId(TOKEN_ID)).toBe('4cbd027426420243333c9604191824b94a70eb1b08fe4111b3ae81cb3be94d0e'));

describe("a token's Hawk key", () => {
  const sealed = sealHawkKey(HAWK_KEY, TOKEN_ID);

  test('opens with the id of the token', () => expect(openHawkKey(sealed, TOKEN_ID)).toEqual(HAWK_KEY));

  test('does not open with what the store knows of the id', () =>
    expect(() => openHawkKey(sealed, storedTokenId(TOKEN_ID))).toThrow(SealBroken));

  test('does not open with one bit of it changed', () =>
    fc.assert(
      fc.property(fc.nat(sealed.length * 4 - 1), (bit) => {
        const changed = Buffer.from(sealed, 'hex');
        changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        expect(() => openHawkKey(changed.toString('hex'), TOKEN_ID)).toThrow(SealBroken);
      }),
    ));

  test.each(['', 'ab', 'zz'.repeat(60)])('does not open from %j', (broken) =>
    expect(() => openHawkKey(broken, TOKEN_ID)).toThrow(SealBroken),
  );
});

describe('a value sealed by the keyring', () => {
  const sealed = sealWithKeyring(HAWK_KEY, { keyring: OLD, context: 'secrets:a:1', random: randomBytes });

  test('opens in its place, also after the current key changed', () => {
    expect(openWithKeyring(sealed, { keyring: OLD, context: 'secrets:a:1' })).toEqual(HAWK_KEY);
    expect(openWithKeyring(sealed, { keyring: NEW, context: 'secrets:a:1' })).toEqual(HAWK_KEY);
  });

  test('does not open in another place: for another account or an older generation', () => {
    expect(() => openWithKeyring(sealed, { keyring: OLD, context: 'secrets:b:1' })).toThrow(SealBroken);
    expect(() => openWithKeyring(sealed, { keyring: OLD, context: 'secrets:a:2' })).toThrow(SealBroken);
  });

  test('does not open without its key', () => {
    const other = { currentKeyId: 'new', keys: new Map([['new', randomBytes(32)]]) };
    expect(() => openWithKeyring(sealed, { keyring: other, context: 'secrets:a:1' })).toThrow(SealBroken);
  });

  test('tells whether it should be sealed anew', () => {
    expect(isSealedWithOldKey(sealed, NEW)).toBe(true);
    expect(isSealedWithOldKey(sealed, OLD)).toBe(false);
  });
});
