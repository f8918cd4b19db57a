/** Records for tests of stores: made by number, so that an expected value can be written down. */

import type {
  AccountEvent,
  DeviceRecord,
  OneTimeTokenKind,
  OneTimeTokenRecord,
  SealedAccountRecord,
  SessionRecord,
} from '../../app/storage/records.ts';

/** When everything in these tests is born, in ms. */
export const BIRTH = 1_700_000_000_000;

/** So many bytes of hex that hold a number, after a byte that tells kinds of value apart. */
export function hexOf(kind: number, number: number, bytes: number): string {
  return kind.toString(16).padStart(2, '0') + number.toString(16).padStart(2 * bytes - 2, '0');
}

export function accountOf(number: number, changes: Partial<SealedAccountRecord> = {}): SealedAccountRecord {
  return {
    uid: hexOf(0xa0, number, 16),
    normalizedEmail: `person${number}@example.org`,
    email: `Person${number}@Example.org`,
    verified: false,
    generation: BIRTH,
    keysChangedAt: BIRTH,
    createdAt: BIRTH,
    verifierVersion: 2,
    authSalt: hexOf(0xa1, number, 32),
    lockedAt: null,
    locale: 'en',
    sealedSecrets: `a.${hexOf(0xa2, number, 124)}`,
    sealedEmailCode: `a.${hexOf(0xa3, number, 44)}`,
    sealedUnlockCode: null,
    ...changes,
  };
}

export function sessionOf(number: number, account: SealedAccountRecord, changes: Partial<SessionRecord> = {}) {
  return {
    storedId: hexOf(0xb0, number, 32),
    uid: account.uid,
    sealedHawkKey: hexOf(0xb1, number, 60),
    generation: account.generation,
    createdAt: BIRTH,
    lastAccessAt: BIRTH,
    userAgent: `agent ${number}`,
    deviceId: null,
    deadAt: null,
    ...changes,
  } satisfies SessionRecord;
}

export function tokenOf(
  kind: OneTimeTokenKind,
  number: number,
  account: SealedAccountRecord,
  changes: Partial<OneTimeTokenRecord> = {},
): OneTimeTokenRecord {
  return {
    kind,
    storedId: hexOf(0xc0, number, 32),
    uid: account.uid,
    sealedHawkKey: hexOf(0xc1, number, 60),
    generation: account.generation,
    createdAt: BIRTH,
    payload: kind === 'keyFetchToken' ? hexOf(0xc2, number, 96) : null,
    triesLeft: kind === 'passwordForgotToken' ? 3 : 0,
    deadAt: null,
    ...changes,
  };
}

export function deviceOf(number: number, session: SessionRecord, changes: Partial<DeviceRecord> = {}): DeviceRecord {
  return {
    uid: session.uid,
    id: hexOf(0xd0, number, 16),
    sessionStoredId: session.storedId,
    name: `device ${number}`,
    type: 'desktop',
    createdAt: BIRTH + number,
    pushCallback: 'https://push.example/1',
    pushPublicKey: 'key',
    pushAuthKey: 'auth',
    availableCommands: '{}',
    ...changes,
  };
}

export function eventOf(kind: AccountEvent['kind'], { uid }: { uid: string }, at = BIRTH): AccountEvent {
  return { kind, uid, at, details: { email: 'person@example.org', deviceCount: 1, locale: null } };
}

/** What a password set would write. */
export function passwordOf(number: number, generation: number) {
  return {
    generation,
    keysChangedAt: generation,
    verifierVersion: 2,
    authSalt: hexOf(0xe1, number, 32),
    sealedSecrets: `a.${hexOf(0xe2, number, 124)}`,
  } as const;
}
