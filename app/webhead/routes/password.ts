/** Routes that change a password, and those for who forgot it. */

import { z } from 'zod';
import { normalizeEmail } from '../../accounts/email-address.ts';
import { ttlSeconds } from '../../accounts/lifetimes.ts';
import { serviceError } from '../../accounts/service-errors.ts';
import type { CommandOutcome } from '../../storage/commands/table.ts';
import { stretchNewPassword, withPassword } from '../passwords.ts';
import { defineRoute, missingParameter, type Route } from '../route.ts';
import type { WebheadService } from '../service.ts';
import { emailAddress, hex, keysQuery, redirectTo, resume, service as serviceName } from '../values.ts';

/** Bytes of the mailed code; it is written in hex. */
const CODE_BYTES = 16;
const UNAVAILABLE_SECONDS = 30;

const passwordSetAnswer = z.object({
  uid: z.string().optional(),
  sessionToken: z.string().optional(),
  verified: z.boolean().optional(),
  authAt: z.int().optional(),
  keyFetchToken: z.string().optional(),
});

const forgotAnswer = {
  passwordForgotToken: z.string(),
  ttl: z.int().nonnegative(),
  codeLength: z.int(),
  tries: z.int().nonnegative(),
};

export function passwordRoutes(service: WebheadService): readonly Route[] {
  return [
    startChange(service),
    finishChange(service),
    sendForgotCode(service),
    resendForgotCode(service),
    verifyForgotCode(service),
    forgotStatus(service),
    resetAccount(service),
  ];
}

function startChange(service: WebheadService): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/password/change/start',
    summary: 'Begins a change of the password by the old one.',
    authentication: 'none',
    body: z.object({ email: emailAddress, oldAuthPW: hex(64) }),
    answer: z.object({ keyFetchToken: z.string(), passwordChangeToken: z.string(), verified: z.boolean() }),
    errors: [
      'UNKNOWN_ACCOUNT',
      'INCORRECT_PASSWORD',
      'INCORRECT_EMAIL_CASE',
      'ACCOUNT_LOCKED',
      'ACCOUNT_MUST_BE_RESET',
      'TOO_MANY_REQUESTS',
    ],
    handle: async ({ body: { email, oldAuthPW }, context, signal }) => {
      await service.limiter.check({ action: 'passwordChange', clientAddress: context.clientAddress, email });
      const { ended } = await withPassword(
        service,
        { email, authPW: oldAuthPW, caseFirst: false, signal },
        (evidence) => service.writer.startPasswordChange({ ...evidence, request: context }),
      );
      const { keyFetchToken, passwordChangeToken, verified } = ended;
      return { keyFetchToken, passwordChangeToken, verified };
    },
  });
}

function finishChange(service: WebheadService): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/password/change/finish',
    summary: 'Sets the new password around the same keys. With a session token id the answer opens a new session.',
    authentication: 'passwordChangeToken',
    query: z.object({ keys: keysQuery }),
    body: z.object({ authPW: hex(64), wrapKb: hex(64), sessionToken: hex(64).optional() }),
    answer: passwordSetAnswer,
    errors: [],
    handle: async ({ body: { authPW, wrapKb, sessionToken }, query, proof, context, signal }) => {
      const password = await stretchNewPassword(service, { authPW, signal });
      const wantsSession = sessionToken !== undefined;
      const set = await service.writer.finishPasswordChange({
        proof,
        password,
        wrapKb,
        wantsSession,
        wantsKeys: wantsSession && query.keys,
        request: context,
      });
      return passwordSetBody(set);
    },
  });
}

function resetAccount(service: WebheadService): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/account/reset',
    summary: 'Sets a new password and new keys, by a mailed code.',
    authentication: 'accountResetToken',
    signedPayload: true,
    query: z.object({ keys: keysQuery }),
    body: z.object({ authPW: hex(64), sessionToken: z.boolean().optional() }),
    answer: passwordSetAnswer,
    errors: [],
    handle: async ({ body: { authPW, sessionToken: wantsSession = false }, query, proof, context, signal }) => {
      if (query.keys && !wantsSession) throw missingParameter('sessionToken');
      const password = await stretchNewPassword(service, { authPW, signal });
      return passwordSetBody(
        await service.writer.resetAccount({ proof, password, wantsSession, wantsKeys: query.keys, request: context }),
      );
    },
  });
}

function passwordSetBody(set: CommandOutcome<'resetAccount'>): z.infer<typeof passwordSetAnswer> {
  if (set.outcome === 'invalid-token') throw serviceError('INVALID_TOKEN');
  const { uid, verified, session } = set;
  return session === undefined ? {} : { uid, verified, ...session };
}

