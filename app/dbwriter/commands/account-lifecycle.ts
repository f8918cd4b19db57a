/** Commands that make and end accounts. */

import { normalizeEmail } from '../../accounts/email-address.ts';
import type { AccountWriter, CommandInput } from '../../storage/commands/table.ts';
import type { SealedAccountRecord } from '../../storage/records.ts';
import { deleteEvent, loginEvents, verifiedEvent } from './account-events.ts';
import { type AccountSecrets, makeCode, provePassword, refuseWeakVerifier, sealSecrets } from './account-secrets.ts';
import { type CommandContext, CommandRefused, trySendMail } from './context.ts';
import { putDeviceQuietly } from './devices.ts';
import { openSession } from './new-tokens.ts';

const KEY_BYTES = 32;
const UID_BYTES = 16;

export function createAccountLifecycle(
  context: CommandContext,
): Pick<AccountWriter, 'createAccount' | 'destroyAccount'> {
  const { store, now } = context;
  return {
    createAccount: async (input) => {
      refuseTestSwitches(context, input);
      const holder = await store.accountByEmail(normalizeEmail(input.email));
      if (holder?.verified === true) return { outcome: 'email-taken' };
      const { account, secrets, code } = newAccount(context, input);
      const { uid, verified } = account;
      const events = verified ? [verifiedEvent(account, now())] : [];
      const created = await store.createAccount(account, { replacesUid: holder?.uid, events });
      if (created === 'email-taken') return { outcome: 'email-taken' };
      const { request, mail, device, wantsKeys, sessionCreatedAt, password } = input;
      const session = await openSession(context, {
        account,
        request,
        createdAt: sessionCreatedAt,
        keys: wantsKeys ? { secrets, wrapwrapKey: password.wrapwrapKey } : undefined,
        events: loginEvents(account, {
          service: mail.service,
          deviceCount: 1,
          userAgent: request.userAgent,
          at: now(),
        }),
      });
      const deviceId = await putDeviceQuietly(context, { uid, sessionStoredId: session.storedId, device });
      if (!verified) {
        // Not awaited: the account stands whether or not its mail goes out, and the client can ask for the mail again.
        void trySendMail(context, {
          kind: 'verify-email',
          to: account.email,
          uid,
          code,
          context: { ...mail, ...language(input) },
        });
      }
      return {
        outcome: 'created',
        uid,
        verified,
        session: session.shown,
        ...(deviceId === undefined ? {} : { deviceId }),
      };
    },

    destroyAccount: async (input) => {
      const proven = await provePassword(context, input);
      if (proven.outcome !== 'right') return { outcome: proven.outcome };
      const at = now();
      const deleted = await store.deleteAccount(input.uid, {
        deadAt: at,
        onlyUnverified: false,
        events: [deleteEvent(input.uid, at)],
      });
      return { outcome: deleted === 'deleted' ? 'destroyed' : 'unknown-account' };
    },
  };
}

function language({ request }: CommandInput<'createAccount'>) {
  return request.acceptLanguage === null ? {} : { acceptLanguage: request.acceptLanguage };
}

function refuseTestSwitches(context: CommandContext, input: CommandInput<'createAccount'>): void {
  refuseWeakVerifier(context, input.password);
  if (context.development) return;
  if (input.preVerified) throw new CommandRefused('preVerified: is for development only');
  if (input.sessionCreatedAt !== undefined) throw new CommandRefused('sessionCreatedAt: is for development only');
}

function newAccount(
  context: CommandContext,
  { email, password, preVerified, request }: CommandInput<'createAccount'>,
): { account: SealedAccountRecord; secrets: AccountSecrets; code: string } {
  const { random, now } = context;
  const uid = newUid(random(UID_BYTES));
  const generation = now();
  const verifyHash = Buffer.from(password.verifyHash, 'hex');
  const secrets = { kA: random(KEY_BYTES), wrapWrapKb: random(KEY_BYTES), verifyHash };
  const { code, sealed } = makeCode(`email-code:${uid}`, context);
  const account = {
    uid,
    normalizedEmail: normalizeEmail(email),
    email,
    verified: preVerified,
    generation,
    keysChangedAt: generation,
    createdAt: generation,
    verifierVersion: password.verifierVersion,
    authSalt: password.authSalt,
    lockedAt: null,
    locale: request.acceptLanguage,
    sealedSecrets: sealSecrets(secrets, { uid, generation }, context),
    sealedEmailCode: sealed,
    sealedUnlockCode: null,
  };
  return { account, secrets, code };
}

/** 16 random bytes as a UUID of version 4, in hex without dashes. @see RFC 9562, 5.4 */
function newUid(bytes: Buffer): string {
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex');
}
