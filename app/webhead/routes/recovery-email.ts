/** Routes on the account's e-mail address: its status, which clients poll more than all else, and its proof. */

import { z } from 'zod';
import { serviceError } from '../../accounts/service-errors.ts';
import { defineRoute, nothing, type Route } from '../route.ts';
import type { WebheadService } from '../service.ts';
import { hex, redirectTo, resume, service as serviceName } from '../values.ts';
import { uidOfMail } from './account-lock.ts';

const UNAVAILABLE_SECONDS = 30;

export function recoveryEmailRoutes(service: WebheadService): readonly Route[] {
  return [emailStatus(service), resendCode(service), verifyCode(service)];
}

function emailStatus({ toucher }: WebheadService): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/recovery_email/status',
    summary: 'The address and whether it is verified.',
    authentication: 'sessionToken',
    answer: z.object({
      email: z.string(),
      verified: z.boolean(),
      emailVerified: z.boolean(),
      sessionVerified: z.boolean(),
    }),
    errors: [],
    handle: async ({ live, proof, context }) => {
      toucher.touch({ ...live, proof, context });
      const { email, verified } = live.account;
      return { email, verified, emailVerified: verified, sessionVerified: verified };
    },
  });
}

function resendCode({ writer, limiter, redirectDomain }: WebheadService): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/recovery_email/resend_code',
    summary: 'Mails the code again, unless the address is verified.',
    authentication: 'sessionToken',
    body: z.object({
      service: serviceName.optional(),
      redirectTo: redirectTo(redirectDomain).optional(),
      resume: resume.optional(),
    }),
    answer: nothing,
    errors: ['TOO_MANY_REQUESTS'],
    handle: async ({ live: { account }, proof, body, context }) => {
      const { clientAddress } = context;
      await limiter.check({ action: 'recoveryEmailResendCode', clientAddress, email: account.email });
      const { outcome } = await writer.resendVerifyCode({ proof, mail: body, request: context });
      switch (outcome) {
        case 'done':
          return {};
        case 'mail-unavailable':
          throw serviceError('SERVICE_UNAVAILABLE', { extras: { retryAfter: UNAVAILABLE_SECONDS } });
        case 'invalid-token':
          throw serviceError('INVALID_TOKEN');
      }
    },
  });
}

function verifyCode({ reader, writer, push, log }: WebheadService): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/recovery_email/verify_code',
    summary: 'Proves the address by the mailed code.',
    authentication: 'none',
    body: z.object({ uid: uidOfMail, code: hex(32) }),
    answer: nothing,
    errors: ['UNKNOWN_ACCOUNT', 'INVALID_VERIFICATION_CODE'],
    handle: async ({ body: { uid, code }, context }) => {
      const { outcome } = await writer.verifyEmail({ uid, code, request: context });
      switch (outcome) {
        case 'verified':
          // Not waited for: the address is verified, whether or not a device hears of it.
          reader
            .devicesOf(uid)
            .then((devices) => push.ping(devices.map(({ device }) => device)))
            .catch((error: unknown) =>
              log.warn({ err: error, uid }, 'devices were not told that the address is verified'),
            );
          return {};
        case 'already-verified':
          return {};
        case 'wrong-code':
          throw serviceError('INVALID_VERIFICATION_CODE');
        case 'unknown-account':
          throw serviceError('UNKNOWN_ACCOUNT');
      }
    },
  });
}
