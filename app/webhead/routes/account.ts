/** Routes that make, find and end accounts. */

import { z } from 'zod';
import { normalizeEmail } from '../../accounts/email-address.ts';
import { serviceError } from '../../accounts/service-errors.ts';
import type { DeviceDescription } from '../../storage/commands/values.ts';
import { stretchNewPassword, withPassword } from '../passwords.ts';
import { defineRoute, invalidParameter, missingParameter, nothing, type Route } from '../route.ts';
import type { WebheadService } from '../service.ts';
import {
  arePushKeysPaired,
  deviceMembers,
  emailAddress,
  hex,
  keysQuery,
  reason,
  redirectTo,
  resume,
  service as serviceName,
} from '../values.ts';

const sessionAnswer = {
  uid: z.string(),
  sessionToken: z.string(),
  authAt: z.int(),
  keyFetchToken: z.string().optional(),
};
/** Members that newer clients read. */
const verificationAnswer = {
  verificationMethod: z.literal('email').optional(),
  verificationReason: z.literal('signup').optional(),
};
const unverified = { verificationMethod: 'email', verificationReason: 'signup' } as const;

/** The device that a sign-up or a login brings along. */
function bringsDevice({ development }: WebheadService) {
  const { capabilities, ...members } = deviceMembers(development);
  return z.object({
    id: hex(32).optional(),
    ...z.object(members).partial().shape,
    capabilities: capabilities.optional(),
  });
}

type BroughtDevice = z.infer<ReturnType<typeof bringsDevice>>;

/** A device as the commands take it. */
export function describeDevice({
  capabilities: _ignored,
  availableCommands,
  ...device
}: BroughtDevice): DeviceDescription {
  return {
    ...device,
    ...(availableCommands === undefined ? {} : { availableCommands: JSON.stringify(availableCommands) }),
  };
}

export function accountRoutes(service: WebheadService): readonly Route[] {
  return [
    createAccount(service),
    login(service),
    statusByUid(service),
    statusByEmail(service),
    profile(),
    destroyAccount(service),
  ];
}

function createAccount(service: WebheadService): Route {
  const { writer, limiter, development, now } = service;
  return defineRoute({
    method: 'POST',
    path: '/v1/account/create',
    summary:
      'Makes an account and its first session; mails a code to the address. A `preVerifyToken` is always refused: no issuer of them is trusted.',
    authentication: 'none',
    query: z.object({
      keys: keysQuery,
      service: serviceName.optional(),
      ...(development
        ? {
            _createdAt: z
              .string()
              .regex(/^\d{1,15}$/)
              .transform(Number)
              .optional(),
          }
        : {}),
    }) as z.ZodType<{ keys: boolean; service?: string | undefined; _createdAt?: number | undefined }>,
    body: z.object({
      email: emailAddress,
      authPW: hex(64),
      // Outside of test suites an address is proved by its owner alone, and asking otherwise is told to be wrong.
      preVerified: development ? z.boolean().optional() : z.never().optional(),
      preVerifyToken: z.string().max(2048).optional(),
      service: serviceName.optional(),
      redirectTo: redirectTo(service.redirectDomain).optional(),
      resume: resume.optional(),
      device: bringsDevice(service).required({ name: true, type: true }).optional(),
    }),
    answer: z.object({ ...sessionAnswer, ...verificationAnswer, device: z.record(z.string(), z.unknown()).optional() }),
    errors: ['ACCOUNT_EXISTS', 'INVALID_VERIFICATION_CODE', 'TOO_MANY_REQUESTS'],
    handle: async ({ body, query, context, signal }) => {
      const { email, authPW, device, preVerified = false, redirectTo: redirect, resume: resumed } = body;
      const backDated = backDatedSession(query._createdAt, now());
      const brought = broughtDevice(device);
      await limiter.check({ action: 'accountCreate', clientAddress: context.clientAddress, email });
      const holder = await service.reader.accountByEmail(normalizeEmail(email));
      if (holder?.verified === true) throw serviceError('ACCOUNT_EXISTS', { extras: { email } });
      if (body.preVerifyToken !== undefined) throw serviceError('INVALID_VERIFICATION_CODE');
      const created = await writer.createAccount({
        email,
        password: await stretchNewPassword(service, { authPW, signal }),
        preVerified,
        wantsKeys: query.keys,
        mail: { service: body.service ?? query.service, redirectTo: redirect, resume: resumed },
        request: context,
        ...backDated,
        ...brought,
      });
      if (created.outcome === 'email-taken') throw serviceError('ACCOUNT_EXISTS', { extras: { email } });
      const { uid, verified, session, deviceId } = created;
      return {
        uid,
        ...session,
        ...(verified ? {} : unverified),
        ...(deviceId === undefined ? {} : { device: { ...device, id: deviceId } }),
      };
    },
  });
}

