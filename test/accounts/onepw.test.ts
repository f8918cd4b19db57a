/** The protocol's published vectors, and those of the original server, against both sides of the derivation. */

import { hkdfSync, pbkdf2Sync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makeKeyBundle, xorBytes } from '../../app/accounts/key-bundle.ts';
import { deriveToken, TOKEN_KINDS } from '../../app/accounts/tokens.ts';
import { stretchPassword } from '../../app/accounts/verifier.ts';
import { deriveCredentials, deriveTokenKeys, KeyBundleBroken, openKeyBundle, xor } from '../../app/client/onepw.ts';

const hex = (text: string) => Buffer.from(text, 'hex');
const ascending = (first: number) => Buffer.from(Array.from({ length: 32 }, (_, index) => first + index));

const EMAIL = 'andré@example.org';
const PASSWORD = 'pässwörd';
const AUTH_PW = '247b675ffb4c46310bc87e26d712153abe5e1c90ef00a4784594f97ef54f2375';
const AUTH_SALT = `00f0${'00'.repeat(30)}`;
const WRAP_KB = '7effe354abecbcb234a8dfc2d7644b4ad339b525589738f2d27341bb8622ecd8';

describe('the client', () => {
  test('derives the published credentials from the published password', async () => {
    expect(Buffer.from(EMAIL).toString('hex')).toBe('616e6472c3a9406578616d706c652e6f7267');
    const { authPW, unwrapBkey } = await deriveCredentials(EMAIL, PASSWORD);
    expect(authPW).toBe(AUTH_PW);
    expect(Buffer.from(unwrapBkey).toString('hex')).toBe(
      'de6a2648b78284fcb9ffa81ba95803309cfba7af583c01a8a1a63e567234dd28',
    );
  });

  test('stretches as PBKDF2 of the platform does', () => {
    const salt = `identity.mozilla.com/picl/v1/quickStretch:${EMAIL}`;
    expect(pbkdf2Sync(PASSWORD, salt, 1000, 32, 'sha256').toString('hex')).toBe(
      'e4e8889bd8bd61ad6de6b95c059d56e7b50dacdaf62bd84644af7e2add84345d',
    );
  });

  test('another case of the address makes other credentials', async () => {
    expect((await deriveCredentials('André@example.org', PASSWORD)).authPW).not.toBe(AUTH_PW);
  });

  test('unwraps the published kB', () => {
    const unwrapBkey = hex('de6a2648b78284fcb9ffa81ba95803309cfba7af583c01a8a1a63e567234dd28');
    expect(Buffer.from(xor(hex(WRAP_KB), unwrapBkey)).toString('hex')).toBe(
      'a095c51c1c6e384e8d5777d97e3c487a4fc2128a00ab395a73d57fedf41631f0',
    );
  });
});

describe('the server stretches', () => {
  test.each([
    [
      1,
      '35307c883460cf869144774461be1794914d9d9c35c0a82bca48733bec367e20',
      'ae5226f7c3923afada2396df93d66b37def0131a3651975ec8f6c83808796418',
    ],
    [
      2,
      'a4765bf103dc057f4cf4bc2c131ddb6716e8a4333cc55e1d3c449f31f0eec4f1',
      '3ebea117efa9faf57ce195899b2905058368e7760cc26ea58a2a1be0da7fb287',
    ],
  ] as const)('version %i to its vectors', async (verifierVersion, verifyHash, wrapwrapKey) => {
    const keys = await stretchPassword({ authPW: hex(AUTH_PW), authSalt: hex(AUTH_SALT), verifierVersion });
    expect(keys.verifyHash.toString('hex')).toBe(verifyHash);
    expect(keys.wrapwrapKey.toString('hex')).toBe(wrapwrapKey);
  });

  test('version 0 without scrypt: the XOR of password and salt, in hex, through HKDF', async () => {
    const keys = await stretchPassword({ authPW: hex(AUTH_PW), authSalt: hex(AUTH_SALT), verifierVersion: 0 });
    const stretched = '248b675ffb4c46310bc87e26d712153abe5e1c90ef00a4784594f97ef54f2375';
    const expected = hkdfSync('sha256', Buffer.from(stretched), '', 'identity.mozilla.com/picl/v1/verifyHash', 32);
    expect(keys.verifyHash).toEqual(Buffer.from(expected));
  });

  test('the published wrapwrapKey to the published wrapKb', () => {
    const wrapwrapKey = hex('3ebea117efa9faf57ce195899b2905058368e7760cc26ea58a2a1be0da7fb287');
    expect(xorBytes(wrapwrapKey, ascending(0x40)).toString('hex')).toBe(WRAP_KB);
  });

  test.each(['authPW', 'authSalt'])('nothing when %s is not 32 bytes', async (name) => {
    const values = {
      authPW: hex(AUTH_PW),
      authSalt: hex(AUTH_SALT),
      verifierVersion: 2 as const,
      [name]: Buffer.alloc(31),
    };
    await expect(stretchPassword(values)).rejects.toThrow(`${name} must be 32 bytes, got 31`);
  });
});

