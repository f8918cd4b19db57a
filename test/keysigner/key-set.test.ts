/** The keys over time: which steps a rotation takes, and which it must not take yet. */

import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  createKeySet,
  type KeySet,
  keySetSchema,
  PUBLISHED_AFTER_SIGNING_MS,
  PUBLISHED_BEFORE_SIGNING_MS,
  prepareNextKey,
  promoteNextKey,
  RotationRefused,
  retirePreviousKeys,
} from '../../app/keysigner/key-set.ts';
import { signingKeysInMemory } from '../../app/keysigner/signing-keys.ts';

const NOW = Date.UTC(2026, 0, 31);
const PROMOTED_AT = NOW + PUBLISHED_BEFORE_SIGNING_MS;

const firstSet = createKeySet(NOW);
const preparedSet = firstSet.then((set) => prepareNextKey(set, NOW));
const promotedSet = preparedSet.then((set) => promoteNextKey(set, PROMOTED_AT));
const states = ({ keys }: KeySet) => keys.map(({ state }) => state);
const published = (set: KeySet) =>
  signingKeysInMemory(set)
    .published()
    .map(({ kid }) => kid);

test('the waits are a day before a key signs and two days after', () =>
  expect([PUBLISHED_BEFORE_SIGNING_MS, PUBLISHED_AFTER_SIGNING_MS]).toEqual([86_400_000, 172_800_000]));

test('the first set is one key that signs, named for its day', async () =>
  expect(await firstSet).toEqual({
    keys: [
      {
        kid: expect.stringMatching(/^2026-01-31-[0-9a-f]{8}$/),
        state: 'current',
        since: NOW,
        publicKeyPem: expect.stringMatching(/^-----BEGIN PUBLIC KEY-----/),
        privateKeyPem: expect.stringMatching(/^-----BEGIN PRIVATE KEY-----/),
      },
    ],
  }));

describe('a rotation', () => {
  test('first publishes the next key, which signs nothing yet', async () => {
    const [first, prepared] = await Promise.all([firstSet, preparedSet]);
    expect(states(prepared)).toEqual(['current', 'next']);
    expect(signingKeysInMemory(prepared).kid()).toBe(first.keys[0]?.kid);
    expect(published(prepared)).toEqual(prepared.keys.map(({ kid }) => kid));
  });

  test('does not prepare a second key beside one that waits', async () =>
    expect(prepareNextKey(await preparedSet, NOW)).rejects.toThrow(/^key 2026-01-31-[0-9a-f]{8} is prepared already$/));

  test('does not let the next key sign before it was published for a day, and says from when on', async () => {
    const prepared = await preparedSet;
    expect(() => promoteNextKey(prepared, PROMOTED_AT - 1)).toThrow('may sign from 2026-02-01T00:00:00.000Z on');
  });

  test('has nothing to promote when no key was prepared', async () => {
    const first = await firstSet;
    expect(() => promoteNextKey(first, NOW)).toThrow('no key is prepared');
  });

  test('then lets it sign, keeps the one before published, and drops its private part', async () => {
    const [prepared, promoted] = await Promise.all([preparedSet, promotedSet]);
    const [firstKid, nextKid] = prepared.keys.map(({ kid }) => kid);
    expect(states(promoted)).toEqual(['previous', 'current']);
    expect(promoted.keys[0]).not.toHaveProperty('privateKeyPem');
    expect(keySetSchema.safeParse(promoted).success).toBe(true);
    expect(published(promoted)).toEqual([nextKid, firstKid]);
    expect(signingKeysInMemory(promoted).kid()).toBe(nextKid);
  });

  test('retires the one before only when no certificate of it can live, however often it is asked', async () => {
    const promoted = await promotedSet;
    const retiredAt = PROMOTED_AT + PUBLISHED_AFTER_SIGNING_MS;
    expect(() => retirePreviousKeys(promoted, retiredAt - 1)).toThrow(RotationRefused);
    const retired = retirePreviousKeys(promoted, retiredAt);
    expect(states(retired)).toEqual(['current']);
    expect(() => retirePreviousKeys(retired, retiredAt)).toThrow('no previous key is old enough to be retired');
  });

  test('leaves the set that it was given as it was', async () => {
    const before = JSON.stringify(await preparedSet);
    promoteNextKey(await preparedSet, PROMOTED_AT);
    expect(JSON.stringify(await preparedSet)).toBe(before);
  });
});

describe('a set is refused', () => {
  type Keys = KeySet['keys'];
  test.each([
    ['without keys', () => []],
    ['without a current key', (keys: Keys) => keys.map((key) => ({ ...key, state: 'previous' }))],
    ['with two current keys', (keys: Keys) => [...keys, ...keys.map((key) => ({ ...key, kid: 'b' }))]],
    [
      'with two next keys',
      (keys: Keys) => [...keys, ...['b', 'c'].flatMap((kid) => keys.map((key) => ({ ...key, kid, state: 'next' })))],
    ],
    ['with two keys of one id', (keys: Keys) => [...keys, ...keys.map((key) => ({ ...key, state: 'previous' }))]],
    [
      'with a current key that lacks its private part',
      (keys: Keys) => keys.map(({ privateKeyPem: _gone, ...key }) => key),
    ],
    ['with a member of another version', (keys: Keys) => keys.map((key) => ({ ...key, expires: 1 }))],
    ['with a key that is no PEM', (keys: Keys) => keys.map((key) => ({ ...key, publicKeyPem: 'MIIB' }))],
  ])('%s', async (_name, change) =>
    expect(keySetSchema.safeParse({ keys: change((await firstSet).keys) }).success).toBe(false),
  );

  test('with a key that does not sign RS256', async () => {
    const { keys } = await firstSet;
    const { publicKey: publicKeyPem, privateKey: privateKeyPem } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    expect(() => signingKeysInMemory({ keys: keys.map((key) => ({ ...key, publicKeyPem, privateKeyPem })) })).toThrow(
      RangeError,
    );
  });
});
