/** What a mail that came back means for its account. */

import { normalizeEmail } from '../accounts/email-address.ts';
import type { BounceNotice } from '../mail/bounces.ts';
import type { Log } from '../platform/log.ts';
import type { AccountStore } from '../storage/ports.ts';
import { deleteEvent } from './commands/account-events.ts';

/** Ends an unverified account whose mail does not arrive or is not wanted; a verified one is only counted, in the log. */
export async function handleBounce(
  { kind, email }: BounceNotice,
  { store, now, log }: { store: AccountStore; now: () => number; log: Log },
): Promise<void> {
  const account = await store.accountByEmail(normalizeEmail(email));
  if (account === undefined) {
    log.info({ kind, outcome: 'unknown-account' }, 'a mail came back');
    return;
  }
  const at = now();
  const outcome = await store.deleteAccount(account.uid, {
    deadAt: at,
    onlyUnverified: true,
    events: [deleteEvent(account.uid, at)],
  });
  log.info({ kind, uid: account.uid, outcome }, 'a mail came back');
}
