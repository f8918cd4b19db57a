/** What a keysigner signs, what it refuses, and what it writes down. */

import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type SigningKeys, signingKeysInMemory } from '../../app/keysigner/signing-keys.ts';
import { askKeysigner, keysignerServer, limitOf, NOW, PREVIOUS_SECRET, REQUEST, SECRET } from '../support/keysigner.ts';
import { RFC_KEY, RFC_KEY_SET } from '../support/rfc7515-key.ts';

/** Made by OpenSSL with the same key, of the claims of the request, at the same time. */
const CERTIFICATE = [
  'eyJhbGciOiJSUzI1NiIsImtpZCI6InJmYzc1MTUtYTIifQ',
  'eyJpc3MiOiJhY2NvdW50cy5leGFtcGxlOjkwMDAiLCJpYXQiOjE2OTk5OTk5OTAwMDAsImV4cCI6MTcwMDAyMTYwMDAwMCwicHVibGljLWtleSI6eyJhbGdvcml0aG0iOiJSUyIsIm4iOiIxMjM0NTY3ODkwIiwiZSI6IjY1NTM3In0sInByaW5jaXBhbCI6eyJlbWFpbCI6ImEwYTFhMmEzYTRhNWE2YTdhOGE5YWFhYmFjYWRhZWFmQGFjY291bnRzLmV4YW1wbGU6OTAwMCJ9LCJmeGEtZ2VuZXJhdGlvbiI6MTYwMDAwMDAwMDAwMSwiZnhhLWxhc3RBdXRoQXQiOjE2NTAwMDAwMDAsImZ4YS12ZXJpZmllZEVtYWlsIjoiYW5kcsOpQGV4YW1wbGUub3JnIiwiZnhhLWRldmljZUlkIjoiYjBiMWIyYjNiNGI1YjZiN2I4YjliYWJiYmNiZGJlYmYiLCJmeGEtdG9rZW5WZXJpZmllZCI6dHJ1ZSwiZnhhLWtleXNDaGFuZ2VkQXQiOjE2MDAwMDAwMDAwMDB9',
  'l4vazWhW6DT00y-Oe_opAyyeoxiiEfSKAxv8zL-6gdwr7s-jNArWyyDNwWeLgHZDRXkRUNtE48XIYTUJskqpqBAxgPamoyGdiMtgnu9lDGGvJ38G_LtB7wd_yij61bYS99mUR1E-qM_5vF9bNWLvf_OXkR-wXp6lmf6eSbFetw6_AoGWh5GthN6CcP1rVCj0tis_GcktGHJ7fCPCnN-m1VLompsMenYvryusZoCI3-FnusuCKCXgWPNxKHzIbBqO6VNjB7TvDNHsbjZdn_CyuppMVNkGzcbaaBvgPNt5LkVTUGh4RP8ifQTODqOYP6r0L-D1j5-RC414KjbKZunFMA',
].join('.');

const keys = signingKeysInMemory(RFC_KEY_SET);
const CERTIFICATES = '/v1/certificates';

describe('a certificate', () => {
  test('is, byte for byte, what OpenSSL makes of the same claims', async () =>
    expect(await askKeysigner(keysignerServer(keys), REQUEST)).toMatchObject({
      status: 200,
      body: { cert: CERTIFICATE },
    }));

  test('is signed for a caller who has the secret before', async () =>
    expect((await askKeysigner(keysignerServer(keys), REQUEST, { secret: PREVIOUS_SECRET })).status).toBe(200));

  test('is on the record with whom it is for and which key it names, and without the e-mail', async () => {
    const lines: string[] = [];
    await askKeysigner(keysignerServer(keys, { lines }), REQUEST);
    const fingerprint = createHash('sha256').update('{"algorithm":"RS","n":"1234567890","e":"65537"}').digest('hex');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        audit: 'certificate-signed',
        caller: 'webhead',
        uid: 'a0a1a2a3a4a5a6a7a8a9aaabacadaeaf',
        kid: 'rfc7515-a2',
        durationMs: 21_600_000,
        generation: 1_600_000_000_001,
        publicKey: fingerprint.slice(0, 16),
      },
    ]);
  });

  test('names the same key on the record, in whatever order its members came', async () => {
    const lines: string[] = [];
    const app = keysignerServer(keys, { lines });
    await askKeysigner(app, REQUEST);
    await askKeysigner(app, { ...REQUEST, publicKey: { e: '65537', n: '1234567890', algorithm: 'RS' } });
    const [first, second] = lines.map((line) => JSON.parse(line).publicKey);
    expect(second).toBe(first);
  });
});

