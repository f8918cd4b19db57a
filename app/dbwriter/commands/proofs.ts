/** A client's own signed request as evidence: whoever relays it can act for that client, by that request, and nothing more. */

import { openHawkKey, SealBroken, storedTokenId } from '../../accounts/sealing.ts';
import { parseHawkHeader } from '../../platform/hawk/header.ts';
import { verifyHawkMac } from '../../platform/hawk/mac.ts';
import type { CommandName } from '../../storage/commands/table.ts';
import type { HawkProof } from '../../storage/commands/values.ts';
import type { OneTimeTokenKind, OneTimeTokenRecord, SessionRecord } from '../../storage/records.ts';
import { type LiveToken, liveOneTimeToken, liveSession } from '../../storage/standing.ts';
import type { CommandContext } from './context.ts';

const HAWK_ID = /^[0-9a-f]{64}$/;

interface ProvenRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
}

/** The request that proves each command. A request signed for one route is evidence for no other. */
const PROVEN_ROUTES = {
  resendVerifyCode: { method: 'POST', path: '/v1/recovery_email/resend_code' },
  destroySession: { method: 'POST', path: '/v1/session/destroy' },
  putDevice: { method: 'POST', path: '/v1/account/device' },
  destroyDevice: { method: 'POST', path: '/v1/account/device/destroy' },
  finishPasswordChange: { method: 'POST', path: '/v1/password/change/finish' },
  resendForgotCode: { method: 'POST', path: '/v1/password/forgot/resend_code' },
  verifyForgotCode: { method: 'POST', path: '/v1/password/forgot/verify_code' },
  resetAccount: { method: 'POST', path: '/v1/account/reset' },
  fetchKeys: { method: 'GET', path: '/v1/account/keys' },
} as const satisfies Partial<Record<CommandName, ProvenRoute>>;
type ProvenCommand = keyof typeof PROVEN_ROUTES;

/**
 * The live session that signed a request.
 * @param command what is to be done with it; `touchSession` is proven by a request of any route.
 * @returns undefined when the proof is malformed, wrong, for another route, or its session is not alive.
 */
export async function proveSession(
  context: CommandContext,
  command: ProvenCommand | 'touchSession',
  proof: HawkProof,
): Promise<LiveToken<SessionRecord> | undefined> {
  const { store, now, sessionIdleMs } = context;
  return prove(context, command, proof, async (storedId) =>
    liveSession(await store.sessionWithAccount(storedId), { now: now(), idleMsMax: sessionIdleMs }),
  );
}

/** The live one-time token that signed a request; undefined as with {@link proveSession}. */
export async function proveOneTimeToken(
  context: CommandContext,
  command: ProvenCommand,
  { kind, proof }: { kind: OneTimeTokenKind; proof: HawkProof },
): Promise<(LiveToken<OneTimeTokenRecord> & { tokenId: string }) | undefined> {
  const { store, now } = context;
  return prove(context, command, proof, async (storedId) =>
    liveOneTimeToken(await store.oneTimeTokenWithAccount(kind, storedId), { now: now() }),
  );
}

async function prove<Live extends { token: { sealedHawkKey: string } }>(
  context: CommandContext,
  command: ProvenCommand | 'touchSession',
  { authorization, method, path }: HawkProof,
  find: (storedId: string) => Promise<Live | undefined>,
): Promise<(Live & { tokenId: string }) | undefined> {
  const header = parseHawkHeader(authorization);
  const tokenId = header?.id.toLowerCase();
  if (header === undefined || tokenId === undefined || !HAWK_ID.test(tokenId)) return undefined;
  const { hostname, port, protocol, pathname } = new URL(context.publicUrl);
  if (command !== 'touchSession') {
    const { method: provenMethod, path: provenPath } = PROVEN_ROUTES[command];
    const prefix = pathname === '/' ? '' : pathname;
    if (method !== provenMethod || path.split('?', 1)[0] !== prefix + provenPath) return undefined;
  }
  const found = await find(storedTokenId(tokenId));
  if (found === undefined) return undefined;
  const defaultPort = protocol === 'https:' ? 443 : 80;
  const request = { method, resource: path, host: hostname, port: port === '' ? defaultPort : Number(port) };
  try {
    const key = openHawkKey(found.token.sealedHawkKey, tokenId);
    return verifyHawkMac(key, header, request) ? { ...found, tokenId } : undefined;
  } catch (error) {
    if (error instanceof SealBroken) return undefined;
    throw error;
  }
}