describe('a token', () => {
  test('of the published bytes has the published id and keys', () => {
    const keyFetch = deriveToken('keyFetchToken', ascending(0x80));
    expect(keyFetch.tokenId.toString('hex')).toBe('3d0a7c02a15a62a2882f76e39b6494b500c022a8816e048625a495718998ba60');
    expect(keyFetch.hawkKey.toString('hex')).toBe('87b8937f61d38d0e29cd2d5600b3f4da0aa48ac41de36a0efe84bb4a9872ceb7');
    expect(keyFetch.bundleKey.toString('hex')).toBe('14f338a9e8c6324d9e102d4e6ee83b209796d5c74bb734a410e729e014a4a546');
    const session = deriveToken('sessionToken', ascending(0xa0));
    expect(session.tokenId.toString('hex')).toBe('c0a29dcf46174973da1378696e4c82ae10f723cf4f4d9f75e39f4ae3851595ab');
    expect(session.hawkKey.toString('hex')).toBe('9d8f22998ee7f5798b887042466b72d53e56ab0c094388bf65831f702d2febc0');
  });

  test('stands for the same on the client', () =>
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.constantFrom(...TOKEN_KINDS), (token, kind) => {
        const server = deriveToken(kind, token);
        const client = deriveTokenKeys(kind, Buffer.from(token).toString('hex'));
        expect(client.id).toBe(server.tokenId.toString('hex'));
        expect(Buffer.from(client.hawkKey)).toEqual(server.hawkKey);
        expect(Buffer.from(client.bundleKey)).toEqual(server.bundleKey);
      }),
    ));

  test('with one bit changed, or of another kind, has another id', () =>
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(255), (token, bit) => {
        const changed = Buffer.from(token);
        changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        const id = deriveToken('sessionToken', token).tokenId;
        expect(deriveToken('sessionToken', changed).tokenId.equals(id)).toBe(false);
        expect(deriveToken('keyFetchToken', token).tokenId.equals(id)).toBe(false);
      }),
    ));

  test('is refused when it is not 32 bytes', () =>
    expect(() => deriveToken('sessionToken', Buffer.alloc(33))).toThrow('sessionToken must be 32 bytes, got 33'));
});

describe('a key bundle', () => {
  const bundleKey = hex('14f338a9e8c6324d9e102d4e6ee83b209796d5c74bb734a410e729e014a4a546');
  const PUBLISHED =
    'ee5c58845c7c9412b11bbd20920c2fddd83c33c9cd2c2de2d66b222613364636' +
    'fc7e59d854d599f10e212801de3a47c34333f3b838ee3471e0f285649c332bbb' +
    '4c17f42a0b319bbba327d2b326ad23e937219b4de32e3ec7b3e3f740522ad6ef';

  test('of the published keys is the published one', () =>
    expect(makeKeyBundle({ bundleKey, kA: ascending(0x20), wrapKb: hex(WRAP_KB) }).toString('hex')).toBe(PUBLISHED));

  test('opens on the client to the keys it was made of', () => {
    const { kA, wrapKb } = openKeyBundle(bundleKey, PUBLISHED);
    expect(Buffer.from(kA)).toEqual(ascending(0x20));
    expect(Buffer.from(wrapKb).toString('hex')).toBe(WRAP_KB);
  });

  test('does not open with one bit changed anywhere', () =>
    fc.assert(
      fc.property(fc.nat(96 * 8 - 1), (bit) => {
        const changed = hex(PUBLISHED);
        changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        expect(() => openKeyBundle(bundleKey, changed.toString('hex'))).toThrow(KeyBundleBroken);
      }),
    ));

  test('is not made of keys of another length', () =>
    expect(() => makeKeyBundle({ bundleKey, kA: Buffer.alloc(31), wrapKb: Buffer.alloc(32) })).toThrow(
      'kA must be 32 bytes, got 31',
    ));
});
