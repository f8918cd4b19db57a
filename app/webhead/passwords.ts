/** A client's password as evidence: the account it is for, in the order in which refusals are told, and the stretching of it. */

import { normalizeEmail } from '../accounts/email-address.ts';
import { serviceError } from '../accounts/service-errors.ts';
import type { StretchedPassword } from '../storage/commands/values.ts';
import type { AccountRecord } from '../storage/records.ts';
import type { WebheadService } from './service.ts';

const SALT_BYTES = 32;
/** The salt by which an operator demands that a password be reset. */
const FORCED_RESET_SALT = 'f'.repeat(2 * SALT_BYTES);

export interface PasswordClaim {
  readonly email: string;
  readonly authPW: string;
  /** What the client's user typed, where that is told: it must name the same account. */
  readonly typedEmail?: string | undefined;
  /** Whether a wrong case of the e-mail is told before the password is looked at, as login does. */
  readonly caseFirst: boolean;
  readonly signal: AbortSignal;
}

interface PasswordRefusal {
  readonly outcome: 'wrong-password' | 'locked' | 'password-moved' | 'unknown-account';
}

type Attempt<Ended extends { outcome: string }> = (evidence: {
  uid: string;
  password: StretchedPassword;
}) => Promise<Ended | PasswordRefusal>;

/**
 * Runs a command with a client's stretched password as evidence.
 * @throws a service error: 102, 142, 120, 121, 126 or 103, in the order in which clients know them
 */
export async function withPassword<Ended extends { outcome: string }>(
  service: WebheadService,
  claim: PasswordClaim,
  attempt: Attempt<Ended>,
): Promise<{ ended: Exclude<Ended, PasswordRefusal>; account: AccountRecord }> {
  // The salt may be renewed while the password is stretched with the old one; once more with the new one is enough.
  const { authPW, signal } = claim;
  for (const last of [false, true]) {
    const account = await findAccount(service, claim);
    const { authSalt, verifierVersion, uid } = account;
    const password = await service.stretcher.stretch({ authPW, authSalt, verifierVersion, signal });
    const ended = await attempt({ uid, password });
    if (!isRefusal(ended)) return { ended: ended as Exclude<Ended, PasswordRefusal>, account };
    if (ended.outcome !== 'password-moved' || last) throw refusalError(ended, { claim, account });
  }
  throw new RangeError('the loop above ends by itself');
}

async function findAccount(
  { reader }: WebheadService,
  { email, typedEmail = email, caseFirst }: PasswordClaim,
): Promise<AccountRecord> {
  const account = await reader.accountByEmail(normalizeEmail(email));
  if (account === undefined) throw serviceError('UNKNOWN_ACCOUNT', { extras: { email } });
  if (normalizeEmail(typedEmail) !== normalizeEmail(account.email)) throw serviceError('LOGIN_WITH_OTHER_EMAIL');
  if (caseFirst && account.email !== email)
    throw serviceError('INCORRECT_EMAIL_CASE', { extras: { email: account.email } });
  if (account.lockedAt !== null) throw serviceError('ACCOUNT_LOCKED');
  if (account.authSalt === FORCED_RESET_SALT)
    throw serviceError('ACCOUNT_MUST_BE_RESET', { extras: { email: account.email } });
  return account;
}

const REFUSALS: ReadonlySet<string> = new Set<PasswordRefusal['outcome']>([
  'wrong-password',
  'locked',
  'password-moved',
  'unknown-account',
]);

function isRefusal(ended: { outcome: string }): ended is PasswordRefusal {
  return REFUSALS.has(ended.outcome);
}

function refusalError(
  { outcome }: PasswordRefusal,
  { claim, account }: { claim: PasswordClaim; account: AccountRecord },
) {
  switch (outcome) {
    case 'unknown-account':
      return serviceError('UNKNOWN_ACCOUNT', { extras: { email: claim.email } });
    case 'locked':
      return serviceError('ACCOUNT_LOCKED');
    case 'wrong-password':
    case 'password-moved': {
      // The e-mail salts the client's own derivation, so another case of it makes another password.
      const code = account.email === claim.email ? 'INCORRECT_PASSWORD' : 'INCORRECT_EMAIL_CASE';
      return serviceError(code, { extras: { email: account.email } });
    }
  }
}

/** Stretches a new password with a new salt. */
export function stretchNewPassword(
  { stretcher, verifierVersion, random }: WebheadService,
  { authPW, signal }: { authPW: string; signal: AbortSignal },
): Promise<StretchedPassword> {
  return stretcher.stretch({ authPW, authSalt: random(SALT_BYTES).toString('hex'), verifierVersion, signal });
}
