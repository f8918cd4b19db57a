/** Routes that lock an account, as many wrong passwords would, and open it again. */

import { z } from 'zod';
import { normalizeEmail } from '../../accounts/email-address.ts';
import { serviceError } from '../../accounts/service-errors.ts';
import { withPassword } from '../passwords.ts';
import { defineRoute, nothing, type Route } from '../route.ts';
import type { WebheadService } from '../service.ts';
import { emailAddress, hex, redirectTo, resume, service as serviceName } from '../values.ts';

const UNAVAILABLE_SECONDS = 30;

export function accountLockRoutes(service: WebheadService): readonly Route[] {
  return [...(service.development ? [lock(service)] : []), resendUnlockCode(service), unlock(service)];
}

/** For test suites: in production the route is not there. */
function lock(service: WebheadService): Route {
  const { reader, writer, limiter } = service;
  return defineRoute({
    method: 'POST',
    path: '/v1/account/lock',
    summary: 'Development only: locks an account.',
    authentication: 'none',
    body: z.object({ email: emailAddress, authPW: hex(64) }),
    answer: nothing,
    errors: ['UNKNOWN_ACCOUNT', 'INCORRECT_PASSWORD', 'INCORRECT_EMAIL_CASE', 'TOO_MANY_REQUESTS'],
    handle: async ({ body: { email, authPW }, context, signal }) => {
      await limiter.check({ action: 'accountLock', clientAddress: context.clientAddress, email });
      const account = await reader.accountByEmail(normalizeEmail(email));
      if (account !== undefined && account.lockedAt !== null) return {};
      await withPassword(service, { email, authPW, caseFirst: false, signal }, (evidence) =>
        writer
          .lockAccount({ ...evidence, request: context })
          .then((ended) => (ended.outcome === 'locked' ? { outcome: 'done' } : ended)),
      );
      return {};
    },
  });
}

function resendUnlockCode({ reader, writer, limiter, redirectDomain }: WebheadService): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/account/unlock/resend_code',
    summary: 'Mails the code that opens a locked account.',
    authentication: 'none',
    body: z.object({
      email: emailAddress,
      service: serviceName.optional(),
      redirectTo: redirectTo(redirectDomain).optional(),
      resume: resume.optional(),
    }),
    answer: nothing,
    errors: ['UNKNOWN_ACCOUNT', 'ACCOUNT_NOT_LOCKED', 'TOO_MANY_REQUESTS'],
    handle: async ({ body: { email, ...mail }, context }) => {
      await limiter.check({ action: 'accountUnlockResendCode', clientAddress: context.clientAddress, email });
      const account = await reader.accountByEmail(normalizeEmail(email));
      if (account === undefined) throw serviceError('UNKNOWN_ACCOUNT', { extras: { email } });
      const { outcome } = await writer.sendUnlockCode({ uid: account.uid, mail, request: context });
      switch (outcome) {
        case 'sent':
          return {};
        case 'not-locked':
          throw serviceError('ACCOUNT_NOT_LOCKED', { extras: { email: account.email } });
        case 'mail-unavailable':
          throw serviceError('SERVICE_UNAVAILABLE', { extras: { retryAfter: UNAVAILABLE_SECONDS } });
        case 'unknown-account':
          throw serviceError('UNKNOWN_ACCOUNT', { extras: { email } });
      }
    },
  });
}

function unlock({ writer }: WebheadService): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/account/unlock/verify_code',
    summary: 'Opens a locked account by the mailed code.',
    authentication: 'none',
    body: z.object({ uid: uidOfMail, code: hex(32) }),
    answer: nothing,
    errors: ['UNKNOWN_ACCOUNT', 'INVALID_VERIFICATION_CODE'],
    handle: async ({ body: { uid, code }, context }) => {
      const { outcome } = await writer.unlockAccount({ uid, code, request: context });
      switch (outcome) {
        case 'unlocked':
        case 'not-locked':
          return {};
        case 'wrong-code':
          throw serviceError('INVALID_VERIFICATION_CODE');
        case 'unknown-account':
          throw serviceError('UNKNOWN_ACCOUNT');
      }
    },
  });
}

/** Old mails carried shorter ones: no account has such a uid, and that is what they are told. */
export const uidOfMail = z
  .string()
  .max(32)
  .regex(/^(?:[a-fA-F0-9]{2})+$/)
  .transform((value) => value.toLowerCase());
