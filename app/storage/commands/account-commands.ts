/** Commands that make, prove, lock and end accounts. */

import { z } from 'zod';
import {
  deviceDescription,
  email,
  ending,
  hawkProof,
  hexBytes,
  mailContext,
  newSession,
  requestContext,
  stretchedPassword,
  uid,
} from './values.ts';

export const accountCommands = {
  /** Makes an account, replacing an unverified one of the same e-mail, with a first session; mails the code, not waiting for it. */
  createAccount: {
    input: z.strictObject({
      email,
      password: stretchedPassword,
      /** Refused by a dbwriter that runs in production. */
      preVerified: z.boolean(),
      /** ms; back-dates the session; refused by a dbwriter that runs in production. */
      sessionCreatedAt: z.int().nonnegative().optional(),
      wantsKeys: z.boolean(),
      mail: mailContext,
      device: deviceDescription.optional(),
      request: requestContext,
    }),
    outcome: z.discriminatedUnion('outcome', [
      ending('created', { uid, verified: z.boolean(), session: newSession, deviceId: hexBytes(16).optional() }),
      ending('email-taken', {}),
    ]),
  },
  /** Proves the e-mail address by the mailed code, and tells its owner by mail. */
  verifyEmail: {
    input: z.strictObject({ uid: z.string().max(32), code: hexBytes(16), request: requestContext }),
    outcome: z.discriminatedUnion('outcome', [
      ending('verified', {}),
      ending('already-verified', {}),
      ending('wrong-code', {}),
      ending('unknown-account', {}),
    ]),
  },
  /** Mails the code again; says nothing of whether it did. */
  resendVerifyCode: {
    input: z.strictObject({ proof: hawkProof, mail: mailContext, request: requestContext }),
    outcome: z.discriminatedUnion('outcome', [
      ending('done', {}),
      ending('mail-unavailable', {}),
      ending('invalid-token', {}),
    ]),
  },
  destroyAccount: {
    input: z.strictObject({ uid, password: stretchedPassword, request: requestContext }),
    outcome: z.discriminatedUnion('outcome', [
      ending('destroyed', {}),
      ending('wrong-password', {}),
      ending('locked', {}),
      ending('password-moved', {}),
      ending('unknown-account', {}),
    ]),
  },
  /** Development only: locks an account as many wrong passwords would. */
  lockAccount: {
    input: z.strictObject({ uid, password: stretchedPassword, request: requestContext }),
    outcome: z.discriminatedUnion('outcome', [
      ending('locked', {}),
      ending('wrong-password', {}),
      ending('password-moved', {}),
      ending('unknown-account', {}),
      ending('not-in-production', {}),
    ]),
  },
  /** Mails the code that unlocks. */
  sendUnlockCode: {
    input: z.strictObject({ uid, mail: mailContext, request: requestContext }),
    outcome: z.discriminatedUnion('outcome', [
      ending('sent', {}),
      ending('not-locked', {}),
      ending('mail-unavailable', {}),
      ending('unknown-account', {}),
    ]),
  },
  unlockAccount: {
    input: z.strictObject({ uid: z.string().max(32), code: hexBytes(16), request: requestContext }),
    outcome: z.discriminatedUnion('outcome', [
      ending('unlocked', {}),
      ending('not-locked', {}),
      ending('wrong-code', {}),
      ending('unknown-account', {}),
    ]),
  },
} as const;
