/** What the store holds, in the shapes in which it is read and written. Times are ms since the epoch; ids and sealed keys are hex. */

import type { Hex } from '../accounts/hex.ts';
import type { VerifierVersion } from '../accounts/verifier.ts';

/** An account without what only dbwriters can open. */
export interface AccountRecord {
  readonly uid: Hex;
  /** Lower case of `email`; unique over all accounts that live. */
  readonly normalizedEmail: string;
  /** The address as it was typed at sign-up. */
  readonly email: string;
  readonly verified: boolean;
  /** Raised by each password set; older tokens are dead by it. In the original: verifierSetAt. */
  readonly generation: number;
  /** When kB was last made anew: at creation and at reset, not at change. */
  readonly keysChangedAt: number;
  readonly createdAt: number;
  readonly verifierVersion: VerifierVersion;
  /** 32 bytes. All `ff` means that an operator demands a reset. */
  readonly authSalt: Hex;
  readonly lockedAt: number | null;
  /** The Accept-Language of the client that made the account. */
  readonly locale: string | null;
}

/** An account with its sealed parts; only a dbwriter's keyring opens them. */
export interface SealedAccountRecord extends AccountRecord {
  /** Seals kA, wrapWrapKb and verifyHash, in this order, 32 bytes each. Written whole, never in parts. */
  readonly sealedSecrets: string;
  /** Seals the 16 bytes of the code that verifies the e-mail address. */
  readonly sealedEmailCode: string;
  /** Seals the 16 bytes of the code that unlocks, while the account is locked. */
  readonly sealedUnlockCode: string | null;
}

export interface SessionRecord {
  /** SHA-256 of the token's id. */
  readonly storedId: Hex;
  readonly uid: Hex;
  /** Opens only with the token's id. */
  readonly sealedHawkKey: Hex;
  readonly generation: number;
  readonly createdAt: number;
  readonly lastAccessAt: number;
  /** The client's User-Agent, at most 255 characters. */
  readonly userAgent: string | null;
  readonly deviceId: Hex | null;
  /** A destroyed session stays as a dead row, so that nothing late can bring it back. */
  readonly deadAt: number | null;
}

/** Tokens that are used once. Of each kind but `keyFetchToken` an account has at most one alive: the newest. */
export type OneTimeTokenKind = 'keyFetchToken' | 'passwordChangeToken' | 'passwordForgotToken' | 'accountResetToken';

export interface OneTimeTokenRecord {
  readonly kind: OneTimeTokenKind;
  readonly storedId: Hex;
  readonly uid: Hex;
  readonly sealedHawkKey: Hex;
  readonly generation: number;
  readonly createdAt: number;
  /** keyFetchToken: the encrypted key bundle, hex. passwordForgotToken: its code, sealed by the keyring. Else null. */
  readonly payload: string | null;
  /** Wrong codes still allowed; passwordForgotToken only, else 0. */
  readonly triesLeft: number;
  readonly deadAt: number | null;
}

export interface DeviceRecord {
  readonly uid: Hex;
  /** 16 bytes. */
  readonly id: Hex;
  /** The session that the device uses: the stored id, not the token's. */
  readonly sessionStoredId: Hex;
  readonly name: string;
  readonly type: string;
  readonly createdAt: number;
  readonly pushCallback: string | null;
  readonly pushPublicKey: string | null;
  readonly pushAuthKey: string | null;
  /** JSON object of newer clients, opaque to us. */
  readonly availableCommands: string | null;
}

export interface DeviceWithSession {
  readonly device: DeviceRecord;
  readonly session: SessionRecord;
}

export interface TokenWithAccount<Token> {
  readonly token: Token;
  /** Undefined when the account was deleted or replaced. */
  readonly account: AccountRecord | undefined;
}

/** What attached services learn of an account. */
export interface AccountEvent {
  readonly kind: 'verified' | 'login' | 'reset' | 'passwordChange' | 'delete';
  readonly uid: Hex;
  readonly at: number;
  /** The rest of the event as attached services receive it: `email`, `locale`, `service`, `deviceCount`, `userAgent`, `generation`. */
  readonly details: Readonly<Record<string, string | number | null>>;
}

/** An event with its place in the feed. */
export interface StoredAccountEvent extends AccountEvent {
  /** Grows along the feed of a region; hand it back to read on. At most 64 characters. */
  readonly cursor: string;
}

/** One counter of the abuse limits. All zero is the same as absent. */
export interface LimitRecord {
  readonly hits: number;
  readonly windowStartedAt: number;
  readonly blockedUntil: number;
  /** After this time the record may vanish. */
  readonly expiresAt: number;
}
