/** A route as data: what it takes, answers and refuses. From this come its validation, its types and its place in the API document. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type ServiceErrorCode, serviceError } from '../accounts/service-errors.ts';
import type { Log } from '../platform/log.ts';
import type { HawkProof, RequestContext } from '../storage/commands/values.ts';
import type { OneTimeTokenKind, OneTimeTokenRecord, SessionRecord } from '../storage/records.ts';
import type { LiveToken } from '../storage/standing.ts';
import type { HawkAuthentication } from './hawk-authentication.ts';
import { requestContext } from './request-context.ts';

export type RouteAuthentication = 'none' | 'sessionToken' | 'optionalSessionToken' | OneTimeTokenKind;

interface ByAuthentication {
  readonly none: undefined;
  readonly sessionToken: LiveToken<SessionRecord> & { tokenId: string };
  readonly optionalSessionToken: (LiveToken<SessionRecord> & { tokenId: string }) | undefined;
  readonly keyFetchToken: LiveToken<OneTimeTokenRecord>;
  readonly passwordChangeToken: LiveToken<OneTimeTokenRecord>;
  readonly passwordForgotToken: LiveToken<OneTimeTokenRecord>;
  readonly accountResetToken: LiveToken<OneTimeTokenRecord>;
}

export interface RouteRequest<Body, Query, Authentication extends RouteAuthentication> {
  readonly body: Body;
  readonly query: Query;
  /** The live token that signed the request, with its account. */
  readonly live: ByAuthentication[Authentication];
  /** The client's own evidence, to be passed on to who must not take our word for it. */
  readonly proof: HawkProof;
  readonly context: RequestContext;
  /** Aborts when the client is gone before its answer: what is costly need not begin any more. Made when it is first looked at. */
  readonly signal: AbortSignal;
}

export interface RouteDefinition<
  Body extends z.ZodType,
  Query extends z.ZodType,
  Authentication extends RouteAuthentication,
  Answer extends z.ZodType,
> {
  readonly method: 'GET' | 'POST';
  /** Below the public URL's own path. */
  readonly path: string;
  readonly summary: string;
  readonly authentication: Authentication;
  /** The payload's hash must be under the MAC. */
  readonly signedPayload?: boolean;
  readonly body?: Body;
  readonly query?: Query;
  readonly answer: Answer;
  /** Errors beside those that any route of its kind has. */
  readonly errors: readonly ServiceErrorCode[];
  handle(request: RouteRequest<z.infer<Body>, z.infer<Query>, Authentication>): Promise<z.input<Answer>>;
}

/** A route whose types are known only to itself. */
export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly summary: string;
  readonly authentication: RouteAuthentication;
  readonly signedPayload: boolean;
  readonly body: z.ZodType | undefined;
  readonly query: z.ZodType | undefined;
  readonly answer: z.ZodType;
  readonly errors: readonly ServiceErrorCode[];
  register(app: FastifyInstance, parts: RouteParts): void;
}

export interface RouteParts {
  readonly hawk: HawkAuthentication;
  /** Path of the public URL, without a slash at its end. */
  readonly pathPrefix: string;
  readonly clientAddressDepth: number;
  readonly log: Log;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The token that the request's signature was checked against. */
    live?: unknown;
  }
}

/** Defines a route: its handler gets what its schemas say. */
export function defineRoute<
  Answer extends z.ZodType,
  Authentication extends RouteAuthentication,
  Body extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
>(definition: RouteDefinition<Body, Query, Authentication, Answer>): Route {
  const { method, path, authentication, signedPayload = false, body, query } = definition;
  return {
    ...definition,
    signedPayload,
    body,
    query,
    register: (app, parts) => {
      const authenticate = authenticator(authentication, parts.hawk);
      app.route({
        method,
        url: parts.pathPrefix + path,
        config: { ignoresBody: body === undefined },
        ...(authenticate === undefined ? {} : { onRequest: authenticate }),
        ...(method === 'POST' ? { onResponse: writeLogger(parts.log) } : {}),
        handler: async (request, reply) => {
          if (signedPayload) checkPayload(request, parts.hawk);
          return definition.handle({
            body: parseInput(body, request.body ?? {}, 'payload'),
            query: parseInput(query, request.query, 'query'),
            live: request.live as ByAuthentication[Authentication],
            proof: proofOf(request),
            context: requestContext(request, parts.clientAddressDepth),
            get signal() {
              return signalOfGoneClient(reply);
            },
          });
        },
      });
    },
  };
}

/** One line a write. Reads are the balancer's to log: polls would drown all else. URLs hold codes, so the route stands for them. */
function writeLogger(log: Log) {
  return (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const { statusCode, elapsedTime } = reply;
    const { errno } = request;
    log.info({ route: request.routeOptions.url, statusCode, errno, ms: Math.round(elapsedTime) }, 'request');
    done();
  };
}

function authenticator(authentication: RouteAuthentication, hawk: HawkAuthentication) {
  if (authentication === 'none') return undefined;
  return async (request: FastifyRequest) => {
    const signed = { authorization: request.headers.authorization, method: request.method, url: request.url };
    if (authentication === 'sessionToken') request.live = await hawk.session(signed);
    else if (authentication !== 'optionalSessionToken') request.live = await hawk.oneTimeToken(authentication, signed);
    else if (signed.authorization !== undefined) request.live = await hawk.session(signed);
  };
}

function signalOfGoneClient({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

const EMPTY = Buffer.alloc(0);

function checkPayload(request: FastifyRequest, hawk: HawkAuthentication): void {
  const signed = { authorization: request.headers.authorization, method: request.method, url: request.url };
  hawk.payload(signed, { contentType: request.headers['content-type'] ?? '', body: request.rawBody ?? EMPTY });
}

function proofOf({ headers, method, url }: FastifyRequest): HawkProof {
  return { authorization: headers.authorization ?? '', method: method === 'POST' ? 'POST' : 'GET', path: url };
}

/** @throws a service error: 108 for the first thing that is missing, else 107 for what is wrong. */
function parseInput<Schema extends z.ZodType>(
  schema: Schema | undefined,
  value: unknown,
  source: 'payload' | 'query',
): z.infer<Schema> {
  if (schema === undefined) return undefined as z.infer<Schema>;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw inputError(parsed.error.issues, value, source);
}

function inputError(issues: readonly z.core.$ZodIssue[], value: unknown, source: 'payload' | 'query') {
  const paths = issues.map(({ path }) => path);
  const missing = issues.find(
    (issue) => issue.path.length > 0 && issue.code !== 'unrecognized_keys' && valueAt(value, issue.path) === undefined,
  );
  if (missing !== undefined) return missingParameter(missing.path.join('.'));
  const [unknown] = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, `.${key}`].join('')) : [],
  );
  const keys = [unknown ?? (paths[0]?.join('.') || 'value')];
  return serviceError('INVALID_PARAMETER', { extras: { validation: { source, keys } } });
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key) ? Reflect.get(inner, key) : undefined,
    value,
  );
}

/** The error for something that a client must say and did not. */
export function missingParameter(param: string) {
  return serviceError('MISSING_PARAMETER', {
    message: `Missing parameter in request body: ${param}`,
    extras: { param },
  });
}

/** The error for something that a client may not say so. */
export function invalidParameter(key: string) {
  return serviceError('INVALID_PARAMETER', { extras: { validation: { source: 'payload', keys: [key] } } });
}

/** An answer without members. */
export const nothing = z.object({});
