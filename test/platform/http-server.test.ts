/** The HTTP server below every service: what it refuses before a route sees it, its probes, and its stop. Slow: it waits for limits. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import {
  createHttpServer,
  type HttpServerOptions,
  listeningPort,
  registerProbes,
} from '../../app/platform/http-server.ts';

const RELEASE = { version: '1.2.3', commit: 'c0ffee', source: 'picl-idp', release: 'abc' };

const opened: { app: FastifyInstance; sockets: Socket[] }[] = [];
afterEach(async () => {
  for (const { app, sockets } of opened.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await app.close();
  }
});

/** A server with one route that takes its time, and a way to speak to it in bytes. */
async function startServer(
  options: Partial<HttpServerOptions> = {},
  heartbeat: () => Promise<void> = async () => undefined,
) {
  const app = createHttpServer({ bodyBytesMax: 100, drainMs: 0, ...options });
  registerProbes(app, { version: RELEASE, heartbeat, pathPrefix: '/prefix' });
  const route = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  app.get('/slow', async () => {
    arrived.resolve();
    await route.promise;
    return { done: true };
  });
  app.post('/', async () => ({}));
  await app.listen({ host: '127.0.0.1', port: 0 });
  const server = { app, sockets: [] as Socket[] };
  opened.push(server);
  const speak = (bytes: string) => {
    const port = listeningPort(app);
    const socket =
      options.tls === undefined
        ? connect(port, '127.0.0.1', () => socket.write(bytes))
        : connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => socket.write(bytes));
    server.sockets.push(socket);
    let heard = '';
    socket.on('data', (text) => {
      heard += text;
    });
    const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(heard)));
    socket.on('error', () => undefined);
    return { closed, ready: new Promise((resolve) => socket.once(options.tls ? 'secureConnect' : 'connect', resolve)) };
  };
  return { app, speak, arrived: arrived.promise, answerSlow: route.resolve };
}

describe('what is no request', () => {
  test.each([
    ['is answered 400', 'HELO mail.example.org\r\n\r\n', 'HTTP/1.1 400 Bad Request'],
    [
      'with a header that is too large is answered 431',
      `GET / HTTP/1.1\r\nx: ${'x'.repeat(17_000)}\r\n\r\n`,
      'HTTP/1.1 431',
    ],
    [
      'with two lengths is answered 400',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
      'HTTP/1.1 400',
    ],
    [
      'with a length and chunks is answered 400',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      'HTTP/1.1 400',
    ],
  ])('%s, and its connection closed', async (_what, bytes, status) => {
    const { speak } = await startServer();
    const heard = await speak(bytes).closed;
    expect(heard).toContain(status);
    expect(heard).toContain('content-type: application/json');
    expect(heard).toMatch(/\r\n\r\n\{"error":"Bad Request"\}$/);
  });

  test("is answered with the service's own words, counted in bytes", async () => {
    const malformedAnswer = { headers: () => ({ timestamp: '1' }), body: '{"message":"é"}' };
    const { speak } = await startServer({ malformedAnswer });
    const heard = await speak('?\r\n\r\n').closed;
    expect(heard).toContain('timestamp: 1\r\ncontent-length: 16\r\n\r\n{"message":"é"}');
  });
});

test('a body over the limit is refused', async () => {
  const { app } = await startServer();
  const payload = { text: 'x'.repeat(100) };
  expect((await app.inject({ method: 'POST', url: '/', payload })).statusCode).toBe(413);
});

describe('the probes', () => {
  test('tell the release, and that the server is there, also below the path of the public URL', async () => {
    const { app } = await startServer();
    for (const prefix of ['', '/prefix']) {
      expect((await app.inject(`${prefix}/__lbheartbeat__`)).json()).toEqual({});
      expect((await app.inject(`${prefix}/__version__`)).body).toBe(
        '{\n  "version": "1.2.3",\n  "commit": "c0ffee",\n  "source": "picl-idp",\n  "release": "abc"\n}\n',
      );
    }
  });

  test('leave `/` to a service that has a page of its own there', async () => {
    const app = createHttpServer({ bodyBytesMax: 50, drainMs: 0 });
    registerProbes(app, { version: RELEASE, heartbeat: async () => undefined, hasRoot: true });
    app.get('/', async () => 'a page');
    expect((await app.inject('/')).body).toBe('a page');
    expect((await app.inject('/__version__')).json()).toEqual(RELEASE);
  });

  test('ask what the service needs once, however many want to know', async () => {
    let asked = 0;
    const { app } = await startServer({}, async () => {
      asked += 1;
    });
    const answers = await Promise.all(Array.from({ length: 10 }, () => app.inject('/__heartbeat__')));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(10).fill(200));
    expect(asked).toBe(1);
  });

  test('fail with what the service needs', async () => {
    const { app } = await startServer({}, async () => {
      throw new Error('no store');
    });
    expect((await app.inject('/__heartbeat__')).statusCode).toBe(500);
    expect((await app.inject('/__lbheartbeat__')).statusCode).toBe(200);
  });
});

describe('a server that is told to stop', () => {
  test('tells balancers, finishes what it began, and then closes the connection', async () => {
    const { app, speak, arrived, answerSlow } = await startServer({ drainMs: 5000 });
    const slow = speak('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n');
    await arrived;
    const stopped = app.drainAndClose();
    const probe = await speak('GET /__lbheartbeat__ HTTP/1.1\r\nhost: x\r\n\r\n').closed;
    expect(probe).toContain('HTTP/1.1 503');
    expect(probe).toContain('connection: close');
    answerSlow();
    expect(await slow.closed).toMatch(/HTTP\/1.1 200 OK[\s\S]*\{"done":true\}$/);
    await stopped;
  });

  test.each([
    ['that never brought a request', ''],
    ['with half a head', 'GET / HTTP/1.1\r\nhost: x\r\n'],
  ])('closes a connection %s after a second', async (_what, bytes) => {
    const { app, speak } = await startServer();
    const silent = speak(bytes);
    await silent.ready;
    await app.inject('/__lbheartbeat__');
    const startedAt = Date.now();
    await app.drainAndClose();
    expect(await silent.closed).toBe('');
    expect(Date.now() - startedAt).toBeLessThan(3000);
  });

  test('cuts after six seconds a client that holds back its body, and one whose answer does not come', async () => {
    const { app, speak, arrived } = await startServer();
    const holding = speak('POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{');
    const unanswered = speak('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n');
    await Promise.all([holding.ready, arrived]);
    const startedAt = Date.now();
    await app.drainAndClose();
    expect(Date.now() - startedAt).toBeGreaterThan(5500);
    expect(await Promise.all([holding.closed, unanswered.closed])).toEqual(['', '']);
  });

  test('does the same over TLS: what is in flight is finished, what is silent is closed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'picl-idp-tls-'));
    const tls = { certificateFile: join(folder, 'certificate.pem'), keyFile: join(folder, 'key.pem') };
    const request = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      '/CN=x',
    ];
    execFileSync('openssl', [...request, '-keyout', tls.keyFile, '-out', tls.certificateFile], { stdio: 'ignore' });
    const { app, speak, arrived, answerSlow } = await startServer({ tls });
    rmSync(folder, { recursive: true });
    const slow = speak('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n');
    const silent = speak('');
    await Promise.all([arrived, silent.ready]);
    const stopped = app.drainAndClose();
    expect(await silent.closed).toBe('');
    answerSlow();
    expect(await slow.closed).toContain('{"done":true}');
    await stopped;
  });
});
