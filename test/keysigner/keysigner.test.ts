/** The keysigner: what it signs, what it refuses, its key over time, and the key in KMS through AWS's own client. */

import { createPublicKey, createSign, generateKeyPairSync, verify as verifySignature } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, test } from '@jest/globals';
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
import { createRateLimit } from '../../app/keysigner/rate-limit.ts';
import { certificateRequest, createKeysignerServer } from '../../app/keysigner/server.ts';
import { type SigningKeys, signingKeysInMemory } from '../../app/keysigner/signing-keys.ts';
import { openKmsSigningKeys } from '../../app/keysigner/signing-keys-kms.ts';
import { writeHawkHeader } from '../../app/platform/hawk/header.ts';
import { hawkMac, hawkPayloadHash } from '../../app/platform/hawk/mac.ts';
import { SILENT } from '../support/store-fixture.ts';

const URL_OF_IT = 'http://keysigner.internal:8080';
const SECRET = { id: 'webhead-1', key: 'cd'.repeat(32) };
const NOW = 1_700_000_000_000;
const REQUEST = {
  uid: 'ab'.repeat(16),
  email: 'somebody@example.org',
  generation: 5,
  lastAuthAt: 6,
  keysChangedAt: 7,
  deviceId: null,
  publicKey: { algorithm: 'RS', n: '123', e: '65537' },
  durationMs: 1000,
};

const firstKeySet = createKeySet(NOW);

async function serverOf(keys: SigningKeys, { perUid = 1000, lines = [] as string[] } = {}) {
  const log = Object.assign(Object.create(SILENT), { info: (line: object) => void lines.push(JSON.stringify(line)) });
  return createKeysignerServer({
    log,
    keys,
    domain: 'accounts.example',
    durationMsMax: 3_600_000,
    url: URL_OF_IT,
    webheadSecrets: { current: SECRET },
    perUid: createRateLimit({ burst: perUid, perMinute: perUid, keysMax: 10, now: () => NOW }),
    perCaller: createRateLimit({ burst: 1000, perMinute: 1000, keysMax: 10, now: () => NOW }),
    signaturesMax: 10,
    now: () => NOW,
    drainMs: 0,
  });
}

async function ask(
  app: Awaited<ReturnType<typeof serverOf>>,
  body: object,
  { method = 'POST', url = '/v1/certificates', secret = SECRET } = {},
) {
  const payload = JSON.stringify(body);
  const ts = NOW / 1000;
  const hash = hawkPayloadHash(method === 'GET' ? '' : 'application/json', method === 'GET' ? '' : payload);
  const mac = hawkMac(Buffer.from(secret.key, 'hex'), {
    ts,
    nonce: 'n',
    method,
    resource: url,
    host: 'keysigner.internal',
    port: 8080,
    hash,
  });
  const headers = {
    authorization: writeHawkHeader({ id: secret.id, ts, nonce: 'n', hash, mac }),
    'content-type': 'application/json',
  };
  const answer = await app.inject({ method: method as 'POST', url, headers, ...(method === 'GET' ? {} : { payload }) });
  return { status: answer.statusCode, body: answer.json(), headers: answer.headers };
}

describe('a signature', () => {
  test('is of the current key, verifies, and is on the record without the e-mail', async () => {
    const lines: string[] = [];
    const keySet = await firstKeySet;
    const app = await serverOf(signingKeysInMemory(keySet), { lines });
    const { cert } = (await ask(app, REQUEST)).body;
    const [header = '', payload = '', signature = ''] = cert.split('.');
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({ alg: 'RS256', kid: keySet.keys[0]?.kid });
    const signed = verifySignature(
      'sha256',
      Buffer.from(`${header}.${payload}`),
      keySet.keys[0]?.publicKeyPem ?? '',
      Buffer.from(signature, 'base64url'),
    );
    expect(signed).toBe(true);
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
      iss: 'accounts.example',
      exp: NOW + 1000,
    });
    const [line = ''] = lines;
    expect(JSON.parse(line)).toMatchObject({
      audit: 'certificate-signed',
      caller: 'webhead',
      uid: REQUEST.uid,
      durationMs: 1000,
    });
    expect(line).not.toContain('somebody');
  });

  test.each([
    [{ durationMs: 3_600_001 }, 'durationMs'],
    [{ durationMs: -1 }, 'durationMs'],
    [{ uid: 'zz' }, 'uid'],
    [{ publicKey: { algorithm: 'RS', n: '1' } }, 'publicKey.e'],
    [{ publicKey: { algorithm: 'RS', n: '1', e: '3', x: '1' } }, 'publicKey'],
    [{ domain: 'evil.example' }, 'body'],
  ])('is refused for %j, naming the member', async (changes, member) => {
    const { status, body } = await ask(await serverOf(signingKeysInMemory(await firstKeySet)), {
      ...REQUEST,
      ...changes,
    });
    expect(status).toBe(400);
    expect(body.faults.join()).toContain(member);
  });

  test('is refused to a caller without the secret', async () => {
    const app = await serverOf(signingKeysInMemory(await firstKeySet));
    expect((await ask(app, REQUEST, { secret: { ...SECRET, key: '00'.repeat(32) } })).status).toBe(401);
    expect((await app.inject({ method: 'POST', url: '/v1/certificates', payload: REQUEST })).statusCode).toBe(401);
    expect((await app.inject({ method: 'GET', url: '/v1/keys' })).statusCode).toBe(401);
  });

  test('is refused to an account that has had too many, and to nobody else', async () => {
    const app = await serverOf(signingKeysInMemory(await firstKeySet), { perUid: 2 });
    const statuses = [];
    for (let count = 0; count < 3; count += 1) statuses.push((await ask(app, REQUEST)).status);
    expect(statuses).toEqual([200, 200, 429]);
    expect((await ask(app, { ...REQUEST, uid: 'cd'.repeat(16) })).status).toBe(200);
    expect(certificateRequest.safeParse(REQUEST).success).toBe(true);
  });
});

