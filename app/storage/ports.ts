/** What services may ask of the store: readers are for every service, the store itself is for dbwriters alone. */

import type { Hex } from '../accounts/hex.ts';
import type {
  AccountEvent,
  AccountRecord,
  DeviceRecord,
  DeviceWithSession,
  LimitRecord,
  OneTimeTokenKind,
  OneTimeTokenRecord,
  SealedAccountRecord,
  SessionRecord,
  StoredAccountEvent,
  TokenWithAccount,
} from './records.ts';

/**
 * Reads. Every method may throw StoreUnavailable. `undefined` is final: a store that spans regions confirms an absence,
 * and a token newer than its account, with every region before it answers so.
 */
export interface AccountReader {
  accountByEmail(normalizedEmail: string): Promise<AccountRecord | undefined>;
  accountByUid(uid: Hex): Promise<AccountRecord | undefined>;
  /** The row as it stands, dead or alive: `app/storage/standing.ts` judges it. */
  sessionWithAccount(storedId: Hex): Promise<TokenWithAccount<SessionRecord> | undefined>;
  oneTimeTokenWithAccount(
    kind: OneTimeTokenKind,
    storedId: Hex,
  ): Promise<TokenWithAccount<OneTimeTokenRecord> | undefined>;
  /** The account's devices whose session is not dead, oldest first; at most {@link DEVICES_MAX}. Generations are the caller's to compare. */
  devicesOf(uid: Hex): Promise<readonly DeviceWithSession[]>;
  /** Resolves when the store answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Devices that an account can have; a further one is refused by the command that would register it. */
export const DEVICES_MAX = 500;

export interface NewPassword {
  readonly generation: number;
  readonly keysChangedAt: number;
  readonly verifierVersion: AccountRecord['verifierVersion'];
  readonly authSalt: Hex;
  readonly sealedSecrets: string;
}

/**
 * The single steps of which commands are made. Each is atomic: of callers that race for one thing, at most one is told
 * that it got it. `events` are stored before the step is acknowledged, and not at all when the step did not happen.
 */
export interface AccountStore extends AccountReader {
  sealedAccountByUid(uid: Hex): Promise<SealedAccountRecord | undefined>;
  sealedAccountByEmail(normalizedEmail: string): Promise<SealedAccountRecord | undefined>;

  /**
   * Claims the e-mail for a new account. An *unverified* account that holds the e-mail dies in the same step, with its tokens;
   * racing with that account's verification, exactly one of the two wins. Of parallel creators of one e-mail at most
   * one gets `created` when `replacesUid` is the account that all of them saw (undefined: none).
   */
  createAccount(
    account: SealedAccountRecord,
    options: { replacesUid: Hex | undefined; events: readonly AccountEvent[] },
  ): Promise<'created' | 'email-taken'>;
  /**
   * Sets all that a password decides as one, if the account's generation is still the one seen. Of parallel password sets that saw
   * the same generation exactly one gets `set`. Tokens, sessions and devices of the older generation are dead from here on.
   */
  setPassword(
    uid: Hex,
    options: { seenGeneration: number; password: NewPassword; events: readonly AccountEvent[] },
  ): Promise<'set' | 'generation-moved' | 'unknown-account'>;
  /** Replaces the sealed secrets by the same ones sealed anew, if they are still those seen. */
  resealSecrets(uid: Hex, options: { seen: string; sealedSecrets: string }): Promise<void>;
  /** Monotonic. `events` only when the account was not verified before. `unlock` also unlocks it. */
  markVerified(
    uid: Hex,
    options: { unlock: boolean; events: readonly AccountEvent[] },
  ): Promise<'verified' | 'already-verified' | 'unknown-account'>;
  lockAccount(
    uid: Hex,
    options: { lockedAt: number; sealedUnlockCode: string },
  ): Promise<'locked' | 'already-locked' | 'unknown-account'>;
  unlockAccount(uid: Hex): Promise<void>;
  /** Sets the locale of an account that has none. */
  backfillLocale(uid: Hex, locale: string): Promise<void>;
  /** The account dies: its e-mail is free, its secrets are gone, nothing of it can be read. `onlyUnverified` spares a verified one. */
  deleteAccount(
    uid: Hex,
    options: { deadAt: number; onlyUnverified: boolean; events: readonly AccountEvent[] },
  ): Promise<'deleted' | 'verified-account' | 'unknown-account'>;

  createSession(session: SessionRecord, options: { events: readonly AccountEvent[] }): Promise<void>;
  /** Best effort; never revives a dead row. */
  touchSession(storedId: Hex, options: { lastAccessAt: number; userAgent: string | null }): Promise<void>;
  /** Idempotent; a device of the session goes with it. */
  killSession(storedId: Hex, options: { deadAt: number }): Promise<void>;

  /** Stores a token; any older one of its kind and account (keyFetchToken excepted) is dead from here on. */
  createOneTimeToken(token: OneTimeTokenRecord): Promise<void>;
  /** Uses a token up. Of any number of callers at most one gets true. */
  takeOneTimeToken(kind: OneTimeTokenKind, storedId: Hex, options: { deadAt: number }): Promise<boolean>;
  /** Spends one try of a password forgot token, however many callers race; the last one kills it. Undefined: it was dead already. */
  spendTry(storedId: Hex, options: { deadAt: number }): Promise<{ triesLeft: number } | undefined>;

  /** Of parallel registrations on one session exactly one gets `registered`; on a session that died meanwhile, none. */
  registerDevice(
    device: DeviceRecord,
  ): Promise<
    | { outcome: 'registered' }
    | { outcome: 'session-has-device'; deviceId: Hex }
    | { outcome: 'too-many-devices' }
    | { outcome: 'dead-session' }
  >;
  /** Changes the members given and moves the device to `sessionStoredId`. */
  updateDevice(
    device: Pick<DeviceRecord, 'uid' | 'id' | 'sessionStoredId'> & Partial<Omit<DeviceRecord, 'createdAt'>>,
  ): Promise<
    | { outcome: 'updated' }
    | { outcome: 'unknown-device' }
    | { outcome: 'session-has-device'; deviceId: Hex }
    | { outcome: 'dead-session' }
  >;
  /** The device and its session die as one. */
  killDevice(device: { uid: Hex; id: Hex }, options: { deadAt: number }): Promise<'destroyed' | 'unknown-device'>;

  /**
   * Applies a change to one counter as a single step; `change` may be called again when another caller was faster.
   * Answers what `change` returned last.
   */
  changeLimit(
    key: string,
    options: { now: number; change: (record: LimitRecord | undefined) => LimitRecord | undefined },
  ): Promise<LimitRecord | undefined>;

  /** Events of this region after a cursor (undefined: from the oldest kept), oldest first, at most `limit`. */
  eventsAfter(cursor: string | undefined, limit: number): Promise<readonly StoredAccountEvent[]>;

  /** Removes, in bounded steps, what has outlived its time. Answers how many rows went. */
  prune(options: PruneOptions): Promise<number>;
}

export interface PruneOptions {
  readonly now: number;
  /** Sessions without a device that were not used for so long die. */
  readonly sessionIdleMs: number;
  /** Dead and expired rows are kept so long before they vanish. */
  readonly deadRowsKeptMs: number;
  readonly eventsKeptMs: number;
  /** Rows removed by one call at most, so that writes are never held up for long. */
  readonly rowsMax: number;
}
