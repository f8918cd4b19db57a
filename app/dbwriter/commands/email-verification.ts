/** Commands by which an owner proves the e-mail address, and by which a locked account is opened again. */

import type { AccountWriter } from '../../storage/commands/table.ts';
import type { SealedAccountRecord } from '../../storage/records.ts';
import { verifiedEvent } from './account-events.ts';
import { lockAccount, openCode, provePassword, sameCode } from './account-secrets.ts';
import { type CommandContext, trySendMail } from './context.ts';
import { proveSession } from './proofs.ts';

const UID = /^[0-9a-f]{32}$/;

type VerificationCommands = Pick<
  AccountWriter,
  'verifyEmail' | 'resendVerifyCode' | 'lockAccount' | 'sendUnlockCode' | 'unlockAccount'
>;

export function createEmailVerification(context: CommandContext): VerificationCommands {
  const { store, keyring, now } = context;

  const find = async (uid: string): Promise<SealedAccountRecord | undefined> =>
    UID.test(uid) ? store.sealedAccountByUid(uid) : undefined;

  return {
    verifyEmail: async ({ uid, code, request }) => {
      const account = await find(uid);
      if (account === undefined) return { outcome: 'unknown-account' };
      if (account.verified) return { outcome: 'already-verified' };
      if (!sameCode(openCode(account.sealedEmailCode, `email-code:${uid}`, keyring), code))
        return { outcome: 'wrong-code' };
      const marked = await store.markVerified(uid, { unlock: false, events: [verifiedEvent(account, now())] });
      if (marked === 'verified') {
        const acceptLanguage = request.acceptLanguage ?? account.locale ?? undefined;
        await trySendMail(context, { kind: 'email-verified', to: account.email, context: { acceptLanguage } });
      }
      return { outcome: marked };
    },

    resendVerifyCode: async ({ proof, mail, request }) => {
      const proven = await proveSession(context, 'resendVerifyCode', proof);
      if (proven === undefined) return { outcome: 'invalid-token' };
      const account = await store.sealedAccountByUid(proven.account.uid);
      if (account === undefined) return { outcome: 'invalid-token' };
      if (account.verified || now() - account.generation < context.resendBlackoutMs) return { outcome: 'done' };
      const { uid, email, sealedEmailCode } = account;
      const code = openCode(sealedEmailCode, `email-code:${uid}`, keyring);
      const mailed = { ...mail, acceptLanguage: request.acceptLanguage ?? undefined };
      const sent = await trySendMail(context, { kind: 'verify-email', to: email, uid, code, context: mailed });
      return { outcome: sent ? 'done' : 'mail-unavailable' };
    },

    lockAccount: async (input) => {
      if (!context.development) return { outcome: 'not-in-production' };
      const proven = await provePassword(context, input);
      if (proven.outcome !== 'right') return { outcome: proven.outcome };
      const locked = await lockAccount(context, input.uid);
      return { outcome: locked === 'unknown-account' ? locked : 'locked' };
    },

    sendUnlockCode: async ({ uid, mail, request }) => {
      const account = await find(uid);
      if (account === undefined) return { outcome: 'unknown-account' };
      if (account.lockedAt === null || account.sealedUnlockCode === null) return { outcome: 'not-locked' };
      const code = openCode(account.sealedUnlockCode, `unlock-code:${uid}`, keyring);
      const mailed = { ...mail, acceptLanguage: request.acceptLanguage ?? undefined };
      const sent = await trySendMail(context, {
        kind: 'unlock-account',
        to: account.email,
        uid,
        code,
        context: mailed,
      });
      return { outcome: sent ? 'sent' : 'mail-unavailable' };
    },

    unlockAccount: async ({ uid, code }) => {
      const account = await find(uid);
      if (account === undefined) return { outcome: 'unknown-account' };
      if (account.lockedAt === null || account.sealedUnlockCode === null) return { outcome: 'not-locked' };
      if (!sameCode(openCode(account.sealedUnlockCode, `unlock-code:${uid}`, keyring), code))
        return { outcome: 'wrong-code' };
      await store.unlockAccount(uid);
      return { outcome: 'unlocked' };
    },
  };
}
