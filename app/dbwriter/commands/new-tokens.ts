/** Making tokens: what the client gets, and what the store keeps of it. */

import type { Hex } from '../../accounts/hex.ts';
import { makeKeyBundle, xorBytes } from '../../accounts/key-bundle.ts';
import { FORGOT_CODE_TRIES } from '../../accounts/lifetimes.ts';
import {
  openWithKeyring,
  type SealingKeyring,
  sealHawkKey,
  sealWithKeyring,
  storedTokenId,
} from '../../accounts/sealing.ts';
import { deriveToken, TOKEN_BYTES } from '../../accounts/tokens.ts';
import type { RequestContext } from '../../storage/commands/values.ts';
import type { AccountEvent, AccountRecord, OneTimeTokenRecord } from '../../storage/records.ts';
import { type AccountSecrets, CODE_BYTES } from './account-secrets.ts';
import type { CommandContext } from './context.ts';

type TokenOwner = Pick<AccountRecord, 'uid' | 'generation'>;

export interface NewSessionOptions {
  readonly account: TokenOwner;
  readonly request: RequestContext;
  readonly events: readonly AccountEvent[];
  /** Given when the client asked for keys: what its key fetch token will open. */
  readonly keys?: { readonly secrets: AccountSecrets; readonly wrapwrapKey: Hex } | undefined;
  /** ms; only test suites say it. */
  readonly createdAt?: number | undefined;
}

/** Opens a session, with a key fetch token where one was asked for. Tokens leave here and are never stored. */
export async function openSession(
  context: CommandContext,
  { account, request, events, keys, createdAt }: NewSessionOptions,
) {
  const { store, now, random } = context;
  const bornAt = createdAt ?? now();
  const { token, tokenId, sealedHawkKey } = makeToken(context, 'sessionToken');
  const storedId = storedTokenId(tokenId);
  const { uid, generation } = account;
  const session = { storedId, uid, sealedHawkKey, generation, createdAt: bornAt, deviceId: null, deadAt: null };
  const keyFetchToken = keys === undefined ? undefined : await openKeyFetch({ store, now, random }, account, keys);
  await store.createSession({ ...session, lastAccessAt: now(), userAgent: request.userAgent }, { events });
  return {
    storedId,
    shown: {
      sessionToken: token,
      authAt: Math.floor(bornAt / 1000),
      ...(keyFetchToken === undefined ? {} : { keyFetchToken }),
    },
  };
}

type TokenMaker = Pick<CommandContext, 'store' | 'now' | 'random'>;

/** Stores a key fetch token whose bundle only the token itself opens. @returns the token, hex */
export async function openKeyFetch(
  context: TokenMaker,
  account: TokenOwner,
  { secrets, wrapwrapKey }: { secrets: AccountSecrets; wrapwrapKey: Hex },
): Promise<Hex> {
  const { token, tokenId, sealedHawkKey, bundleKey } = makeToken(context, 'keyFetchToken');
  const wrapKb = xorBytes(secrets.wrapWrapKb, Buffer.from(wrapwrapKey, 'hex'));
  const payload = makeKeyBundle({ bundleKey, kA: secrets.kA, wrapKb }).toString('hex');
  await context.store.createOneTimeToken(
    oneTimeToken(context, account, { kind: 'keyFetchToken', tokenId, sealedHawkKey, payload, triesLeft: 0 }),
  );
  return token;
}

/** Stores a token that allows one password set. @returns the token, hex */
export async function openPasswordSet(
  context: TokenMaker,
  account: TokenOwner,
  kind: 'passwordChangeToken' | 'accountResetToken',
): Promise<Hex> {
  const { token, tokenId, sealedHawkKey } = makeToken(context, kind);
  await context.store.createOneTimeToken(
    oneTimeToken(context, account, { kind, tokenId, sealedHawkKey, payload: null, triesLeft: 0 }),
  );
  return token;
}

/**
 * Stores a token that waits for the code which is mailed with it. Both are sealed into its row, since the link of a
 * mail that is sent again needs the token too.
 * @returns both, hex
 */
export async function openForgotten(
  context: CommandContext,
  account: TokenOwner,
): Promise<{ token: Hex; code: Hex; createdAt: number }> {
  const { keyring, random } = context;
  const { token, tokenId, sealedHawkKey } = makeToken(context, 'passwordForgotToken');
  const code = random(CODE_BYTES).toString('hex');
  const place = forgotContext(storedTokenId(tokenId));
  const payload = sealWithKeyring(Buffer.from(token + code, 'hex'), { keyring, random, context: place });
  const record = oneTimeToken(context, account, {
    kind: 'passwordForgotToken',
    tokenId,
    sealedHawkKey,
    payload,
    triesLeft: FORGOT_CODE_TRIES,
  });
  await context.store.createOneTimeToken(record);
  return { token, code, createdAt: record.createdAt };
}

/** The token and the code that {@link openForgotten} sealed, hex. @throws SealBroken */
export function openForgottenPayload(
  { payload, storedId }: OneTimeTokenRecord,
  keyring: SealingKeyring,
): { token: Hex; code: Hex } {
  const bytes = openWithKeyring(payload ?? '', { keyring, context: forgotContext(storedId) });
  return { token: bytes.toString('hex', 0, TOKEN_BYTES), code: bytes.toString('hex', TOKEN_BYTES) };
}

function forgotContext(storedId: Hex): string {
  return `forgotten:${storedId}`;
}

function makeToken({ random }: Pick<CommandContext, 'random'>, kind: Parameters<typeof deriveToken>[0]) {
  const token = random(TOKEN_BYTES);
  const { tokenId, hawkKey, bundleKey } = deriveToken(kind, token);
  const id = tokenId.toString('hex');
  return { token: token.toString('hex'), tokenId: id, sealedHawkKey: sealHawkKey(hawkKey, id), bundleKey };
}

function oneTimeToken(
  { now }: Pick<CommandContext, 'now'>,
  { uid, generation }: TokenOwner,
  {
    tokenId,
    ...token
  }: Pick<OneTimeTokenRecord, 'kind' | 'sealedHawkKey' | 'payload' | 'triesLeft'> & { tokenId: Hex },
): OneTimeTokenRecord {
  return { ...token, storedId: storedTokenId(tokenId), uid, generation, createdAt: now(), deadAt: null };
}
