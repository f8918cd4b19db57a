/** What attached services are told of an account, in the members that they expect. */

import type { AccountEvent, AccountRecord } from '../../storage/records.ts';

/** The service whose logins are told. */
const TOLD_SERVICE = 'sync';

export function verifiedEvent(
  { uid, email, locale }: Pick<AccountRecord, 'uid' | 'email' | 'locale'>,
  at: number,
): AccountEvent {
  return { kind: 'verified', uid, at, details: { email, locale } };
}

/** A login's event where the service is one that is told of logins, else none. */
export function loginEvents(
  { uid, email }: Pick<AccountRecord, 'uid' | 'email'>,
  {
    service,
    deviceCount,
    userAgent,
    at,
  }: { service: string | undefined; deviceCount: number; userAgent: string | null; at: number },
): readonly AccountEvent[] {
  return service === TOLD_SERVICE
    ? [{ kind: 'login', uid, at, details: { service, email, deviceCount, userAgent } }]
    : [];
}

export function passwordEvent(
  kind: 'reset' | 'passwordChange',
  { uid, generation }: Pick<AccountRecord, 'uid' | 'generation'>,
  at: number,
): AccountEvent {
  return { kind, uid, at, details: { generation } };
}

export function deleteEvent(uid: string, at: number): AccountEvent {
  return { kind: 'delete', uid, at, details: {} };
}
