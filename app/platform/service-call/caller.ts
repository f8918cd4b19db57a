/** Calls from one service to another: JSON over kept connections, signed by Hawk with the payload's hash. */

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Pool } from 'undici';
import { writeHawkHeader } from '../hawk/header.ts';
import { hawkMac, hawkPayloadHash } from '../hawk/mac.ts';
import type { PairSecrets } from '../secrets.ts';

/** The other service cannot do its part now: it is gone, too slow, too busy, or not making sense. */
export class NeighbourUnavailable extends Error {
  override readonly name = 'NeighbourUnavailable';
  readonly retryAfterSeconds: number | undefined;
  constructor(
    message: string,
    { retryAfterSeconds, ...options }: ErrorOptions & { retryAfterSeconds?: number | undefined } = {},
  ) {
    super(message, options);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export interface ServiceAnswer {
  readonly statusCode: number;
  readonly body: unknown;
}

export interface ServiceCaller {
  /** @throws NeighbourUnavailable within the time limit; also for any 5xx answer. */
  call(path: string, body: unknown): Promise<ServiceAnswer>;
  /** @throws NeighbourUnavailable */
  get(path: string): Promise<ServiceAnswer>;
  close(): Promise<void>;
}

export interface ServiceCallerOptions {
  readonly url: string;
  readonly secrets: PairSecrets;
  /** Connections kept to the other service. */
  readonly connectionsMax: number;
  /** Calls in flight and waiting; one more is refused at once. */
  readonly callsMax: number;
  /** From the call to its whole answer. */
  readonly timeoutMs: number;
  /** PEM file of the authority that signed the other service's certificate, where it is not a public one. */
  readonly authorityFile?: string | undefined;
}

const CONTENT_TYPE = 'application/json';
const ANSWER_BYTES_MAX = 1_048_576;
const NONCE_BYTES = 9;

export function createServiceCaller(options: ServiceCallerOptions): ServiceCaller {
  const { url, secrets, connectionsMax, callsMax, timeoutMs, authorityFile } = options;
  const { protocol, hostname, port: portText, origin } = new URL(url);
  const port = portText === '' ? (protocol === 'https:' ? 443 : 80) : Number(portText);
  const key = Buffer.from(secrets.current.key, 'hex');
  // Unique without asking for randomness at each call: this process's own prefix, and a count.
  const noncePrefix = randomBytes(NONCE_BYTES).toString('base64url');
  let nonces = 0;
  const pool = new Pool(origin, {
    connections: connectionsMax,
    pipelining: 1,
    connectTimeout: timeoutMs,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: ANSWER_BYTES_MAX,
    // Below the server's 75 s, so that we never write to a connection that it closes.
    keepAliveTimeout: 60_000,
    keepAliveMaxTimeout: 60_000,
    ...(authorityFile === undefined ? {} : { connect: { ca: readFileSync(authorityFile, 'utf8') } }),
  });
  let calls = 0;

  const sign = (method: string, resource: string, body: string | undefined) => {
    const hash = hawkPayloadHash(body === undefined ? '' : CONTENT_TYPE, body ?? '');
    const ts = Math.floor(Date.now() / 1000);
    nonces += 1;
    const nonce = noncePrefix + nonces.toString(36);
    const mac = hawkMac(key, { ts, nonce, method, resource, host: hostname, port, hash });
    return writeHawkHeader({ id: secrets.current.id, ts, nonce, hash, mac });
  };

  const send = async (method: 'GET' | 'POST', path: string, body?: string): Promise<ServiceAnswer> => {
    if (calls >= callsMax) throw new NeighbourUnavailable(`more than ${callsMax} calls wait for ${path}`);
    calls += 1;
    // Not AbortSignal.timeout: it costs several times a timer, at every call.
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), timeoutMs);
    try {
      const answer = await pool.request({
        method,
        path,
        body: body ?? null,
        headers: {
          authorization: sign(method, path, body),
          ...(body === undefined ? {} : { 'content-type': CONTENT_TYPE }),
        },
        signal: late.signal,
      });
      const { statusCode, headers } = answer;
      const text = await answer.body.text();
      if (statusCode >= 500) {
        const retryAfterSeconds = Number(headers['retry-after']) || undefined;
        throw new NeighbourUnavailable(`${path} answered ${statusCode}`, { retryAfterSeconds });
      }
      return { statusCode, body: JSON.parse(text) };
    } catch (cause) {
      if (cause instanceof NeighbourUnavailable) throw cause;
      throw new NeighbourUnavailable(`${path} did not answer`, { cause });
    } finally {
      clearTimeout(timer);
      calls -= 1;
    }
  };

  return {
    call: (path, body) => send('POST', path, JSON.stringify(body)),
    get: (path) => send('GET', path),
    close: () => pool.destroy(),
  };
}