describe('the key set', () => {
  const states = ({ keys }: KeySet) => keys.map(({ state }) => state);

  test('publishes the next key before it signs, and the one before after', async () => {
    const prepared = await prepareNextKey(await firstKeySet, NOW);
    expect(states(prepared)).toEqual(['current', 'next']);
    expect(
      signingKeysInMemory(prepared)
        .published()
        .map(({ kid }) => kid),
    ).toEqual(prepared.keys.map(({ kid }) => kid));
    expect(() => promoteNextKey(prepared, NOW + PUBLISHED_BEFORE_SIGNING_MS - 1)).toThrow(RotationRefused);
    const promoted = promoteNextKey(prepared, NOW + PUBLISHED_BEFORE_SIGNING_MS);
    expect(states(promoted)).toEqual(['previous', 'current']);
    expect(promoted.keys[0]).not.toHaveProperty('privateKeyPem');
    expect(keySetSchema.safeParse(promoted).success).toBe(true);
    const [first] = signingKeysInMemory(promoted).published();
    expect(first.kid).toBe(prepared.keys[1]?.kid);
    const since = NOW + PUBLISHED_BEFORE_SIGNING_MS;
    expect(() => retirePreviousKeys(promoted, since + PUBLISHED_AFTER_SIGNING_MS - 1)).toThrow(RotationRefused);
    expect(states(retirePreviousKeys(promoted, since + PUBLISHED_AFTER_SIGNING_MS))).toEqual(['current']);
  });

  test('takes one step at a time', async () => {
    const prepared = await prepareNextKey(await firstKeySet, NOW);
    await expect(prepareNextKey(prepared, NOW)).rejects.toThrow(RotationRefused);
    const first = await firstKeySet;
    expect(() => promoteNextKey(first, NOW)).toThrow('no key is prepared');
  });

  test.each([
    ['no current key', (keys: KeySet['keys']) => keys.map((key) => ({ ...key, state: 'previous' }))],
    ['two keys of one id', (keys: KeySet['keys']) => [...keys, ...keys.map((key) => ({ ...key, state: 'previous' }))]],
    [
      'a current key without its private part',
      (keys: KeySet['keys']) => keys.map(({ privateKeyPem: _gone, ...key }) => key),
    ],
  ])('with %s is refused', async (_name, change) =>
    expect(keySetSchema.safeParse({ keys: change((await firstKeySet).keys) }).success).toBe(false),
  );
});

describe('a key in KMS', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  /** What the alias stands for when the keysigner starts: what was published is what signs, wherever the alias goes. */
  const KEY_ARN = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const state = { gone: true };
  // KMS's JSON protocol, as far as the two calls go; it really signs.
  const kms = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      if (state.gone) {
        response.writeHead(500).end('{}');
        return;
      }
      const { Message, MessageType, KeyId } = JSON.parse(text);
      const target = String(request.headers['x-amz-target']);
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      if (target.endsWith('GetPublicKey')) {
        response.end(
          JSON.stringify({
            KeyId: KEY_ARN,
            PublicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
          }),
        );
      } else if (MessageType === 'DIGEST' && KeyId === KEY_ARN) {
        response.end(JSON.stringify({ Signature: signDigest(Buffer.from(Message, 'base64')).toString('base64') }));
      } else response.writeHead(400).end('{}');
    });
  });
  /** PKCS #1 v1.5 over a digest that is already there. */
  const signDigest = (digest: Buffer) => {
    const info = Buffer.concat([Buffer.from('3031300d060960864801650304020105000420', 'hex'), digest]);
    const { privateEncrypt, constants } = process.getBuiltinModule('node:crypto');
    return privateEncrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, info);
  };
  afterAll(() => void kms.close());

  test('is waited for at start, signs, and says when it cannot', async () => {
    await new Promise<void>((resolve) => kms.listen(0, '127.0.0.1', resolve));
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_KMS: `http://127.0.0.1:${(kms.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    });
    const keys = await openKmsSigningKeys({ region: 'us-east-1', keyIds: ['alias/idp'], log: SILENT });
    const app = await serverOf(keys);
    const refused = await ask(app, REQUEST);
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '5']);
    state.gone = false;
    let signed = await ask(app, REQUEST);
    for (let tries = 0; signed.status !== 200 && tries < 100; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      signed = await ask(app, REQUEST);
    }
    const [header = '', payload = '', signature = ''] = signed.body.cert.split('.');
    expect(
      verifySignature(
        'sha256',
        Buffer.from(`${header}.${payload}`),
        createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })),
        Buffer.from(signature, 'base64url'),
      ),
    ).toBe(true);
    expect(createSign('sha256').update(`${header}.${payload}`).sign(privateKey, 'base64url')).toBe(signature);
    const published = (await ask(app, {}, { method: 'GET', url: '/v1/keys' })).body.keys;
    expect(published).toEqual([
      { kid: expect.stringMatching(/^[0-9a-f]{16}$/), n: expect.stringMatching(/^[\w-]{300,}$/), e: 'AQAB' },
    ]);
    state.gone = true;
    expect((await ask(app, REQUEST)).status).toBe(503);
    keys.close();
  }, 30_000);
});
