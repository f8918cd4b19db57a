/** The tables of the SQL stores, as kysely sees them. Columns carry the names of the records' members, so that rows need no mapping. */

import type { Kysely } from 'kysely';
import type { VerifierVersion } from '../../accounts/verifier.ts';
import type { DeviceRecord, LimitRecord, OneTimeTokenRecord, SessionRecord } from '../records.ts';

export interface AccountRow {
  uid: string;
  /** Null for a dead account: the e-mail is free, and nulls do not clash in the unique index of either dialect. */
  normalizedEmail: string | null;
  email: string;
  /** 0 or 1: neither dialect has a boolean. */
  verified: number;
  generation: number;
  keysChangedAt: number;
  createdAt: number;
  verifierVersion: VerifierVersion;
  authSalt: string;
  sealedSecrets: string;
  sealedEmailCode: string;
  sealedUnlockCode: string | null;
  lockedAt: number | null;
  locale: string | null;
  deadAt: number | null;
}

export interface EventRow {
  cursor: string;
  region: string;
  /** Hours since the epoch. */
  hour: number;
  kind: string;
  uid: string;
  at: number;
  /** JSON */
  details: string;
}

export interface Tables {
  accounts: AccountRow;
  sessions: { -readonly [Member in keyof SessionRecord]: SessionRecord[Member] };
  oneTimeTokens: { -readonly [Member in keyof OneTimeTokenRecord]: OneTimeTokenRecord[Member] };
  devices: { -readonly [Member in keyof DeviceRecord]: DeviceRecord[Member] };
  limits: { -readonly [Member in keyof LimitRecord]: LimitRecord[Member] } & { limitKey: string };
  events: EventRow;
}

export type Database = Kysely<Tables>;
