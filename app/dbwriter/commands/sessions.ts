/** Commands on sessions, and the one-time fetch of keys. */

import { storedTokenId } from '../../accounts/sealing.ts';
import type { AccountWriter } from '../../storage/commands/table.ts';
import { loginEvents } from './account-events.ts';
import { provePassword } from './account-secrets.ts';
import type { CommandContext } from './context.ts';
import { putDeviceQuietly } from './devices.ts';
import { openSession } from './new-tokens.ts';
import { proveOneTimeToken, proveSession } from './proofs.ts';

type SessionCommands = Pick<AccountWriter, 'login' | 'touchSession' | 'destroySession' | 'fetchKeys'>;

export function createSessions(context: CommandContext): SessionCommands {
  const { store, now } = context;
  return {
    login: async (input) => {
      const proven = await provePassword(context, input);
      if (proven.outcome !== 'right') return { outcome: proven.outcome };
      const { account, secrets } = proven;
      const { wantsKeys, service, reason = 'signin', request, device, password } = input;
      const told = reason === 'signin' ? service : undefined;
      const deviceCount = told === undefined ? 0 : (await store.devicesOf(account.uid)).length;
      const { shown, storedId } = await openSession(context, {
        account,
        request,
        keys: wantsKeys ? { secrets, wrapwrapKey: password.wrapwrapKey } : undefined,
        events: loginEvents(account, { service: told, deviceCount, userAgent: request.userAgent, at: now() }),
      });
      await putDeviceQuietly(context, { uid: account.uid, sessionStoredId: storedId, device });
      return { outcome: 'session', verified: account.verified, session: shown };
    },

    touchSession: async ({ proof, request }) => {
      const proven = await proveSession(context, 'touchSession', proof);
      if (proven === undefined) return { outcome: 'invalid-token' };
      const { token, account } = proven;
      await store.touchSession(token.storedId, { lastAccessAt: now(), userAgent: request.userAgent });
      if (account.locale === null && request.acceptLanguage !== null)
        await store.backfillLocale(account.uid, request.acceptLanguage);
      return { outcome: 'touched' };
    },

    destroySession: async ({ proof, otherTokenId }) => {
      const proven = await proveSession(context, 'destroySession', proof);
      if (proven === undefined) return { outcome: 'invalid-token' };
      let { storedId } = proven.token;
      if (otherTokenId !== undefined) {
        storedId = storedTokenId(otherTokenId);
        const other = await store.sessionWithAccount(storedId);
        if (other === undefined || other.token.uid !== proven.account.uid || other.token.deadAt !== null)
          return { outcome: 'invalid-token' };
      }
      await store.killSession(storedId, { deadAt: now() });
      return { outcome: 'destroyed' };
    },

    fetchKeys: async ({ proof }) => {
      const proven = await proveOneTimeToken(context, 'fetchKeys', { kind: 'keyFetchToken', proof });
      if (proven === undefined || proven.token.payload === null) return { outcome: 'invalid-token' };
      if (!proven.account.verified) return { outcome: 'unverified-account' };
      const taken = await store.takeOneTimeToken('keyFetchToken', proven.token.storedId, { deadAt: now() });
      return taken ? { outcome: 'keys', bundle: proven.token.payload } : { outcome: 'invalid-token' };
    },
  };
}
