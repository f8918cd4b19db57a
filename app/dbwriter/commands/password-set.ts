/** Commands that set a password: changed by who knows the old one, or reset by who reads the mail. */

import { nextGeneration } from '../../accounts/generation.ts';
import { xorBytes } from '../../accounts/key-bundle.ts';
import type { AccountWriter, CommandInput } from '../../storage/commands/table.ts';
import type { AccountRecord, OneTimeTokenRecord, SealedAccountRecord } from '../../storage/records.ts';
import type { LiveToken } from '../../storage/standing.ts';
import { passwordEvent } from './account-events.ts';
import { type AccountSecrets, openSecrets, provePassword, refuseWeakVerifier, sealSecrets } from './account-secrets.ts';
import { type CommandContext, CommandRefused, trySendMail } from './context.ts';
import { openKeyFetch, openPasswordSet, openSession } from './new-tokens.ts';
import { proveOneTimeToken } from './proofs.ts';

const KEY_BYTES = 32;

type PasswordSetCommands = Pick<AccountWriter, 'startPasswordChange' | 'finishPasswordChange' | 'resetAccount'>;

export function createPasswordSet(context: CommandContext): PasswordSetCommands {
  const { limits, random } = context;
  return {
    startPasswordChange: async (input) => {
      const proven = await provePassword(context, input);
      if (proven.outcome !== 'right') return { outcome: proven.outcome };
      const { account, secrets } = proven;
      const keyFetchToken = await openKeyFetch(context, account, { secrets, wrapwrapKey: input.password.wrapwrapKey });
      const passwordChangeToken = await openPasswordSet(context, account, 'passwordChangeToken');
      return { outcome: 'started', keyFetchToken, passwordChangeToken, verified: account.verified };
    },

    finishPasswordChange: async (input) => {
      const proven = await proveOneTimeToken(context, 'finishPasswordChange', {
        kind: 'passwordChangeToken',
        proof: input.proof,
      });
      if (proven === undefined) return { outcome: 'invalid-token' };
      const wrapWrapKb = xorBytes(Buffer.from(input.wrapKb, 'hex'), Buffer.from(input.password.wrapwrapKey, 'hex'));
      const set = await setPassword(context, proven, { kind: 'passwordChange', input, wrapWrapKb });
      if (set === undefined) return { outcome: 'invalid-token' };
      await tellOwner(context, 'password-changed', set.account, input);
      return set.ended;
    },

    resetAccount: async (input) => {
      const proven = await proveOneTimeToken(context, 'resetAccount', {
        kind: 'accountResetToken',
        proof: input.proof,
      });
      if (proven === undefined) return { outcome: 'invalid-token' };
      const set = await setPassword(context, proven, { kind: 'reset', input, wrapWrapKb: random(KEY_BYTES) });
      if (set === undefined) return { outcome: 'invalid-token' };
      await limits.clear({ clientAddress: input.request.clientAddress, email: set.account.email });
      return set.ended;
    },
  };
}

type PasswordSetInput = Pick<CommandInput<'resetAccount'>, 'password' | 'wantsSession' | 'wantsKeys' | 'request'>;

interface PasswordSet {
  readonly kind: 'passwordChange' | 'reset';
  readonly input: PasswordSetInput;
  readonly wrapWrapKb: Buffer;
}

/**
 * Sets the password as one step, on the condition that the account is still of the token's generation. So a token sets at most one
 * password however many use it at once, and a writer that dies before the step has used nothing up.
 */
async function setPassword(
  context: CommandContext,
  { token }: LiveToken<OneTimeTokenRecord>,
  { kind, input, wrapWrapKb }: PasswordSet,
) {
  const { store, keyring, now } = context;
  const { password } = input;
  refuseWeakVerifier(context, password);
  const before = await store.sealedAccountByUid(token.uid);
  if (before === undefined || before.generation !== token.generation) return undefined;
  // A salt used again would give away the XOR of two wrapped keys.
  if (before.authSalt === password.authSalt)
    throw new CommandRefused('password.authSalt: must differ from the one before');
  const generation = nextGeneration(now(), before.generation);
  const { kA } = openSecrets(before, keyring);
  const secrets: AccountSecrets = { kA, wrapWrapKb, verifyHash: Buffer.from(password.verifyHash, 'hex') };
  const account: SealedAccountRecord = {
    ...before,
    generation,
    keysChangedAt: kind === 'reset' ? generation : before.keysChangedAt,
    verifierVersion: password.verifierVersion,
    authSalt: password.authSalt,
    sealedSecrets: sealSecrets(secrets, { uid: before.uid, generation }, context),
  };
  const { keysChangedAt, verifierVersion, authSalt, sealedSecrets } = account;
  const set = await store.setPassword(account.uid, {
    seenGeneration: before.generation,
    password: { generation, keysChangedAt, verifierVersion, authSalt, sealedSecrets },
    events: [passwordEvent(kind, account, now())],
  });
  if (set !== 'set') return undefined;
  return { account, ended: await endPasswordSet(context, { account, secrets, input }) };
}

async function endPasswordSet(
  context: CommandContext,
  { account, secrets, input }: { account: AccountRecord; secrets: AccountSecrets; input: PasswordSetInput },
) {
  const { uid, verified } = account;
  if (!input.wantsSession) return { outcome: 'password-set', uid, verified } as const;
  const { shown } = await openSession(context, {
    account,
    request: input.request,
    events: [],
    keys: input.wantsKeys ? { secrets, wrapwrapKey: input.password.wrapwrapKey } : undefined,
  });
  return { outcome: 'password-set', uid, verified, session: shown } as const;
}

async function tellOwner(
  context: CommandContext,
  kind: 'password-changed',
  account: AccountRecord,
  { request }: PasswordSetInput,
): Promise<void> {
  const acceptLanguage = request.acceptLanguage ?? account.locale ?? undefined;
  await trySendMail(context, { kind, to: account.email, context: { acceptLanguage } });
}
