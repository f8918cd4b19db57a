/** How webheads ask a keysigner over HTTP, and what they are told when it is gone, slow, or of another mind. */

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { createKeysignerClient, KeysignerUnavailable } from '../../app/keysigner/client.ts';
import { signingKeysInMemory } from '../../app/keysigner/signing-keys.ts';
import { createHttpServer, listeningPort } from '../../app/platform/http-server.ts';
import { createServiceCaller } from '../../app/platform/service-call/caller.ts';
import { keysignerServer, limitOf, REQUEST, SECRET } from '../support/keysigner.ts';
import { RFC_KEY, RFC_KEY_SET } from '../support/rfc7515-key.ts';
import { SILENT } from '../support/store-fixture.ts';

const keys = signingKeysInMemory(RFC_KEY_SET);
const PUBLISHED = [{ kid: 'rfc7515-a2', n: RFC_KEY.n, e: 'AQAB' }];
const clock = { now: 0 };
const closing: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  clock.now = 1_000_000;
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function listen(app: FastifyInstance, port = 0): Promise<number> {
  closing.push(() => app.close());
  await app.listen({ host: '127.0.0.1', port });
  return listeningPort(app);
}

function clientOf(port: number) {
  const lines: string[] = [];
  const log = Object.assign(Object.create(SILENT), { warn: (_line: object, text: string) => void lines.push(text) });
  const url = `http://127.0.0.1:${port}`;
  const caller = createServiceCaller({
    url,
    secrets: { current: SECRET },
    connectionsMax: 2,
    callsMax: 10,
    timeoutMs: 400,
  });
  closing.push(() => caller.close());
  return { client: createKeysignerClient({ caller, now: () => clock.now, log }), lines };
}

/** A keysigner on a port of its own, under the URL that its callers use. */
async function startKeysigner(changes: Parameters<typeof keysignerServer>[1] = {}) {
  const port = await freePort();
  await listen(keysignerServer(keys, { url: `http://127.0.0.1:${port}`, now: Date.now, ...changes }), port);
  return port;
}

async function freePort(): Promise<number> {
  const app = createHttpServer({ bodyBytesMax: 1, drainMs: 0 });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const port = listeningPort(app);
  await app.close();
  return port;
}

/** Answers `/v1/keys` as it is told to, and counts how often it is asked. */
async function startStandIn() {
  const standIn = { asked: 0, statusCode: 200, body: { keys: PUBLISHED } as object };
  const app = createHttpServer({ bodyBytesMax: 1000, drainMs: 0 });
  app.get('/v1/keys', async (_request, reply) => {
    standIn.asked += 1;
    return reply.code(standIn.statusCode).send(standIn.body);
  });
  return { standIn, ...clientOf(await listen(app)) };
}

const REQUESTED = { ...REQUEST, publicKey: { algorithm: 'RS', n: '1234567890', e: '65537' } } as const;

describe('a certificate', () => {
  test('is signed', async () => {
    const { client } = clientOf(await startKeysigner());
    expect(await client.signCertificate(REQUESTED)).toEqual({
      outcome: 'signed',
      cert: expect.stringMatching(/^eyJ[\w.-]+$/),
    });
  });

  test('of an account that has had too many is refused with the seconds to wait', async () => {
    const { client } = clientOf(await startKeysigner({ perUid: limitOf(1) }));
    await client.signCertificate(REQUESTED);
    expect(await client.signCertificate(REQUESTED)).toEqual({ outcome: 'too-many-requests', retryAfterSeconds: 60 });
  });

  test('for longer than the keysigner signs is an outcome, not a keysigner that is gone', async () => {
    const { client } = clientOf(await startKeysigner({ durationMsMax: 1000 }));
    expect(await client.signCertificate(REQUESTED)).toEqual({ outcome: 'duration-too-long' });
  });

  test('is unavailable, at once, when the keysigner is busy, is gone, or does not know us', async () => {
    const busy = clientOf(await startKeysigner({ signaturesMax: 0 }));
    const gone = clientOf(await freePort());
    const stranger = clientOf(await startKeysigner({ webheadSecrets: { current: { ...SECRET, id: 'other' } } }));
    for (const { client } of [busy, gone, stranger])
      await expect(client.signCertificate(REQUESTED)).rejects.toThrow(KeysignerUnavailable);
  });

  test('is unavailable when the keysigner takes longer than its time', async () => {
    const never = { ...keys, sign: () => new Promise<string>(() => undefined) };
    const port = await freePort();
    const app = keysignerServer(never, { url: `http://127.0.0.1:${port}`, now: Date.now });
    await app.listen({ host: '127.0.0.1', port });
    closing.push(async () => {
      app.server.closeAllConnections();
      await app.close();
    });
    const askedAt = Date.now();
    await expect(clientOf(port).client.signCertificate(REQUESTED)).rejects.toThrow(KeysignerUnavailable);
    expect(Date.now() - askedAt).toBeLessThan(2000);
  });
});

describe('the published keys', () => {
  test('are those of the keysigner', async () =>
    expect(await clientOf(await startKeysigner()).client.publishedKeys()).toEqual(PUBLISHED));

  test('are asked for once by many, and again after ten seconds', async () => {
    const { client, standIn } = await startStandIn();
    await Promise.all(Array.from({ length: 5 }, () => client.publishedKeys()));
    clock.now += 9_999;
    await client.publishedKeys();
    expect(standIn.asked).toBe(1);
    clock.now += 1;
    await client.publishedKeys();
    expect(standIn.asked).toBe(2);
  });

  test('are remembered for a day when the keysigner is gone, on the record, and asked for every two seconds', async () => {
    const { client, standIn, lines } = await startStandIn();
    await client.publishedKeys();
    standIn.statusCode = 503;
    clock.now += 86_400_000;
    expect(await client.publishedKeys()).toEqual(PUBLISHED);
    expect(lines).toEqual(['the keysigner is gone: publishing the keys it told last']);
    await client.publishedKeys();
    expect([standIn.asked, lines.length]).toEqual([2, 1]);
    clock.now += 2000;
    await expect(client.publishedKeys()).rejects.toThrow(KeysignerUnavailable);
    standIn.statusCode = 200;
    expect(await client.publishedKeys()).toEqual(PUBLISHED);
  });

  test('are unavailable when they were never told, and when what is told makes no sense', async () => {
    await expect(clientOf(await freePort()).client.publishedKeys()).rejects.toThrow(KeysignerUnavailable);
    const { client, standIn } = await startStandIn();
    for (const body of [{ keys: [] }, { keys: [{ kid: 'k' }] }, {}]) {
      standIn.body = body;
      await expect(client.publishedKeys()).rejects.toThrow('the keysigner told no keys');
    }
  });

  test('are asked for now when it is asked whether the keysigner answers', async () => {
    const { client, standIn } = await startStandIn();
    await client.publishedKeys();
    await client.ping();
    expect(standIn.asked).toBe(2);
    standIn.statusCode = 503;
    await expect(client.ping()).rejects.toThrow(KeysignerUnavailable);
  });
});
