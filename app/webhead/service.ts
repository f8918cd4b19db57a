/** What the routes of a webhead work with. */

import type { VerifierVersion } from '../accounts/verifier.ts';
import type { KeysignerClient } from '../keysigner/client.ts';
import type { Log } from '../platform/log.ts';
import type { AccountWriter } from '../storage/commands/table.ts';
import type { AccountReader } from '../storage/ports.ts';
import type { Limiter } from './limiter.ts';
import type { Push } from './push.ts';
import type { SessionToucher } from './session-toucher.ts';
import type { Stretcher } from './stretcher/client.ts';

export interface WebheadService {
  readonly reader: AccountReader;
  readonly writer: AccountWriter;
  readonly keysigner: KeysignerClient;
  readonly stretcher: Stretcher;
  readonly limiter: Limiter;
  readonly push: Push;
  readonly toucher: SessionToucher;
  readonly publicUrl: string;
  /** Where the pages that mails link to are. */
  readonly contentUrl: string;
  readonly redirectDomain: string;
  /** Accepts what only test suites ask for. */
  readonly development: boolean;
  /** How new passwords are stretched. */
  readonly verifierVersion: VerifierVersion;
  readonly sessionIdleMs: number;
  readonly now: () => number;
  readonly random: (bytes: number) => Buffer;
  readonly log: Log;
}
