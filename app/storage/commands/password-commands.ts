/** Commands that change or replace a password. */

import { z } from 'zod';
import {
  email,
  ending,
  hawkProof,
  hexBytes,
  mailContext,
  newSession,
  requestContext,
  stretchedPassword,
  token,
  uid,
} from './values.ts';

/** A password set, and a session of the new generation when the client asked for one. */
const passwordSet = ending('password-set', { uid, verified: z.boolean(), session: newSession.optional() });

const forgotToken = { passwordForgotToken: token, ttlSeconds: z.int().nonnegative(), tries: z.int().nonnegative() };

export const passwordCommands = {
  startPasswordChange: {
    input: z.strictObject({ uid, password: stretchedPassword, request: requestContext }),
    outcome: z.discriminatedUnion('outcome', [
      ending('started', { keyFetchToken: token, passwordChangeToken: token, verified: z.boolean() }),
      ending('wrong-password', {}),
      ending('locked', {}),
      ending('password-moved', {}),
      ending('unknown-account', {}),
    ]),
  },
  /** Sets the new password around the same kB; every token of the account dies; tells its owner by mail. */
  finishPasswordChange: {
    input: z.strictObject({
      proof: hawkProof,
      password: stretchedPassword,
      wrapKb: hexBytes(32),
      wantsSession: z.boolean(),
      wantsKeys: z.boolean(),
      request: requestContext,
    }),
    outcome: z.discriminatedUnion('outcome', [passwordSet, ending('invalid-token', {})]),
  },
  sendForgotCode: {
    input: z.strictObject({ email, mail: mailContext, request: requestContext }),
    outcome: z.discriminatedUnion('outcome', [
      ending('sent', forgotToken),
      ending('mail-unavailable', {}),
      ending('unknown-account', {}),
    ]),
  },
  /** Mails the same code of the same token again. */
  resendForgotCode: {
    input: z.strictObject({ proof: hawkProof, mail: mailContext, request: requestContext }),
    outcome: z.discriminatedUnion('outcome', [
      ending('sent', forgotToken),
      ending('mail-unavailable', {}),
      ending('invalid-token', {}),
    ]),
  },
  /** Trades the mailed code for an account reset token; proves the e-mail and unlocks on the way. */
  verifyForgotCode: {
    input: z.strictObject({
      proof: hawkProof,
      code: hexBytes(16),
      /** False: no mail tells the owner (a client with a recovery key asks so). */
      notify: z.boolean(),
      request: requestContext,
    }),
    outcome: z.discriminatedUnion('outcome', [
      ending('verified', { accountResetToken: token }),
      ending('wrong-code', { tries: z.int().nonnegative(), ttlSeconds: z.int().nonnegative() }),
      ending('invalid-token', {}),
    ]),
  },
  /** Sets a new password and a new kB; every token of the account dies. */
  resetAccount: {
    input: z.strictObject({
      proof: hawkProof,
      password: stretchedPassword,
      wantsSession: z.boolean(),
      wantsKeys: z.boolean(),
      request: requestContext,
    }),
    outcome: z.discriminatedUnion('outcome', [passwordSet, ending('invalid-token', {})]),
  },
  /** Gives the key bundle once. The token of an unverified account stays. */
  fetchKeys: {
    input: z.strictObject({ proof: hawkProof }),
    outcome: z.discriminatedUnion('outcome', [
      ending('keys', { bundle: hexBytes(96) }),
      ending('unverified-account', {}),
      ending('invalid-token', {}),
    ]),
  },
} as const;
