/** What every command of the dbwriter works with. */

import type { RandomBytes, SealingKeyring } from '../../accounts/sealing.ts';
import type { Mail, SendMail } from '../../mail/mail.ts';
import type { Log } from '../../platform/log.ts';
import type { AccountStore } from '../../storage/ports.ts';
import type { Limits } from '../limits/limits.ts';

export interface CommandContext {
  readonly store: AccountStore;
  readonly keyring: SealingKeyring;
  readonly limits: Limits;
  readonly sendMail: SendMail;
  /** The public URL of the webheads: its host and port are under the MAC of every client's request. */
  readonly publicUrl: string;
  /** Accepts what only test suites may ask for: accounts born verified, back-dated sessions, the lock command, verifier 0. */
  readonly development: boolean;
  readonly sessionIdleMs: number;
  /** No verification mail again while an account is younger than this. */
  readonly resendBlackoutMs: number;
  readonly now: () => number;
  readonly random: RandomBytes;
  readonly log: Log;
}

/** An input that no webhead of ours sends in this environment; answered 400, since waiting will not help. */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused';
  readonly statusCode = 400;
}

/** Sends a mail that somebody waits for. @returns false when the transport did not take it. */
export async function trySendMail({ sendMail, log }: CommandContext, mail: Mail): Promise<boolean> {
  try {
    await sendMail(mail);
    return true;
  } catch (error) {
    log.error({ err: error, mail: mail.kind }, 'a mail was not sent');
    return false;
  }
}
