/** The API document, made from the routes themselves: what is validated is what is written. */

import { z } from 'zod';
import { SERVICE_ERRORS, type ServiceErrorCode } from '../accounts/service-errors.ts';
import type { Route, RouteAuthentication } from './route.ts';

type Json = Readonly<Record<string, unknown>>;

const ANY_ROUTE: readonly ServiceErrorCode[] = ['MALFORMED_REQUEST', 'SERVICE_UNAVAILABLE', 'UNSPECIFIED'];
const TAKES_INPUT: readonly ServiceErrorCode[] = ['INVALID_PARAMETER', 'MISSING_PARAMETER'];
const TAKES_BODY: readonly ServiceErrorCode[] = ['INVALID_JSON', 'REQUEST_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'];
const IS_SIGNED: readonly ServiceErrorCode[] = [
  'INVALID_SIGNATURE',
  'INVALID_TOKEN',
  'MISSING_AUTHENTICATION',
  'INVALID_TIMESTAMP',
  'INVALID_NONCE',
  'BAD_HAWK_HEADER',
];
const HAS_SIGNED_PAYLOAD: readonly ServiceErrorCode[] = ['MISSING_PAYLOAD_AUTHENTICATION', 'INVALID_PAYLOAD_HASH'];

/** Every error that a route can answer: its own, and those of its kind. */
export function errorsOf({
  errors,
  authentication,
  signedPayload,
  body,
  query,
  method,
}: Route): readonly ServiceErrorCode[] {
  return [
    ...errors,
    ...(body === undefined && query === undefined ? [] : TAKES_INPUT),
    ...(method === 'POST' ? TAKES_BODY : []),
    ...(authentication === 'none' ? [] : IS_SIGNED),
    ...(signedPayload ? HAS_SIGNED_PAYLOAD : []),
    ...ANY_ROUTE,
  ];
}

/** The OpenAPI document of a set of routes. @see OpenAPI 3.1 */
export function openApiDocument(routes: readonly Route[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes)
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Accounts API',
      version: 'v1',
      description:
        'Sign-up, login, keys, devices and BrowserID certificates. Times in answers are seconds unless a member says otherwise.',
      license: { name: 'MPL-2.0', identifier: 'MPL-2.0' },
    },
    paths: Object.fromEntries(Object.entries(paths).sort(([left], [right]) => (left < right ? -1 : 1))),
    components: {
      securitySchemes: {
        hawk: {
          type: 'http',
          scheme: 'hawk',
          description:
            'Hawk with SHA-256. The id is the hex of the first 32 bytes that a token derives to, the key the next 32. Host and port are those of the public URL.',
        },
      },
      schemas: { Error: errorSchema() },
    },
  };
}

function operation(route: Route): Json {
  const { summary, authentication, signedPayload, body, query, answer } = route;
  return {
    summary,
    ...(authentication === 'none' ? {} : { security: securityOf(authentication), 'x-token': authentication }),
    ...(signedPayload ? { 'x-signed-payload': true } : {}),
    ...(query === undefined ? {} : { parameters: queryParameters(query) }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: jsonContent(jsonSchema(body, 'input')) } }),
    responses: {
      200: { description: 'Done.', content: jsonContent(jsonSchema(answer, 'output')) },
      ...errorResponses(route),
    },
  };
}

function securityOf(authentication: RouteAuthentication): readonly Json[] {
  return authentication === 'optionalSessionToken' ? [{ hawk: [] }, {}] : [{ hawk: [] }];
}

function queryParameters(query: z.ZodType): readonly Json[] {
  const { properties = {}, required = [] } = jsonSchema(query, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

function errorResponses(route: Route): Json {
  const byStatus = new Map<number, string[]>();
  for (const code of errorsOf(route)) {
    const { statusCode, errno, message } = SERVICE_ERRORS[code];
    byStatus.set(statusCode, [...(byStatus.get(statusCode) ?? []), `${errno} ${message}`]);
  }
  const content = jsonContent({ $ref: '#/components/schemas/Error' });
  return Object.fromEntries(
    [...byStatus].map(([status, lines]) => [status, { description: [...new Set(lines)].join('; '), content }]),
  );
}

function jsonContent(schema: Json): Json {
  return { 'application/json': { schema } };
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const {
    $schema: _dialect,
    additionalProperties: _closed,
    ...rest
  } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}

function errorSchema(): Json {
  return {
    type: 'object',
    required: ['code', 'errno', 'error', 'message', 'info'],
    properties: {
      code: { type: 'integer', description: 'The HTTP status.' },
      errno: {
        type: 'integer',
        enum: [...new Set(Object.values(SERVICE_ERRORS).map(({ errno }) => errno))].sort((left, right) => left - right),
      },
      error: { type: 'string' },
      message: { type: 'string' },
      info: { type: 'string' },
      email: { type: 'string', description: 'The address as the account has it, where that helps.' },
      retryAfter: { type: 'integer', description: 'Seconds to wait; also in the header.' },
      serverTime: { type: 'integer', description: 'Seconds since the epoch.' },
      tries: { type: 'integer' },
      ttl: { type: 'integer' },
      param: { type: 'string' },
      validation: { type: 'object' },
      deviceId: { type: 'string' },
    },
  };
}