describe('a request is refused, by the member at fault and not by its value,', () => {
  test.each([
    ['for longer than this keysigner signs', { durationMs: 21_600_001 }, 'durationMs'],
    ['for less than no time', { durationMs: -1 }, 'durationMs'],
    ['for a part of a ms', { durationMs: 0.5 }, 'durationMs'],
    ['for an account that is no id', { uid: 'zz' }, 'uid'],
    ['for a domain of its own choice', { domain: 'evil.example' }, 'body'],
    ['for claims of its own choice', { 'fxa-tokenVerified': false }, 'body'],
    ['for a key that lacks a number', { publicKey: { algorithm: 'RS', n: '1' } }, 'publicKey.e'],
    [
      'for a key with a member that no key has',
      { publicKey: { algorithm: 'RS', n: '1', e: '3', x: '1' } },
      'publicKey',
    ],
    ['without an e-mail', { email: undefined }, 'email'],
    ['with a time in text', { lastAuthAt: '6' }, 'lastAuthAt'],
    ['with a device that is no id', { deviceId: '' }, 'deviceId'],
  ])('%s', async (_name, changes, member) => {
    const lines: string[] = [];
    const { status, body } = await askKeysigner(keysignerServer(keys, { lines }), { ...REQUEST, ...changes });
    expect(status).toBe(400);
    expect(body.faults).toEqual([expect.stringContaining(`${member}: `)]);
    expect(lines.join()).not.toContain('certificate-signed');
  });

  test('that is any JSON at all, and never with a 500', async () => {
    const app = keysignerServer(keys);
    const member = fc.constantFrom(...Object.keys(REQUEST), '__proto__', 'constructor');
    const mutated = fc
      .tuple(member, fc.jsonValue())
      .map(
        ([name, value]) => `${JSON.stringify(REQUEST).slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(value)}}`,
      );
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), mutated), async (text) => {
        const { status, body } = await askKeysigner(app, text);
        expect([200, 400]).toContain(status);
        if (status === 200)
          expect(JSON.parse(Buffer.from(body.cert.split('.')[1], 'base64url').toString()).iss).toBe(
            'accounts.example:9000',
          );
      }),
      { numRuns: 500 },
    );
  });

  test('that is no JSON, or too long', async () => {
    const app = keysignerServer(keys);
    expect((await askKeysigner(app, '{"uid":')).status).toBe(400);
    expect((await askKeysigner(app, JSON.stringify({ ...REQUEST, email: 'x'.repeat(16_384) }))).status).toBe(413);
  });
});

describe('a caller is refused', () => {
  test('who has no secret, another one, or another id', async () => {
    const app = keysignerServer(keys);
    const unsigned = await app.inject({ method: 'POST', url: CERTIFICATES, payload: REQUEST });
    expect(unsigned.statusCode).toBe(401);
    expect((await app.inject({ method: 'GET', url: '/v1/keys' })).statusCode).toBe(401);
    for (const secret of [
      { ...SECRET, key: '00'.repeat(32) },
      { ...SECRET, id: 'dbwriter-1' },
    ])
      expect((await askKeysigner(app, REQUEST, { secret })).status).toBe(401);
  });

  test('whose body was changed on the way', async () => {
    const sent = JSON.stringify({ ...REQUEST, uid: 'ff'.repeat(16) });
    expect((await askKeysigner(keysignerServer(keys), REQUEST, { sent })).status).toBe(401);
  });

  test('whose call is more than a minute old, or ahead', async () => {
    const app = keysignerServer(keys);
    for (const at of [NOW - 61_000, NOW + 61_000]) expect((await askKeysigner(app, REQUEST, { at })).status).toBe(401);
    for (const at of [NOW - 60_000, NOW + 60_000]) expect((await askKeysigner(app, REQUEST, { at })).status).toBe(200);
  });

  test('whose call was signed for another route', async () =>
    expect((await askKeysigner(keysignerServer(keys), REQUEST, { url: '/v1/keys', sentTo: CERTIFICATES })).status).toBe(
      401,
    ));
});

describe('too many', () => {
  test('for one account are refused with when to come again, on the record, and leave what others may have', async () => {
    const lines: string[] = [];
    const app = keysignerServer(keys, { lines, perUid: limitOf(2), perCaller: limitOf(4) });
    const answers = [];
    for (let count = 0; count < 10; count += 1) answers.push(await askKeysigner(app, REQUEST));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, ...Array.from({ length: 8 }, () => 429)]);
    expect(answers[9]).toMatchObject({ body: { retryAfter: 30 }, headers: { 'retry-after': '30' } });
    expect(lines[2]).toContain('"audit":"certificate-refused"');
    const other = { ...REQUEST, uid: 'cd'.repeat(16) };
    expect((await askKeysigner(app, other)).status).toBe(200);
    expect((await askKeysigner(app, other)).status).toBe(200);
    expect((await askKeysigner(app, { ...REQUEST, uid: 'ee'.repeat(16) })).status).toBe(429);
  });

  test('at once are answered that it is busy, and the place of one that is done is free again', async () => {
    const waiting: (() => void)[] = [];
    const slow: SigningKeys = { ...keys, sign: () => new Promise((resolve) => waiting.push(() => resolve('c2ln'))) };
    const app = keysignerServer(slow, { signaturesMax: 2 });
    const first = askKeysigner(app, REQUEST);
    const second = askKeysigner(app, REQUEST);
    while (waiting.length < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(await askKeysigner(app, REQUEST)).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    for (const finish of waiting.splice(0)) finish();
    expect((await Promise.all([first, second])).map(({ status }) => status)).toEqual([200, 200]);
    const third = askKeysigner(app, REQUEST);
    while (waiting.length < 1) await new Promise((resolve) => setImmediate(resolve));
    waiting[0]?.();
    expect((await third).status).toBe(200);
  });
});

test('a failure that nobody foresaw is a 500 without its reason, and frees its place', async () => {
  const lines: string[] = [];
  const broken: SigningKeys = { ...keys, sign: () => Promise.reject(new TypeError('inner workings')) };
  const app = keysignerServer(broken, { lines, signaturesMax: 1 });
  for (const _ of [1, 2])
    expect(await askKeysigner(app, REQUEST)).toMatchObject({ status: 500, body: { error: 'internal error' } });
  expect(lines).toHaveLength(2);
});

test('the keys are told to callers, and whether it serves to everybody', async () => {
  const app = keysignerServer(keys);
  const { body } = await askKeysigner(app, '', { method: 'GET', url: '/v1/keys' });
  expect(body).toEqual({ keys: [{ kid: 'rfc7515-a2', n: RFC_KEY.n, e: 'AQAB' }] });
  for (const url of ['/__lbheartbeat__', '/__heartbeat__']) {
    const answer = await app.inject({ method: 'GET', url });
    expect([answer.statusCode, answer.json()]).toEqual([200, {}]);
  }
});
