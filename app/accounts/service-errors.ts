/** Every error that a client of the accounts API can be sent, as one table, and how one of them is thrown. Pure: clients use it too. */

export interface ServiceErrorRow {
  readonly errno: number;
  readonly statusCode: number;
  readonly message: string;
}

/** `errno` is the contract with clients: never renumbered, and never used again once retired. */
export const SERVICE_ERRORS = {
  ACCOUNT_EXISTS: { errno: 101, statusCode: 400, message: 'Account already exists' },
  UNKNOWN_ACCOUNT: { errno: 102, statusCode: 400, message: 'Unknown account' },
  INCORRECT_PASSWORD: { errno: 103, statusCode: 400, message: 'Incorrect password' },
  UNVERIFIED_ACCOUNT: { errno: 104, statusCode: 400, message: 'Unverified account' },
  INVALID_VERIFICATION_CODE: { errno: 105, statusCode: 400, message: 'Invalid verification code' },
  INVALID_JSON: { errno: 106, statusCode: 400, message: 'Invalid JSON in request body' },
  INVALID_PARAMETER: { errno: 107, statusCode: 400, message: 'Invalid parameter in request body' },
  MISSING_PARAMETER: { errno: 108, statusCode: 400, message: 'Missing parameter in request body' },
  INVALID_SIGNATURE: { errno: 109, statusCode: 401, message: 'Bad mac' },
  INVALID_PAYLOAD_HASH: { errno: 109, statusCode: 401, message: 'Payload is invalid' },
  INVALID_TOKEN: { errno: 110, statusCode: 401, message: 'Invalid authentication token in request signature' },
  MISSING_AUTHENTICATION: { errno: 110, statusCode: 401, message: 'Missing authentication' },
  MISSING_PAYLOAD_AUTHENTICATION: { errno: 110, statusCode: 401, message: 'Missing payload authentication' },
  INVALID_TIMESTAMP: { errno: 111, statusCode: 401, message: 'Invalid timestamp in request signature' },
  MISSING_CONTENT_LENGTH: { errno: 112, statusCode: 411, message: 'Missing content-length header' },
  REQUEST_TOO_LARGE: { errno: 113, statusCode: 413, message: 'Request body too large' },
  TOO_MANY_REQUESTS: { errno: 114, statusCode: 429, message: 'Client has sent too many requests' },
  INVALID_NONCE: { errno: 115, statusCode: 401, message: 'Invalid nonce in request signature' },
  ENDPOINT_RETIRED: { errno: 116, statusCode: 410, message: 'This endpoint is no longer supported' },
  INCORRECT_EMAIL_CASE: { errno: 120, statusCode: 400, message: 'Incorrect email case' },
  ACCOUNT_LOCKED: { errno: 121, statusCode: 400, message: 'Account is locked' },
  ACCOUNT_NOT_LOCKED: { errno: 122, statusCode: 400, message: 'Account is not locked' },
  UNKNOWN_DEVICE: { errno: 123, statusCode: 400, message: 'Unknown device' },
  SESSION_HAS_DEVICE: { errno: 124, statusCode: 400, message: 'Session already registered by another device' },
  REQUEST_BLOCKED: { errno: 125, statusCode: 400, message: 'The request was blocked for security reasons' },
  ACCOUNT_MUST_BE_RESET: { errno: 126, statusCode: 400, message: 'Account must be reset' },
  LOGIN_WITH_OTHER_EMAIL: {
    errno: 142,
    statusCode: 400,
    message: 'Sign in with this email type is not currently supported',
  },
  SERVICE_UNAVAILABLE: { errno: 201, statusCode: 503, message: 'Service unavailable' },
  FEATURE_NOT_ENABLED: { errno: 202, statusCode: 503, message: 'Feature not enabled' },
  BAD_HAWK_HEADER: { errno: 999, statusCode: 400, message: 'Bad header format' },
  NOT_FOUND: { errno: 999, statusCode: 404, message: 'Not Found' },
  MALFORMED_REQUEST: { errno: 999, statusCode: 400, message: 'Bad Request' },
  UNSUPPORTED_MEDIA_TYPE: { errno: 999, statusCode: 415, message: 'Unsupported Media Type' },
  UNSPECIFIED: { errno: 999, statusCode: 500, message: 'Unspecified error' },
} as const satisfies Record<string, ServiceErrorRow>;

export type ServiceErrorCode = keyof typeof SERVICE_ERRORS;

/** Values beside the fixed members of an error body, as the table's readers expect them: `email`, `retryAfter`, `tries`, … */
export type ServiceErrorExtras = Readonly<Record<string, unknown>>;

export interface ServiceError extends Error {
  readonly code: ServiceErrorCode;
  readonly errno: number;
  readonly statusCode: number;
  readonly extras: ServiceErrorExtras;
}

/** Makes an error that is answered to the client as its row says, with `extras` beside it. */
export function serviceError(
  code: ServiceErrorCode,
  { extras = {}, message, ...options }: ErrorOptions & { extras?: ServiceErrorExtras; message?: string } = {},
): ServiceError {
  const row = SERVICE_ERRORS[code];
  return Object.assign(new Error(message ?? row.message, options), {
    ...row,
    message: message ?? row.message,
    code,
    extras,
  });
}

/** Whether something thrown is an error of the table. */
export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'errno' in error && 'extras' in error && 'code' in error;
}
