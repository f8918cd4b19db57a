/** The HTTP face of the keysigner: it signs what webheads ask for, within its own rules, and records each signature. */

import { createHash } from 'node:crypto';
import type { FastifyError, FastifyInstance } from 'fastify';
import { z } from 'zod';
import { certificatePayload, certificateSigningInput } from '../browserid/certificate.ts';
import { clientPublicKey, missingKeyMember } from '../browserid/public-key.ts';
import { createHttpServer, type HttpServerOptions, registerProbes } from '../platform/http-server.ts';
import type { Log } from '../platform/log.ts';
import type { PairSecrets } from '../platform/secrets.ts';
import { createServiceCallVerifier } from '../platform/service-call/verifier.ts';
import { readReleaseVersion } from '../platform/version.ts';
import type { RateLimit } from './rate-limit.ts';
import { type SigningKeys, SigningUnavailable } from './signing-keys.ts';

const BODY_BYTES_MAX = 16_384;
const RETRY_AFTER_SECONDS = 5;

/** What a certificate is asked for with. The domain is the keysigner's own and cannot be asked for. */
const certificateRequest = z.strictObject({
  uid: z.string().regex(/^[0-9a-f]{32}$/),
  email: z.string().min(3).max(255),
  /** ms */
  generation: z.int().nonnegative(),
  /** Seconds. */
  lastAuthAt: z.int().nonnegative(),
  /** ms */
  keysChangedAt: z.int().nonnegative(),
  deviceId: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .nullable(),
  publicKey: clientPublicKey,
  durationMs: z.int().nonnegative(),
});
export type CertificateRequest = z.infer<typeof certificateRequest>;

export interface KeysignerServerOptions {
  readonly log: Log;
  readonly keys: SigningKeys;
  readonly domain: string;
  readonly durationMsMax: number;
  /** This service's URL as its callers configure it. */
  readonly url: string;
  readonly webheadSecrets: PairSecrets;
  readonly perUid: RateLimit;
  readonly perCaller: RateLimit;
  readonly signaturesMax: number;
  readonly now: () => number;
  readonly tls?: HttpServerOptions['tls'];
  readonly drainMs: number;
}

export function createKeysignerServer(options: KeysignerServerOptions): FastifyInstance {
  const { log, keys, url, webheadSecrets, now, tls, drainMs } = options;
  const app = createHttpServer({ bodyBytesMax: BODY_BYTES_MAX, drainMs, tls });
  const verifier = createServiceCallVerifier(app, { url, callers: { webhead: webheadSecrets }, now });
  registerProbes(app, { version: readReleaseVersion(), heartbeat: async () => void keys.published() });
  answerErrors(app, log);

  app.get('/v1/keys', async (request) => {
    verifier.verify(request);
    return { keys: keys.published() };
  });

  const sign = createSigner(options);
  app.post('/v1/certificates', async (request, reply) => {
    const caller = verifier.verify(request);
    const asked = certificateRequest.safeParse(request.body);
    if (!asked.success) {
      const faults = asked.error.issues.map(({ path, code }) => `${path.join('.') || 'body'}: ${code}`);
      return reply.code(400).send({ error: 'wrong request', faults });
    }
    const signed = await sign(caller, asked.data);
    switch (signed.outcome) {
      case 'signed':
        return { cert: signed.cert };
      case 'refused':
        return reply.code(400).send({ error: 'wrong request', faults: [signed.fault] });
      case 'duration-too-long':
        return reply.code(400).send({
          error: 'duration too long',
          faults: [`durationMs: got ${asked.data.durationMs}, allowed: up to ${signed.durationMsMax}`],
        });
      case 'too-many':
        return reply.code(429).header('retry-after', signed.retryAfter).send({ retryAfter: signed.retryAfter });
      case 'busy':
        return reply
          .code(503)
          .header('retry-after', RETRY_AFTER_SECONDS)
          .send({ error: 'too many signatures in flight' });
    }
  });
  return app;
}

type SigningOutcome =
  | { readonly outcome: 'signed'; readonly cert: string }
  | { readonly outcome: 'refused'; readonly fault: string }
  | { readonly outcome: 'duration-too-long'; readonly durationMsMax: number }
  | { readonly outcome: 'too-many'; readonly retryAfter: number }
  | { readonly outcome: 'busy' };

function createSigner({
  log,
  keys,
  domain,
  durationMsMax,
  perUid,
  perCaller,
  signaturesMax,
  now,
}: KeysignerServerOptions) {
  let signatures = 0;
  return async (caller: string, request: CertificateRequest): Promise<SigningOutcome> => {
    const missing = missingKeyMember(request.publicKey);
    if (missing !== undefined) return { outcome: 'refused', fault: `publicKey.${missing}: missing` };
    if (request.durationMs > durationMsMax) return { outcome: 'duration-too-long', durationMsMax };
    if (signatures >= signaturesMax) return { outcome: 'busy' };
    // The account first: one that asks too often must not use up what its webheads may ask for all others.
    const retryAfter = perUid.take(request.uid) || perCaller.take(caller);
    if (retryAfter > 0) {
      log.warn({ audit: 'certificate-refused', caller, uid: request.uid, retryAfter }, 'too many signatures');
      return { outcome: 'too-many', retryAfter };
    }
    signatures += 1;
    try {
      const kid = keys.kid();
      const input = certificateSigningInput(kid, certificatePayload({ ...request, domain }, now()));
      const cert = `${input}.${await keys.sign(input)}`;
      const { uid, durationMs, generation, publicKey } = request;
      log.info({
        audit: 'certificate-signed',
        caller,
        uid,
        kid,
        durationMs,
        generation,
        publicKey: fingerprint(publicKey),
      });
      return { outcome: 'signed', cert };
    } finally {
      signatures -= 1;
    }
  };
}

/** Tells in the record which key was signed. */
function fingerprint(publicKey: CertificateRequest['publicKey']): string {
  return createHash('sha256').update(JSON.stringify(publicKey)).digest('hex').slice(0, 16);
}

function answerErrors(app: FastifyInstance, log: Log): void {
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'no such route' }));
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    if (error instanceof SigningUnavailable || error.name === 'AskTimedOut') {
      log.warn({ err: error }, 'signing is unavailable');
      return reply.code(503).header('retry-after', RETRY_AFTER_SECONDS).send({ error: 'signing unavailable' });
    }
    if (error.statusCode !== undefined && error.statusCode < 500) {
      log.warn({ reason: error.message, statusCode: error.statusCode }, 'refused a call');
      return reply.code(error.statusCode).send({ error: error.message });
    }
    log.error({ err: error }, 'a signature failed');
    return reply.code(500).send({ error: 'internal error' });
  });
}
