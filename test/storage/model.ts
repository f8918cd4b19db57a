/** A store as simple as can be, to hold real ones against: maps, and none of their cares. */

import type { AccountStore } from '../../app/storage/ports.ts';
import type { OneTimeTokenRecord, SealedAccountRecord, SessionRecord } from '../../app/storage/records.ts';

type ModelledSteps = Pick<
  AccountStore,
  | 'createAccount'
  | 'setPassword'
  | 'markVerified'
  | 'deleteAccount'
  | 'createSession'
  | 'killSession'
  | 'createOneTimeToken'
  | 'takeOneTimeToken'
  | 'spendTry'
  | 'registerDevice'
  | 'updateDevice'
  | 'killDevice'
  | 'accountByEmail'
  | 'sessionWithAccount'
  | 'devicesOf'
>;

type Writable<Record> = { -readonly [Member in keyof Record]: Record[Member] };

export function createModelStore(): ModelledSteps {
  const accounts = new Map<string, Writable<SealedAccountRecord>>();
  const sessions = new Map<string, Writable<SessionRecord>>();
  const tokens = new Map<string, Writable<OneTimeTokenRecord>>();
  const devices = new Map<string, Parameters<AccountStore['registerDevice']>[0]>();
  const deviceKey = ({ uid, id }: { uid: string; id: string }) => `${uid} ${id}`;

  const holderOf = (email: string) => [...accounts.values()].find(({ normalizedEmail }) => normalizedEmail === email);
  const deviceOn = (storedId: string) => [...devices.values()].find((device) => device.sessionStoredId === storedId);
  const killAll = (uid: string, deadAt: number) => {
    for (const row of [...sessions.values(), ...tokens.values()]) if (row.uid === uid) row.deadAt ??= deadAt;
    for (const [key, device] of devices) if (device.uid === uid) devices.delete(key);
  };
  const readable = (uid: string) => {
    const account = accounts.get(uid);
    if (account === undefined) return undefined;
    const { sealedSecrets, sealedEmailCode, sealedUnlockCode, ...rest } = account;
    return rest;
  };
  const livingSession = (storedId: string) => {
    const session = sessions.get(storedId);
    return session?.deadAt === null ? session : undefined;
  };

  return {
    createAccount: async (account, { replacesUid }) => {
      const replaced = replacesUid === undefined ? undefined : accounts.get(replacesUid);
      if (replacesUid !== undefined && replaced?.verified !== false) return 'email-taken';
      const holder = holderOf(account.normalizedEmail);
      if (holder !== undefined && holder.uid !== replacesUid) return 'email-taken';
      if (replacesUid !== undefined) {
        accounts.delete(replacesUid);
        killAll(replacesUid, account.createdAt);
      }
      accounts.set(account.uid, { ...account });
      return 'created';
    },
    setPassword: async (uid, { seenGeneration, password }) => {
      const account = accounts.get(uid);
      if (account === undefined) return 'unknown-account';
      if (account.generation !== seenGeneration) return 'generation-moved';
      Object.assign(account, password);
      killAll(uid, password.generation);
      return 'set';
    },
    markVerified: async (uid) => {
      const account = accounts.get(uid);
      if (account === undefined) return 'unknown-account';
      if (account.verified) return 'already-verified';
      account.verified = true;
      return 'verified';
    },
    deleteAccount: async (uid, { deadAt, onlyUnverified }) => {
      const account = accounts.get(uid);
      if (account === undefined) return 'unknown-account';
      if (onlyUnverified && account.verified) return 'verified-account';
      accounts.delete(uid);
      killAll(uid, deadAt);
      return 'deleted';
    },
    createSession: async (session) => void sessions.set(session.storedId, { ...session }),
    killSession: async (storedId, { deadAt }) => {
      const session = livingSession(storedId);
      if (session !== undefined) session.deadAt = deadAt;
      const device = deviceOn(storedId);
      if (device !== undefined) devices.delete(deviceKey(device));
    },
    createOneTimeToken: async (token) => {
      for (const other of tokens.values()) {
        const replaced = other.uid === token.uid && other.kind === token.kind && token.kind !== 'keyFetchToken';
        if (replaced) other.deadAt ??= token.createdAt;
      }
      tokens.set(token.storedId, { ...token });
    },
    takeOneTimeToken: async (kind, storedId, { deadAt }) => {
      const token = tokens.get(storedId);
      if (token?.kind !== kind || token.deadAt !== null) return false;
      token.deadAt = deadAt;
      return true;
    },
    spendTry: async (storedId, { deadAt }) => {
      const token = tokens.get(storedId);
      if (token === undefined || token.deadAt !== null || token.triesLeft === 0) return undefined;
      token.triesLeft -= 1;
      if (token.triesLeft === 0) token.deadAt = deadAt;
      return { triesLeft: token.triesLeft };
    },
    registerDevice: async (device) => {
      const holder = deviceOn(device.sessionStoredId);
      if (holder !== undefined) return { outcome: 'session-has-device', deviceId: holder.id };
      const session = livingSession(device.sessionStoredId);
      if (session === undefined) return { outcome: 'dead-session' };
      session.deviceId = device.id;
      devices.set(deviceKey(device), device);
      return { outcome: 'registered' };
    },
    updateDevice: async (changes) => {
      const device = devices.get(deviceKey(changes));
      if (device === undefined) return { outcome: 'unknown-device' };
      const holder = deviceOn(changes.sessionStoredId);
      if (holder !== undefined && holder.id !== changes.id)
        return { outcome: 'session-has-device', deviceId: holder.id };
      const session = livingSession(changes.sessionStoredId);
      if (session === undefined) return { outcome: 'dead-session' };
      const before = livingSession(device.sessionStoredId);
      if (before !== undefined) before.deviceId = null;
      session.deviceId = changes.id;
      devices.set(deviceKey(changes), { ...device, ...changes });
      return { outcome: 'updated' };
    },
    killDevice: async (key, { deadAt }) => {
      const device = devices.get(deviceKey(key));
      if (device === undefined) return 'unknown-device';
      devices.delete(deviceKey(key));
      const session = livingSession(device.sessionStoredId);
      if (session !== undefined) session.deadAt = deadAt;
      return 'destroyed';
    },
    accountByEmail: async (email) => readable(holderOf(email)?.uid ?? ''),
    sessionWithAccount: async (storedId) => {
      const token = sessions.get(storedId);
      return token === undefined ? undefined : { token: { ...token }, account: readable(token.uid) };
    },
    devicesOf: async (uid) =>
      [...devices.values()]
        .filter((device) => device.uid === uid)
        .sort((left, right) => left.createdAt - right.createdAt || (left.id < right.id ? -1 : 1))
        .flatMap((device) => {
          const session = livingSession(device.sessionStoredId);
          return session === undefined ? [] : [{ device, session: { ...session } }];
        }),
  };
}
