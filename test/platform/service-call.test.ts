/** Calls between services: who may call, what is refused, and what a caller is told of a neighbour that is gone, slow or busy. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createHttpServer, listeningPort } from '../../app/platform/http-server.ts';
import { readPairSecrets, readSecret, SecretUnavailable } from '../../app/platform/secrets.ts';
import {
  createServiceCaller,
  NeighbourUnavailable,
  type ServiceCaller,
} from '../../app/platform/service-call/caller.ts';
import { CallRefused, createServiceCallVerifier } from '../../app/platform/service-call/verifier.ts';

const OLD = { id: 'webhead-1', key: 'aa'.repeat(32) };
const NEW = { id: 'webhead-2', key: 'bb'.repeat(32) };

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A service that answers who called it, for callers that know either secret. */
async function startService({ clockOffsetMs = 0 } = {}) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const app = createHttpServer({ bodyBytesMax: 1000, drainMs: 0 });
  const { verify } = createServiceCallVerifier(app, {
    url,
    callers: { webhead: { current: NEW, previous: OLD } },
    now: () => Date.now() + clockOffsetMs,
  });
  app.post('/echo', async (request) => ({ caller: verify(request), body: request.body }));
  app.post('/busy', async (_request, reply) => reply.code(503).header('retry-after', 7).send({}));
  await app.listen({ host: '127.0.0.1', port });
  closing.push(() => app.close());
  return url;
}

async function freePort(): Promise<number> {
  const app = createHttpServer({ bodyBytesMax: 1, drainMs: 0 });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const port = listeningPort(app);
  await app.close();
  return port;
}

function callerOf(url: string, current = NEW, callsMax = 10): ServiceCaller {
  const caller = createServiceCaller({ url, secrets: { current }, connectionsMax: 2, callsMax, timeoutMs: 300 });
  closing.push(() => caller.close());
  return caller;
}

describe('a call', () => {
  test('is known by the new secret and by the one before', async () => {
    const url = await startService();
    for (const secret of [NEW, OLD]) {
      expect(await callerOf(url, secret).call('/echo', { a: 'é' })).toEqual({
        statusCode: 200,
        body: { caller: 'webhead', body: { a: 'é' } },
      });
    }
  });

  test('by a wrong secret or an unknown caller is refused', async () => {
    const url = await startService();
    for (const secret of [
      { ...NEW, key: 'cc'.repeat(32) },
      { ...NEW, id: 'stranger' },
    ]) {
      expect((await callerOf(url, secret).call('/echo', {})).statusCode).toBe(401);
    }
    expect((await fetch(`${url}/echo`, { method: 'POST' })).status).toBe(new CallRefused('').statusCode);
  });

  test('whose body was changed on the way is refused', async () => {
    const url = await startService();
    let authorization = '';
    const spy = createHttpServer({ bodyBytesMax: 1000, drainMs: 0 });
    spy.post('/echo', async (request) => {
      authorization = request.headers.authorization ?? '';
      return {};
    });
    await spy.listen({ host: '127.0.0.1', port: 0 });
    closing.push(() => spy.close());
    // Signed for the service, sent to the spy: the signature covers the host and port that were configured.
    const signed = createServiceCaller({
      url: `http://127.0.0.1:${listeningPort(spy)}`,
      secrets: { current: NEW },
      connectionsMax: 1,
      callsMax: 1,
      timeoutMs: 300,
    });
    closing.push(() => signed.close());
    await signed.call('/echo', { amount: 1 });
    const replay = await fetch(`${url}/echo`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: '{"amount":2}',
    });
    expect(replay.status).toBe(401);
  });

  test('from a clock that differs by more than a minute is refused', async () => {
    const url = await startService({ clockOffsetMs: 61_000 });
    expect((await callerOf(url).call('/echo', {})).statusCode).toBe(401);
  });
});

describe('a neighbour', () => {
  test('that is gone is told at once', async () => {
    const startedAt = Date.now();
    await expect(callerOf(`http://127.0.0.1:${await freePort()}`).call('/echo', {})).rejects.toThrow(
      NeighbourUnavailable,
    );
    expect(Date.now() - startedAt).toBeLessThan(1000);
  });

  test('that takes the call and never answers is told when the time is over', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    closing.push(async () => silent.close());
    const { port } = silent.address() as { port: number };
    const startedAt = Date.now();
    await expect(callerOf(`http://127.0.0.1:${port}`).call('/echo', {})).rejects.toThrow(NeighbourUnavailable);
    expect(Date.now() - startedAt).toBeLessThan(1500);
  });

  test('that is busy passes on when to come again', async () => {
    const url = await startService();
    await expect(callerOf(url).call('/busy', {})).rejects.toMatchObject({
      name: 'NeighbourUnavailable',
      retryAfterSeconds: 7,
    });
  });

  test('is not asked by more than it may be', async () => {
    const url = await startService();
    const caller = callerOf(url, NEW, 2);
    const all = await Promise.allSettled(Array.from({ length: 5 }, () => caller.call('/echo', {})));
    expect(all.filter(({ status }) => status === 'rejected')).toHaveLength(3);
  });
});

describe('a secret', () => {
  const inFile = async (text: string, mode: number) => {
    const folder = await mkdtemp(join(tmpdir(), 'picl-idp-secret-'));
    closing.push(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'secret'), text, { mode });
    return `file:${join(folder, 'secret')}`;
  };

  test('is read from a file that only its owner can read', async () => {
    expect(await readSecret(await inFile('hush', 0o600))).toBe('hush');
    await expect(readSecret(await inFile('hush', 0o644))).rejects.toThrow(/has mode 644, allowed: 600 or 400/);
    await expect(readSecret('file:/nowhere')).rejects.toThrow(SecretUnavailable);
  });

  test('of another shape is told by its members, never by its value', async () => {
    const reference = await inFile(JSON.stringify({ current: { id: 'a', key: 'hunter2' } }), 0o600);
    const error = await readPairSecrets(reference).catch((thrown: Error) => thrown);
    expect(String(error)).toContain('current.key');
    expect(String(error)).not.toContain('hunter2');
    await expect(readPairSecrets(await inFile('hunter2', 0o600))).rejects.toThrow(/is not JSON/);
  });
});
