/** Commands for who forgot the password: a code by mail, three tries, and a token that allows a reset. */

import { normalizeEmail } from '../../accounts/email-address.ts';
import { FORGOT_CODE_TRIES, ttlSeconds } from '../../accounts/lifetimes.ts';
import type { AccountWriter } from '../../storage/commands/table.ts';
import { verifiedEvent } from './account-events.ts';
import { sameCode } from './account-secrets.ts';
import { type CommandContext, trySendMail } from './context.ts';
import { openForgotten, openForgottenPayload, openPasswordSet } from './new-tokens.ts';
import { proveOneTimeToken } from './proofs.ts';

const KIND = 'passwordForgotToken';

type ForgotCommands = Pick<AccountWriter, 'sendForgotCode' | 'resendForgotCode' | 'verifyForgotCode'>;

export function createPasswordForgot(context: CommandContext): ForgotCommands {
  const { store, keyring, now } = context;

  return {
    sendForgotCode: async ({ email, mail, request }) => {
      const account = await store.accountByEmail(normalizeEmail(email));
      if (account === undefined) return { outcome: 'unknown-account' };
      const { token, code, createdAt } = await openForgotten(context, account);
      const mailed = { ...mail, acceptLanguage: request.acceptLanguage ?? undefined };
      const sent = await trySendMail(context, {
        kind: 'reset-password',
        to: account.email,
        token,
        code,
        context: mailed,
      });
      if (!sent) return { outcome: 'mail-unavailable' };
      const ttl = ttlSeconds(KIND, { createdAt }, now());
      return { outcome: 'sent', passwordForgotToken: token, ttlSeconds: ttl, tries: FORGOT_CODE_TRIES };
    },

    resendForgotCode: async ({ proof, mail, request }) => {
      const proven = await proveOneTimeToken(context, 'resendForgotCode', { kind: KIND, proof });
      if (proven === undefined) return { outcome: 'invalid-token' };
      const { token, code } = openForgottenPayload(proven.token, keyring);
      const mailed = { ...mail, acceptLanguage: request.acceptLanguage ?? undefined };
      const sent = await trySendMail(context, {
        kind: 'reset-password',
        to: proven.account.email,
        token,
        code,
        context: mailed,
      });
      if (!sent) return { outcome: 'mail-unavailable' };
      const ttl = ttlSeconds(KIND, proven.token, now());
      return { outcome: 'sent', passwordForgotToken: token, ttlSeconds: ttl, tries: proven.token.triesLeft };
    },

    verifyForgotCode: async ({ proof, code, notify, request }) => {
      const proven = await proveOneTimeToken(context, 'verifyForgotCode', { kind: KIND, proof });
      if (proven === undefined) return { outcome: 'invalid-token' };
      const { token, account } = proven;
      const deadAt = now();
      if (!sameCode(openForgottenPayload(token, keyring).code, code)) {
        const spent = await store.spendTry(token.storedId, { deadAt });
        if (spent === undefined) return { outcome: 'invalid-token' };
        return { outcome: 'wrong-code', tries: spent.triesLeft, ttlSeconds: ttlSeconds(KIND, token, deadAt) };
      }
      if (!(await store.takeOneTimeToken(KIND, token.storedId, { deadAt }))) return { outcome: 'invalid-token' };
      const marked = await store.markVerified(account.uid, { unlock: true, events: [verifiedEvent(account, deadAt)] });
      if (marked === 'unknown-account') return { outcome: 'invalid-token' };
      const accountResetToken = await openPasswordSet(context, account, 'accountResetToken');
      if (notify) {
        const acceptLanguage = request.acceptLanguage ?? account.locale ?? undefined;
        await trySendMail(context, { kind: 'password-reset', to: account.email, context: { acceptLanguage } });
      }
      return { outcome: 'verified', accountResetToken };
    },
  };
}
