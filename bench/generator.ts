/** The load generator: a process of its own that keeps connections busy with signed requests, and reports what came back. */

import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { build } from 'hdr-histogram-js';
import { writeHawkHeader } from '../app/platform/hawk/header.ts';
import { hawkMac, hawkPayloadHash } from '../app/platform/hawk/mac.ts';

export interface Load {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string | undefined;
  /** Who signs: one of these, in turn. */
  readonly signers: readonly { readonly id: string; readonly key: string }[];
  readonly connections: number;
  readonly ms: number;
  /** Requests a second, sent when they are due; unset: as many as are answered. */
  readonly rate?: number | undefined;
  /** Each connection sends one request, all at once, when every connection is open. */
  readonly once?: boolean | undefined;
}

export interface LoadReport {
  readonly perSecond: number;
  /** Answers by status code; a 503 that does not say when to come again counts as `503 without retry-after`. */
  readonly statuses: Readonly<Record<string, number>>;
  /** ms, from when a request was due to its whole answer. */
  readonly p50: number;
  readonly p99: number;
}

const CONTENT_TYPE = 'application/json';

process.on('message', (load: Load) => {
  runLoad(load).then(
    (report) => process.send?.(report),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});

async function runLoad(load: Load): Promise<LoadReport> {
  const { hostname, port } = new URL(load.url);
  const signers = load.signers.map(({ id, key }) => ({ id, key: Buffer.from(key, 'hex') }));
  const hash = load.body === undefined ? undefined : hawkPayloadHash(CONTENT_TYPE, load.body);
  let turn = 0;
  const nextRequest = () => {
    const signer = signers[turn % signers.length];
    turn += 1;
    const signature = signer === undefined ? '' : authorization(signer);
    const body = load.body ?? '';
    const content =
      load.body === undefined ? '' : `content-type: ${CONTENT_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
    return `${load.method} ${load.path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\n${signature}${content}\r\n${body}`;
  };
  const authorization = ({ id, key }: (typeof signers)[number]) => {
    const ts = Math.floor(Date.now() / 1000);
    const nonce = randomBytes(6).toString('base64url');
    const mac = hawkMac(key, { ts, nonce, method: load.method, resource: load.path, host: hostname, port, hash });
    return `authorization: ${writeHawkHeader({ id, ts, nonce, hash, mac })}\r\n`;
  };

  const histogram = build({ lowestDiscernibleValue: 1, highestTrackableValue: 120_000_000 });
  const statuses: Record<string, number> = {};
  let answered = 0;
  const sockets = await Promise.all(Array.from({ length: load.connections }, () => open(hostname, Number(port))));
  const startedAt = performance.now();
  const endsAt = startedAt + load.ms;
  let due = startedAt;
  const nextDue = () => {
    if (load.rate === undefined) return performance.now();
    due += 1000 / load.rate;
    return due;
  };

  const connections = sockets.map(async (socket) => {
    const answers = answerReader(socket);
    for (let sent = 0; !(load.once === true && sent > 0); sent += 1) {
      const dueAt = nextDue();
      if (dueAt >= endsAt) break;
      const wait = dueAt - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      socket.write(nextRequest());
      const status = await answers();
      histogram.recordValue(Math.max(1, Math.round(1000 * (performance.now() - dueAt))));
      statuses[status] = (statuses[status] ?? 0) + 1;
      answered += 1;
    }
    socket.destroy();
  });
  await Promise.all(connections);
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    perSecond: answered / seconds,
    statuses,
    p50: histogram.getValueAtPercentile(50) / 1000,
    p99: histogram.getValueAtPercentile(99) / 1000,
  };
}

function open(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Reads answers with a content length off a connection, one at a time. @returns their status codes */
function answerReader(socket: Socket): () => Promise<string> {
  let buffered = '';
  let waiting: { resolve: (status: string) => void; reject: (error: Error) => void } | undefined;
  const take = () => {
    const headersEnd = buffered.indexOf('\r\n\r\n');
    if (headersEnd < 0 || waiting === undefined) return;
    const head = buffered.slice(0, headersEnd);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    const end = headersEnd + 4 + length;
    if (buffered.length < end) return;
    buffered = buffered.slice(end);
    const { resolve } = waiting;
    waiting = undefined;
    const status = head.slice(9, 12);
    resolve(status === '503' && !/^retry-after: \d+$/im.test(head) ? '503 without retry-after' : status);
  };
  // Every answer that is measured is ASCII, so characters are bytes.
  socket.setEncoding('latin1').on('data', (text: string) => {
    buffered += text;
    take();
  });
  socket.on('close', () => waiting?.reject(new Error('the connection was closed')));
  return () =>
    new Promise((resolve, reject) => {
      waiting = { resolve, reject };
      take();
    });
}
