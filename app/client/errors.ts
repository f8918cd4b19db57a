/** What a client of the accounts service may be told, by number, and what it may run into. */

import { SERVICE_ERRORS, type ServiceErrorCode } from '../accounts/service-errors.ts';

/** The service refused. `errno` says why; `extras` hold what else it told, such as `email` or `retryAfter`. */
export class AccountsError extends Error {
  override readonly name = 'AccountsError';
  readonly errno: number;
  readonly statusCode: number;
  readonly extras: Readonly<Record<string, unknown>>;
  constructor(
    message: string,
    { errno, statusCode, extras }: { errno: number; statusCode: number; extras: Readonly<Record<string, unknown>> },
  ) {
    super(message);
    this.errno = errno;
    this.statusCode = statusCode;
    this.extras = extras;
  }

  /** Whether this is the refusal of that name. */
  is(code: ServiceErrorCode): boolean {
    return SERVICE_ERRORS[code].errno === this.errno && SERVICE_ERRORS[code].statusCode === this.statusCode;
  }
}

/** The service was not reached, or did not answer in time, or with something that is no answer of its. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
}
