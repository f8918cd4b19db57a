/** Turning whatever is thrown into the error bodies that clients know. */

import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isServiceError, type ServiceError, serviceError } from '../accounts/service-errors.ts';
import { KeysignerUnavailable } from '../keysigner/client.ts';
import type { Log } from '../platform/log.ts';
import { StoreUnavailable } from '../storage/errors.ts';
import { StretcherBusy } from './stretcher/client.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of the error that the request was answered with, for the log. */
    errno?: number | undefined;
  }
}

/** Where clients' authors can read what an error means. */
const INFO_URL = 'https://github.com/mozilla/fxa-auth-server/blob/master/docs/api.md#response-format';
const RETRY_AFTER_SECONDS = 30;
/** What is busy now is likely free so soon. */
const RETRY_AFTER_BUSY_SECONDS = 5;

/** The body of an error's answer. */
export function errorBody({
  statusCode,
  errno,
  message,
  code,
  extras,
}: ServiceError): Readonly<Record<string, unknown>> {
  const error = code === 'REQUEST_BLOCKED' ? 'Request blocked' : (STATUS_CODES[statusCode] ?? 'Error');
  return { code: statusCode, errno, error, message, info: INFO_URL, ...extras };
}

/** Answers every error of a webhead's routes, and every path that is none. */
export function answerErrors(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error, request, reply) => answerError(error, { request, reply, log }));
  app.setNotFoundHandler((request, reply) => answerError(serviceError('NOT_FOUND'), { request, reply, log }));
}

/** Answers one error; an unknown one is logged once, with its cause, and told without details. */
export function answerError(
  thrown: unknown,
  { request, reply, log }: { request: FastifyRequest; reply: FastifyReply; log: Log },
): FastifyReply {
  const error = asServiceError(thrown);
  request.errno = error.errno;
  if (error.statusCode >= 500) {
    // Under a flood of logins, or without a store, this is the usual answer: a stack trace for each would cost more than the refusal.
    const isPlain =
      thrown instanceof StretcherBusy || (thrown instanceof StoreUnavailable && thrown.cause === undefined);
    const cause = isPlain ? { reason: thrown.message } : { err: thrown };
    const line = { ...cause, errno: error.errno, method: request.method, route: request.routeOptions.url };
    if (error.statusCode === 503) log.warn(line, 'answered that a part of the service is unavailable');
    else log.error(line, 'a request failed by an unknown error');
  }
  const { retryAfter } = error.extras;
  if (typeof retryAfter === 'number') reply.header('retry-after', retryAfter);
  return reply.code(error.statusCode).header('content-type', 'application/json; charset=utf-8').send(errorBody(error));
}

function asServiceError(thrown: unknown): ServiceError {
  if (isServiceError(thrown)) return thrown;
  if (thrown instanceof StretcherBusy) return unavailable(thrown, RETRY_AFTER_BUSY_SECONDS);
  if (thrown instanceof StoreUnavailable || thrown instanceof KeysignerUnavailable)
    return unavailable(thrown, RETRY_AFTER_SECONDS);
  const { code, statusCode, name } = thrown as Partial<FastifyError>;
  if (name === 'AskTimedOut') return unavailable(thrown, RETRY_AFTER_SECONDS);
  if (code === 'INVALID_JSON') return serviceError('INVALID_JSON');
  if (statusCode === 413) return serviceError('REQUEST_TOO_LARGE');
  if (statusCode === 415) return serviceError('UNSUPPORTED_MEDIA_TYPE');
  // A path that does not decode, a parameter that is too long, a body shorter than it says: the client's mistakes.
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return serviceError('MALFORMED_REQUEST', { cause: thrown });
  return serviceError('UNSPECIFIED', { cause: thrown });
}

function unavailable(cause: unknown, retryAfter: number): ServiceError {
  return serviceError('SERVICE_UNAVAILABLE', { cause, extras: { retryAfter } });
}
