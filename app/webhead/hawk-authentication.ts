/** Hawk as clients of this protocol use it: which token signed a request, and whether it still stands. */

import { openHawkKey, SealBroken, storedTokenId } from '../accounts/sealing.ts';
import { serviceError } from '../accounts/service-errors.ts';
import { type HawkHeader, isHawkHeader, parseHawkHeader } from '../platform/hawk/header.ts';
import { verifyHawkMac, verifyHawkPayload } from '../platform/hawk/mac.ts';
import type { AccountReader } from '../storage/ports.ts';
import type { OneTimeTokenKind, OneTimeTokenRecord, SessionRecord } from '../storage/records.ts';
import { type LiveToken, liveOneTimeToken, liveSession } from '../storage/standing.ts';

/** 20 years: many clients of this protocol have wrong clocks, and their requests have always been taken. */
const SKEW_SECONDS_LENIENT = 20 * 365 * 86_400;
const NONCES_MAX = 100_000;
/** Path and query of a signed request, as far as a dbwriter takes them for evidence. */
const URL_CHARACTERS_MAX = 4096;
const HAWK_ID = /^[0-9a-fA-F]{64}$/;

export interface SignedClientRequest {
  readonly authorization: string | undefined;
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
}

export interface HawkAuthentication {
  /** @throws a service error: 110, 109, 111, 115 or a malformed header's 999 */
  session(request: SignedClientRequest): Promise<LiveToken<SessionRecord> & { tokenId: string }>;
  /** @throws as above */
  oneTimeToken(
    kind: OneTimeTokenKind,
    request: SignedClientRequest,
  ): Promise<LiveToken<OneTimeTokenRecord> & { tokenId: string }>;
  /** Checks that the payload is the one under the MAC. @throws a service error: 110 when none was signed, 109 when it is another one */
  payload(request: SignedClientRequest, payload: { contentType: string; body: Uint8Array }): void;
}

export interface HawkAuthenticationOptions {
  readonly reader: AccountReader;
  /** Its host and port are under the MAC, whatever the Host header says. */
  readonly publicUrl: string;
  readonly sessionIdleMs: number;
  /** Undefined: clocks do not matter, and a header may come twice, as it always could. Else both are refused. */
  readonly skewSeconds: number | undefined;
  readonly now: () => number;
}

export function createHawkAuthentication(options: HawkAuthenticationOptions): HawkAuthentication {
  const { reader, publicUrl, sessionIdleMs, skewSeconds, now } = options;
  const { hostname, port: portText, protocol } = new URL(publicUrl);
  const defaultPort = protocol === 'https:' ? 443 : 80;
  const port = portText === '' ? defaultPort : Number(portText);
  const refuseReplay = skewSeconds === undefined ? undefined : createNonceMemory(skewSeconds, now);

  /** Everything that is the same for all kinds of token; `find` answers only what is alive. */
  const authenticate = async <Live extends { token: { sealedHawkKey: string } }>(
    { authorization, method, url }: SignedClientRequest,
    find: (storedId: string) => Promise<Live | undefined>,
  ): Promise<Live & { tokenId: string }> => {
    const header = readHeader(authorization);
    if (url.length > URL_CHARACTERS_MAX) throw serviceError('MALFORMED_REQUEST');
    if (!HAWK_ID.test(header.id)) throw serviceError('INVALID_TOKEN');
    const tokenId = header.id.toLowerCase();
    const found = await find(storedTokenId(tokenId));
    if (found === undefined) throw serviceError('INVALID_TOKEN');
    const key = hawkKeyOf(found.token, tokenId);
    if (!verifyHawkMac(key, header, { method, resource: url, host: hostname, port }))
      throw serviceError('INVALID_SIGNATURE');
    const skew = Math.abs(now() / 1000 - Number(header.ts));
    if (skew > (skewSeconds ?? SKEW_SECONDS_LENIENT)) {
      throw serviceError('INVALID_TIMESTAMP', { extras: { serverTime: Math.floor(now() / 1000) } });
    }
    if (refuseReplay?.(tokenId, header) === true) throw serviceError('INVALID_NONCE');
    return { ...found, tokenId };
  };

  return {
    session: (request) =>
      authenticate(request, async (storedId) =>
        liveSession(await reader.sessionWithAccount(storedId), { now: now(), idleMsMax: sessionIdleMs }),
      ),
    oneTimeToken: (kind, request) =>
      authenticate(request, async (storedId) =>
        liveOneTimeToken(await reader.oneTimeTokenWithAccount(kind, storedId), { now: now() }),
      ),
    payload: ({ authorization }, payload) => {
      const { hash } = readHeader(authorization);
      if (hash === undefined) throw serviceError('MISSING_PAYLOAD_AUTHENTICATION');
      if (!verifyHawkPayload(hash, payload)) throw serviceError('INVALID_PAYLOAD_HASH');
    },
  };
}

function readHeader(authorization: string | undefined): HawkHeader {
  if (authorization === undefined || !isHawkHeader(authorization)) throw serviceError('MISSING_AUTHENTICATION');
  const header = parseHawkHeader(authorization);
  if (header === undefined) throw serviceError('BAD_HAWK_HEADER');
  return header;
}

function hawkKeyOf({ sealedHawkKey }: { sealedHawkKey: string }, tokenId: string): Buffer {
  try {
    return openHawkKey(sealedHawkKey, tokenId);
  } catch (error) {
    if (error instanceof SealBroken) throw serviceError('INVALID_TOKEN', { cause: error });
    throw error;
  }
}

/**
 * Remembers the nonces of the window, in this process. @returns what tells whether a header was here before.
 * When there are more than it may remember, the oldest are forgotten.
 */
function createNonceMemory(skewSeconds: number, now: () => number): (tokenId: string, header: HawkHeader) => boolean {
  const seen = new Map<string, number>();
  return (tokenId, { nonce, ts }) => {
    const key = `${tokenId}:${ts}:${nonce}`;
    if (seen.has(key)) return true;
    const forgottenBefore = now() - 2000 * skewSeconds;
    for (const [oldKey, seenAt] of seen) {
      if (seen.size < NONCES_MAX && seenAt >= forgottenBefore) break;
      seen.delete(oldKey);
    }
    seen.set(key, now());
    return false;
  };
}