/** For test suites: the time at which a new session is said to have begun. */
function backDatedSession(sessionCreatedAt: number | undefined, now: number): { sessionCreatedAt?: number } {
  if (sessionCreatedAt === undefined) return {};
  if (sessionCreatedAt >= now) throw invalidParameter('_createdAt');
  return { sessionCreatedAt };
}

function broughtDevice(device: BroughtDevice | undefined): { device?: DeviceDescription } {
  if (device === undefined) return {};
  if (!arePushKeysPaired(device)) throw missingParameter('pushAuthKey');
  return { device: describeDevice(device) };
}

function login(service: WebheadService): Route {
  const { writer, limiter } = service;
  return defineRoute({
    method: 'POST',
    path: '/v1/account/login',
    summary: 'Opens a session.',
    authentication: 'none',
    query: z.object({ keys: keysQuery, service: serviceName.optional() }),
    body: z.object({
      email: emailAddress,
      authPW: hex(64),
      originalLoginEmail: emailAddress.optional(),
      service: serviceName.optional(),
      reason: reason.optional(),
      device: bringsDevice(service).optional(),
    }),
    answer: z.object({ ...sessionAnswer, ...verificationAnswer, verified: z.boolean() }),
    errors: [
      'UNKNOWN_ACCOUNT',
      'INCORRECT_PASSWORD',
      'INCORRECT_EMAIL_CASE',
      'ACCOUNT_LOCKED',
      'ACCOUNT_MUST_BE_RESET',
      'LOGIN_WITH_OTHER_EMAIL',
      'TOO_MANY_REQUESTS',
    ],
    handle: async ({ body, query, context, signal }) => {
      const { email, authPW, originalLoginEmail: typedEmail, device } = body;
      const brought = broughtDevice(device);
      await limiter.check({ action: 'accountLogin', clientAddress: context.clientAddress, email });
      const { ended, account } = await withPassword(
        service,
        { email, authPW, typedEmail, caseFirst: true, signal },
        (evidence) =>
          writer.login({
            ...evidence,
            wantsKeys: query.keys,
            request: context,
            service: body.service ?? query.service,
            reason: body.reason,
            ...brought,
          }),
      );
      return { uid: account.uid, ...ended.session, verified: ended.verified, ...(ended.verified ? {} : unverified) };
    },
  });
}

function statusByUid({ reader }: WebheadService): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/account/status',
    summary: 'Whether an account is there: the one that signed the request, or the one of a uid.',
    authentication: 'optionalSessionToken',
    query: z.object({ uid: hex(32).optional() }),
    answer: z.object({ exists: z.boolean(), locale: z.string().nullable().optional() }),
    errors: [],
    handle: async ({ live, query }) => {
      if (live !== undefined) return { exists: true, locale: live.account.locale };
      if (query.uid === undefined) throw missingParameter('uid');
      return { exists: (await reader.accountByUid(query.uid)) !== undefined };
    },
  });
}

function statusByEmail({ reader, limiter }: WebheadService): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/account/status',
    summary: 'Whether an e-mail has an account.',
    authentication: 'none',
    body: z.object({ email: emailAddress }),
    answer: z.object({ exists: z.boolean() }),
    errors: ['TOO_MANY_REQUESTS'],
    handle: async ({ body, context }) => {
      await limiter.check({ action: 'accountStatusCheck', clientAddress: context.clientAddress, email: body.email });
      return { exists: (await reader.accountByEmail(normalizeEmail(body.email))) !== undefined };
    },
  });
}

function profile(): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/account/profile',
    summary: "The account's own e-mail and languages.",
    authentication: 'sessionToken',
    answer: z.object({ email: z.string(), locale: z.string().optional() }),
    errors: [],
    handle: async ({ live: { account } }) => ({
      email: account.email,
      ...(account.locale === null ? {} : { locale: account.locale }),
    }),
  });
}

function destroyAccount(service: WebheadService): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/account/destroy',
    summary: 'Ends an account, with all that belongs to it.',
    authentication: 'optionalSessionToken',
    body: z.object({ email: emailAddress, authPW: hex(64) }),
    answer: nothing,
    errors: [
      'UNKNOWN_ACCOUNT',
      'INCORRECT_PASSWORD',
      'INCORRECT_EMAIL_CASE',
      'ACCOUNT_LOCKED',
      'ACCOUNT_MUST_BE_RESET',
      'TOO_MANY_REQUESTS',
    ],
    handle: async ({ body: { email, authPW }, context, signal }) => {
      await service.limiter.check({ action: 'accountDestroy', clientAddress: context.clientAddress, email });
      await withPassword(service, { email, authPW, caseFirst: false, signal }, (evidence) =>
        service.writer.destroyAccount({ ...evidence, request: context }),
      );
      return {};
    },
  });
}
