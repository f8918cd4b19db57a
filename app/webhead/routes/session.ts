/** Routes on sessions, and the signing of certificates for them. */

import { z } from 'zod';
import { serviceError } from '../../accounts/service-errors.ts';
import { clientPublicKey, missingKeyMember } from '../../browserid/public-key.ts';
import { defineRoute, invalidParameter, missingParameter, nothing, type Route } from '../route.ts';
import type { WebheadService } from '../service.ts';
import { duration, hex, service as serviceName } from '../values.ts';

const CERTIFICATE_MS_MAX = 86_400_000;

export function sessionRoutes(service: WebheadService): readonly Route[] {
  return [sessionStatus(), destroySession(service), fetchKeys(service), signCertificate(service)];
}

function sessionStatus(): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/session/status',
    summary: 'Whether the session stands.',
    authentication: 'sessionToken',
    answer: z.object({ uid: z.string(), state: z.string().describe('verified or unverified') }),
    errors: [],
    handle: async ({ live: { account } }) => ({
      uid: account.uid,
      state: account.verified ? 'verified' : 'unverified',
    }),
  });
}

function destroySession({ writer }: WebheadService): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/session/destroy',
    summary: 'Ends this session, or another one of the same account by its token id.',
    authentication: 'sessionToken',
    body: z.object({ customSessionToken: hex(64).optional() }),
    answer: nothing,
    errors: [],
    handle: async ({ proof, body: { customSessionToken: otherTokenId } }) => {
      const { outcome } = await writer.destroySession({ proof, otherTokenId });
      if (outcome === 'invalid-token') throw serviceError('INVALID_TOKEN');
      return {};
    },
  });
}

function fetchKeys({ writer }: WebheadService): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/account/keys',
    summary: 'The encrypted keys, once for each key fetch token; the token of an unverified account stays.',
    authentication: 'keyFetchToken',
    answer: z.object({ bundle: z.string() }),
    errors: ['UNVERIFIED_ACCOUNT'],
    handle: async ({ live: { account }, proof }) => {
      if (!account.verified) throw serviceError('UNVERIFIED_ACCOUNT');
      const fetched = await writer.fetchKeys({ proof });
      switch (fetched.outcome) {
        case 'keys':
          return { bundle: fetched.bundle };
        case 'unverified-account':
          throw serviceError('UNVERIFIED_ACCOUNT');
        case 'invalid-token':
          throw serviceError('INVALID_TOKEN');
      }
    },
  });
}

function signCertificate({ keysigner, toucher }: WebheadService): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/certificate/sign',
    summary: "Signs a client's public key.",
    authentication: 'sessionToken',
    signedPayload: true,
    query: z.object({ service: serviceName.optional() }),
    body: z.object({ publicKey: clientPublicKey, duration: duration(CERTIFICATE_MS_MAX) }),
    answer: z.object({ cert: z.string() }),
    errors: ['UNVERIFIED_ACCOUNT', 'TOO_MANY_REQUESTS'],
    handle: async ({ live, body: { publicKey, duration: durationMs }, proof, context }) => {
      const { token, account } = live;
      if (!account.verified) throw serviceError('UNVERIFIED_ACCOUNT');
      const missing = missingKeyMember(publicKey);
      if (missing !== undefined) throw missingParameter(missing);
      toucher.touch({ ...live, proof, context });
      const { uid, email, generation, keysChangedAt } = account;
      const lastAuthAt = Math.floor(token.createdAt / 1000);
      const asked = {
        uid,
        email,
        generation,
        keysChangedAt,
        lastAuthAt,
        deviceId: token.deviceId,
        publicKey,
        durationMs,
      };
      const signed = await keysigner.signCertificate(asked);
      switch (signed.outcome) {
        case 'signed':
          return { cert: signed.cert };
        case 'too-many-requests':
          throw serviceError('TOO_MANY_REQUESTS', { extras: { retryAfter: signed.retryAfterSeconds } });
        case 'duration-too-long':
          throw invalidParameter('duration');
      }
    },
  });
}
