/** Keys in memory: they sign as others do, and a set that nobody could verify is refused. */

import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readSigningKeys, signingKeysInMemory } from '../../app/keysigner/signing-keys.ts';
import { RFC_KEY_SET, RFC_SIGNATURE } from '../support/rfc7515-key.ts';

const [current] = RFC_KEY_SET.keys;
if (current === undefined) throw new RangeError('the set has one key');

const pems = (modulusLength: number) =>
  generateKeyPairSync('rsa', {
    modulusLength,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });

test('the published key makes the published signature', async () =>
  expect(await signingKeysInMemory(RFC_KEY_SET).sign(RFC_SIGNATURE.signingInput)).toBe(RFC_SIGNATURE.signature));

test('the key that signs is published first, wherever it stands in the set', () => {
  const previous = { ...current, kid: 'older', state: 'previous' as const, privateKeyPem: undefined };
  const keys = signingKeysInMemory({ keys: [previous, current] });
  expect(keys.kid()).toBe('rfc7515-a2');
  expect(keys.published().map(({ kid }) => kid)).toEqual(['rfc7515-a2', 'older']);
});

test('a private part of another key is refused', () => {
  const { privateKey: privateKeyPem } = pems(2048);
  expect(() => signingKeysInMemory({ keys: [{ ...current, privateKeyPem }] })).toThrow(
    'the two parts of key rfc7515-a2 are not of one key',
  );
});

test('a key that is too short is refused, also one that would only be published', () => {
  const { privateKey: privateKeyPem, publicKey: publicKeyPem } = pems(1024);
  const short = { ...current, kid: 'short', privateKeyPem, publicKeyPem };
  expect(() => signingKeysInMemory({ keys: [short] })).toThrow(
    'key short has 1024 bits, allowed: RSA of 2048 and more',
  );
  expect(() => signingKeysInMemory({ keys: [current, { ...short, state: 'next' }] })).toThrow(
    'key short has 1024 bits',
  );
});

test('a set is read from a file of its owner alone, and what is wrong is told without the key', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'picl-idp-test-'));
  const file = join(folder, 'keys.json');
  try {
    await writeFile(file, JSON.stringify(RFC_KEY_SET), { mode: 0o600 });
    expect((await readSigningKeys(`file:${file}`)).kid()).toBe('rfc7515-a2');
    await chmod(file, 0o644);
    await expect(readSigningKeys(`file:${file}`)).rejects.toThrow('has mode 644, allowed: 600 or 400');
    await chmod(file, 0o600);
    await writeFile(file, JSON.stringify({ keys: [{ ...current, state: 'next' }] }));
    await expect(readSigningKeys(`file:${file}`)).rejects.toThrow(/has not the shape it must have: keys \(custom\)$/);
    await writeFile(file, current.privateKeyPem ?? '');
    await expect(readSigningKeys(`file:${file}`)).rejects.toThrow(/keys\.json is not JSON$/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