function mailMembers({ redirectDomain }: WebheadService) {
  return {
    service: serviceName.optional(),
    redirectTo: redirectTo(redirectDomain).optional(),
    resume: resume.optional(),
  };
}

function sendForgotCode(service: WebheadService): Route {
  const { reader, writer, limiter } = service;
  return defineRoute({
    method: 'POST',
    path: '/v1/password/forgot/send_code',
    summary: 'Mails a code to who forgot the password.',
    authentication: 'none',
    body: z.object({ email: emailAddress, ...mailMembers(service) }),
    answer: z.object(forgotAnswer),
    errors: ['UNKNOWN_ACCOUNT', 'TOO_MANY_REQUESTS'],
    handle: async ({ body: { email, ...mail }, context }) => {
      await limiter.check({ action: 'passwordForgotSendCode', clientAddress: context.clientAddress, email });
      // Read here first: who asks for unknown addresses costs no write.
      const account = await reader.accountByEmail(normalizeEmail(email));
      if (account === undefined) throw serviceError('UNKNOWN_ACCOUNT', { extras: { email } });
      const sent = await writer.sendForgotCode({ email, mail, request: context });
      switch (sent.outcome) {
        case 'sent': {
          const { passwordForgotToken, ttlSeconds: ttl, tries } = sent;
          return { passwordForgotToken, ttl, codeLength: CODE_BYTES, tries };
        }
        case 'mail-unavailable':
          throw serviceError('SERVICE_UNAVAILABLE', { extras: { retryAfter: UNAVAILABLE_SECONDS } });
        case 'unknown-account':
          throw serviceError('UNKNOWN_ACCOUNT', { extras: { email } });
      }
    },
  });
}

function resendForgotCode(service: WebheadService): Route {
  const { writer, limiter } = service;
  return defineRoute({
    method: 'POST',
    path: '/v1/password/forgot/resend_code',
    summary: 'Mails the same code again.',
    authentication: 'passwordForgotToken',
    body: z.object({ email: emailAddress.optional(), ...mailMembers(service) }),
    answer: z.object(forgotAnswer),
    errors: ['TOO_MANY_REQUESTS'],
    handle: async ({ live: { account }, body: { email: _same, ...mail }, proof, context }) => {
      const { clientAddress } = context;
      await limiter.check({ action: 'passwordForgotResendCode', clientAddress, email: account.email });
      const sent = await writer.resendForgotCode({ proof, mail, request: context });
      switch (sent.outcome) {
        case 'sent':
          return {
            passwordForgotToken: sent.passwordForgotToken,
            ttl: sent.ttlSeconds,
            codeLength: CODE_BYTES,
            tries: sent.tries,
          };
        case 'mail-unavailable':
          throw serviceError('SERVICE_UNAVAILABLE', { extras: { retryAfter: UNAVAILABLE_SECONDS } });
        case 'invalid-token':
          throw serviceError('INVALID_TOKEN');
      }
    },
  });
}

function verifyForgotCode({ writer }: WebheadService): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/password/forgot/verify_code',
    summary: 'Trades the mailed code for the right to reset the account. Three wrong codes end it.',
    authentication: 'passwordForgotToken',
    body: z.object({ code: hex(32), accountResetWithRecoveryKey: z.boolean().optional() }),
    answer: z.object({ accountResetToken: z.string() }),
    errors: ['INVALID_VERIFICATION_CODE'],
    handle: async ({ body: { code, accountResetWithRecoveryKey = false }, proof, context }) => {
      const verified = await writer.verifyForgotCode({
        proof,
        code,
        notify: !accountResetWithRecoveryKey,
        request: context,
      });
      switch (verified.outcome) {
        case 'verified':
          return { accountResetToken: verified.accountResetToken };
        case 'wrong-code': {
          const { tries, ttlSeconds: ttl } = verified;
          throw serviceError('INVALID_VERIFICATION_CODE', { extras: { tries, ttl } });
        }
        case 'invalid-token':
          throw serviceError('INVALID_TOKEN');
      }
    },
  });
}

function forgotStatus({ now }: WebheadService): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/password/forgot/status',
    summary: 'How many tries and how many seconds a code has left.',
    authentication: 'passwordForgotToken',
    answer: z.object({ tries: z.int(), ttl: z.int() }),
    errors: [],
    handle: async ({ live: { token } }) => ({
      tries: token.triesLeft,
      ttl: ttlSeconds('passwordForgotToken', token, now()),
    }),
  });
}
