/** Requests to the accounts service: signed where they must be, in time, and once more where that is safe. */

import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { hawkNormalizedString, hawkPayloadPrefix } from '../platform/hawk/normalized.ts';
import { AccountsError, NetworkError } from './errors.ts';
import type { ClientTokenKeys } from './onepw.ts';

const CONTENT_TYPE = 'application/json';
const ERRNO_TIMESTAMP = 111;
const ERRNO_TOO_MANY = 114;
const ERRNO_UNAVAILABLE = 201;
/** Where the service names no time to wait. */
const RETRY_AFTER_SECONDS = 1;
const NONCE_BYTES = 6;

export interface TransportOptions {
  /** The service's public URL: host and port are under the MAC of each request. */
  readonly url: string;
  readonly fetch: typeof globalThis.fetch;
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  /** Of one request and its whole answer. */
  readonly timeoutMs: number;
  /** How often a request is sent again that the service was too busy for, or that came too often. */
  readonly retriesMax: number;
  /** Longest wait before one of those: who is asked to wait for longer is told so at once. */
  readonly retryAfterMsMax: number;
  readonly pause: (ms: number) => Promise<void>;
  /** The Accept-Language of each request; the platform's own where unset. */
  readonly language: string | undefined;
}

export interface ClientRequest {
  readonly method: 'GET' | 'POST';
  /** Below the public URL, with the query. */
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Signs the request. */
  readonly token?: ClientTokenKeys;
}

export interface Transport {
  /** @throws AccountsError or NetworkError */
  send(request: ClientRequest): Promise<Readonly<Record<string, unknown>>>;
}

export function createTransport(options: TransportOptions): Transport {
  const { url, now, random, timeoutMs, retriesMax, retryAfterMsMax, pause, language } = options;
  const { hostname, port: portText, protocol, pathname } = new URL(url);
  const port = portText === '' ? (protocol === 'https:' ? '443' : '80') : portText;
  const prefix = pathname === '/' ? '' : pathname.replace(/\/$/, '');
  let clockOffsetMs = 0;

  const authorization = ({ method, path, token }: ClientRequest, body: string | undefined): string | undefined => {
    if (token === undefined) return undefined;
    const ts = Math.floor((now() + clockOffsetMs) / 1000);
    const nonce = bytesToHex(random(NONCE_BYTES));
    const hash = body === undefined ? undefined : payloadHash(body);
    const resource = prefix + path;
    const text = hawkNormalizedString({ ts, nonce, method, resource, host: hostname, port, hash });
    const mac = base64(hmac(sha256, token.hawkKey, utf8ToBytes(text)));
    const hashed = hash === undefined ? '' : `hash="${hash}", `;
    return `Hawk id="${token.id}", ts="${ts}", nonce="${nonce}", ${hashed}mac="${mac}"`;
  };

  const attempt = async (request: ClientRequest): Promise<Readonly<Record<string, unknown>>> => {
    const { method, path, body: value } = request;
    const body = value === undefined ? undefined : JSON.stringify(value);
    const signed = authorization(request, body);
    const headers: Record<string, string> = {};
    if (signed !== undefined) headers['authorization'] = signed;
    if (body !== undefined) headers['content-type'] = CONTENT_TYPE;
    if (language !== undefined) headers['accept-language'] = language;
    const { status, answer } = await exchange(options, new URL(url).origin + prefix + path, {
      method,
      headers,
      body: body ?? null,
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (status === 200) return answer;
    const { errno, message, code: _code, error: _error, info: _info, ...extras } = answer;
    if (typeof errno !== 'number') throw new NetworkError(`the answer was ${status} without an errno`);
    throw new AccountsError(String(message), { errno, statusCode: status, extras });
  };

  /** Takes the service's clock for its own. @returns whether it was told it */
  const setClock = ({ errno, extras: { serverTime } }: AccountsError): boolean => {
    if (errno !== ERRNO_TIMESTAMP || typeof serverTime !== 'number') return false;
    clockOffsetMs = 1000 * serverTime - now();
    return true;
  };

  const attemptInTime = async (request: ClientRequest): Promise<Readonly<Record<string, unknown>>> => {
    try {
      return await attempt(request);
    } catch (error) {
      if (!(error instanceof AccountsError && setClock(error))) throw error;
    }
    return attempt(request);
  };

  /** How long to wait before asking again; undefined when there is no use in it. */
  const waitBeforeRetry = (request: ClientRequest, error: unknown): number | undefined => {
    if (!(error instanceof AccountsError && isSafeToRepeat(request, error))) return undefined;
    const waitMs = 1000 * Number(error.extras['retryAfter'] ?? RETRY_AFTER_SECONDS);
    return waitMs <= retryAfterMsMax ? waitMs : undefined;
  };

  return {
    send: async (request) => {
      for (let retries = 0; ; retries += 1) {
        try {
          return await attemptInTime(request);
        } catch (error) {
          const waitMs = retries < retriesMax ? waitBeforeRetry(request, error) : undefined;
          if (waitMs === undefined) throw error;
          await pause(waitMs);
        }
      }
    },
  };
}

/**
 * What may be asked twice. What came too often was refused before any work. A 503 may come after the work was done: then only reads may, and
 * what ends the same however often it is done; a token that is used once, a password that is set or a mail that is sent is not asked for again
 * behind its caller's back.
 */
function isSafeToRepeat({ method, path }: ClientRequest, { errno }: AccountsError): boolean {
  if (errno === ERRNO_TOO_MANY) return true;
  if (errno !== ERRNO_UNAVAILABLE) return false;
  return (
    (method === 'GET' && !path.startsWith('/v1/account/keys')) || REPEATABLE.some((start) => path.startsWith(start))
  );
}
const REPEATABLE = [
  '/v1/account/login',
  '/v1/account/status',
  '/v1/certificate/sign',
  '/v1/session/destroy',
  '/v1/get_random_bytes',
];

async function exchange(
  { fetch }: TransportOptions,
  url: string,
  init: RequestInit,
): Promise<{ status: number; answer: Readonly<Record<string, unknown>> }> {
  try {
    const response = await fetch(url, {
      ...init,
      credentials: 'omit',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
    });
    const answer: unknown = await response.json();
    if (typeof answer !== 'object' || answer === null) throw new NetworkError('the answer was no object');
    return {
      status: response.status,
      answer: Array.isArray(answer) ? { list: answer } : (answer as Record<string, unknown>),
    };
  } catch (cause) {
    if (cause instanceof NetworkError) throw cause;
    throw new NetworkError('the service did not answer', { cause });
  }
}

function payloadHash(body: string): string {
  return base64(
    sha256(concatBytes(utf8ToBytes(hawkPayloadPrefix(CONTENT_TYPE)), utf8ToBytes(body), utf8ToBytes('\n'))),
  );
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
