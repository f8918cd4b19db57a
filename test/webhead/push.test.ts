/** Messages to devices: what a push service gets, what only the device can read, and what is never told. */

import { createECDH, randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Agent } from 'undici';
import type { DeviceRecord } from '../../app/storage/records.ts';
import { createPush } from '../../app/webhead/push.ts';
import { SILENT } from '../support/store-fixture.ts';

/** What devices decrypt with. */
const ece = createRequire(join(process.cwd(), 'package.json'))('http_ece') as {
  decrypt(body: Buffer, parameters: object): Buffer;
};

interface Pushed {
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

let pushService: Server;
let url = '';
let pushed: Pushed[] = [];
let answerStatus = 201;
let arrived = Promise.withResolvers<void>();
beforeEach(async () => {
  pushed = [];
  answerStatus = 201;
  arrived = Promise.withResolvers<void>();
  pushService = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      pushed.push({ url: request.url, headers: request.headers, body: Buffer.concat(chunks) });
      response.writeHead(answerStatus).end();
      arrived.resolve();
    });
  });
  await new Promise<void>((resolve) => pushService.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(pushService.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await new Promise((resolve) => pushService.close(resolve));
});

function makePush() {
  const lines: { line: object; text: string }[] = [];
  const logged = Promise.withResolvers<void>();
  const record = (line: object, text: string) => {
    lines.push({ line, text });
    logged.resolve();
  };
  const agent = new Agent({ keepAliveTimeout: 1 });
  const log = Object.assign(Object.create(SILENT), { info: record, warn: record });
  return { push: createPush({ agent, log }), lines, logged: logged.promise };
}

const device = (changes: Partial<DeviceRecord> = {}): DeviceRecord => ({
  uid: 'ab'.repeat(16),
  id: 'cd'.repeat(16),
  sessionStoredId: 'ef'.repeat(32),
  name: 'Laptop',
  type: 'desktop',
  createdAt: 1,
  pushCallback: `${url}/wake/secret-of-a-browser`,
  pushPublicKey: null,
  pushAuthKey: null,
  availableCommands: null,
  ...changes,
});

test('a ping is an empty request that nobody keeps for later', async () => {
  const { push } = makePush();
  push.ping([device({ pushCallback: null }), device()]);
  await arrived.promise;
  expect(pushed).toMatchObject([{ url: '/wake/secret-of-a-browser', headers: { ttl: '0' }, body: Buffer.alloc(0) }]);
});

test('a message can be read by the device alone', async () => {
  const { push } = makePush();
  const keys = createECDH('prime256v1');
  const pushPublicKey = keys.generateKeys('base64url');
  const authSecret = randomBytes(16);
  const payload = '{"version":1,"command":"fxaccounts:device_connected","data":{"deviceName":"Phone"}}';
  // One without keys cannot be sent anything that only it can read, so nothing is sent to it.
  push.send([device(), device({ pushPublicKey, pushAuthKey: authSecret.toString('base64url') })], {
    payload,
    ttlSeconds: 60,
  });
  await arrived.promise;
  const [message] = pushed;
  expect(pushed).toHaveLength(1);
  expect(message?.headers).toMatchObject({ ttl: '60', 'content-encoding': 'aes128gcm' });
  expect(message?.body.toString('latin1')).not.toContain('Phone');
  const parameters = { version: 'aes128gcm', privateKey: keys, authSecret };
  expect(ece.decrypt(message?.body ?? Buffer.alloc(0), parameters).toString()).toBe(payload);
});

test.each([
  ['a refusal', () => device()],
  ['a push service that is gone', () => device({ pushCallback: 'http://127.0.0.1:1/wake/secret-of-a-browser' })],
  ['keys that are none', () => device({ pushPublicKey: 'ab'.repeat(32), pushAuthKey: 'abc' })],
])('%s is logged without the address', async (_what, makeDevice) => {
  answerStatus = 410;
  const { push, lines, logged } = makePush();
  const refused = makeDevice();
  if (refused.pushPublicKey === null) push.ping([refused]);
  else push.send([refused], { payload: '{}', ttlSeconds: 0 });
  await logged;
  expect(lines).toMatchObject([{ line: { uid: refused.uid, deviceId: refused.id } }]);
  expect(JSON.stringify(lines)).not.toContain('secret-of-a-browser');
});

test('more than are allowed in flight are dropped, on the record', async () => {
  const { push, lines } = makePush();
  push.ping(Array.from({ length: 66 }, () => device()));
  expect(lines.map(({ text }) => text)).toEqual(['a push was dropped', 'a push was dropped']);
  while (pushed.length < 64) await new Promise((resolve) => setImmediate(resolve));
});
