/** The key in KMS, through AWS's own client. Takes some seconds: a KMS that is gone is waited for. */

import { verify } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SigningUnavailable } from '../../app/keysigner/signing-keys.ts';
import { openKmsSigningKeys } from '../../app/keysigner/signing-keys-kms.ts';
import { askKeysigner, keysignerServer, REQUEST } from '../support/keysigner.ts';
import { type LocalKms, startLocalKms } from '../support/kms.ts';
import { SILENT } from '../support/store-fixture.ts';

let kms: LocalKms;
const closing: (() => void)[] = [];
beforeEach(async () => {
  kms = await startLocalKms();
  closing.push(kms.close);
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_KMS: kms.url,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
});
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function openKeys(...keyIds: [string, ...string[]]) {
  const keys = await openKmsSigningKeys({ region: 'us-east-1', keyIds, log: SILENT });
  closing.push(keys.close);
  return keys;
}

/** Waits until KMS has told the keys. */
async function learnt(keys: Awaited<ReturnType<typeof openKeys>>) {
  const endsAt = Date.now() + 10_000;
  for (;;) {
    try {
      return keys.published();
    } catch (error) {
      if (Date.now() > endsAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

const isSignedBy = (publicKeyPem: string, cert: string) => {
  const [header, payload, signature = ''] = cert.split('.');
  return verify('sha256', Buffer.from(`${header}.${payload}`), publicKeyPem, Buffer.from(signature, 'base64url'));
};

test('a certificate is signed in KMS, under an id that is the hash of the key', async () => {
  const { publicKeyPem } = kms.putKey('alias/idp');
  const keys = await openKeys('alias/idp');
  const [{ kid, n, e }] = await learnt(keys);
  expect([kid, n, e]).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/), expect.stringMatching(/^[\w-]{342}$/), 'AQAB']);
  const { cert } = (await askKeysigner(keysignerServer(keys), REQUEST)).body;
  expect(JSON.parse(Buffer.from(cert.split('.')[0], 'base64url').toString())).toEqual({ alg: 'RS256', kid });
  expect(isSignedBy(publicKeyPem, cert)).toBe(true);
});

test('further keys are published beside the one that signs', async () => {
  kms.putKey('alias/idp');
  kms.putKey('alias/next');
  const keys = await openKeys('alias/next', 'alias/idp');
  const published = await learnt(keys);
  expect(published).toHaveLength(2);
  expect(published[0].kid).toBe(keys.kid());
  expect((await learnt(await openKeys('alias/next')))[0].kid).toBe(keys.kid());
});

test('an alias that is given to another key changes nothing until the next start: what is published is what signs', async () => {
  const { publicKeyPem } = kms.putKey('alias/idp');
  const keys = await openKeys('alias/idp');
  await learnt(keys);
  kms.putKey('alias/idp');
  const { cert } = (await askKeysigner(keysignerServer(keys), REQUEST)).body;
  expect(isSignedBy(publicKeyPem, cert)).toBe(true);
});

test('without KMS a keysigner starts, answers 503 with when to come again, and signs as soon as KMS is there', async () => {
  kms.gone = true;
  kms.putKey('alias/idp');
  const keys = await openKeys('alias/idp');
  const app = keysignerServer(keys);
  expect(await askKeysigner(app, REQUEST)).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
  expect(await askKeysigner(app, '', { method: 'GET', url: '/v1/keys' })).toMatchObject({ status: 503 });
  expect((await app.inject('/__heartbeat__')).statusCode).toBe(503);
  expect((await app.inject('/__lbheartbeat__')).statusCode).toBe(200);
  kms.gone = false;
  await learnt(keys);
  expect((await askKeysigner(app, REQUEST)).status).toBe(200);
  kms.gone = true;
  expect((await askKeysigner(app, REQUEST)).status).toBe(503);
});

test('a key that KMS does not have, and a KMS that does not answer, are waited for and no failure', async () => {
  const keys = await openKeys('alias/unknown');
  expect(() => keys.published()).toThrow(SigningUnavailable);
  kms.putKey('alias/idp');
  const others = await openKeys('alias/idp');
  await learnt(others);
  kms.silent = true;
  const askedAt = Date.now();
  expect((await askKeysigner(keysignerServer(others), REQUEST)).status).toBe(503);
  expect(Date.now() - askedAt).toBeLessThan(3000);
});
