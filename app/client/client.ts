/** The client library of the accounts service, for Node and browsers. Sessions and tokens are values; the client keeps none. */

import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { AccountsError } from './errors.ts';
import {
  type AccountKeys,
  type ClientCredentials,
  deriveCredentials,
  deriveTokenKeys,
  openKeyBundle,
  xor,
} from './onepw.ts';
import { type ClientRequest, createTransport, type TransportOptions } from './transport.ts';

const ERRNO_EMAIL_CASE = 120;
const TIMEOUT_MS = 30_000;
const RETRIES_MAX = 3;
/** What the service asks for when a part of it is away. */
const RETRY_AFTER_MS_MAX = 30_000;

export type AccountsClientOptions = Pick<TransportOptions, 'url'> & Partial<TransportOptions>;

/** Where a mail's link leads in the end, and what it carries. */
export interface MailOptions {
  readonly service?: string;
  readonly redirectTo?: string;
  readonly resume?: string;
}

export interface Session {
  readonly uid: string;
  readonly sessionToken: string;
  /** Seconds. */
  readonly authAt: number;
  readonly verified: boolean;
  readonly keyFetchToken?: string;
  /** What opens the key bundle of `keyFetchToken`. */
  readonly unwrapBkey: Uint8Array;
}

export interface Device {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly isCurrentDevice: boolean;
  readonly lastAccessTime: number | null;
  readonly pushCallback: string | null;
  readonly pushPublicKey: string | null;
}

export type DeviceChange = Partial<Pick<Device, 'id' | 'name' | 'type'>> & {
  readonly pushCallback?: string;
  readonly pushPublicKey?: string;
  readonly pushAuthKey?: string;
};

/** A client's public key in BrowserID's form. */
export type BrowserIdPublicKey = Readonly<Record<string, string>> & { readonly algorithm: 'RS' | 'DS' };

export type AccountsClient = ReturnType<typeof createAccountsClient>;

/** Makes a client. Its methods throw AccountsError for refusals, by errno, and NetworkError. */
export function createAccountsClient(options: AccountsClientOptions) {
  const transport = createTransport({
    fetch: (...parameters) => globalThis.fetch(...parameters),
    now: Date.now,
    random: (bytes) => globalThis.crypto.getRandomValues(new Uint8Array(bytes)),
    timeoutMs: TIMEOUT_MS,
    retriesMax: RETRIES_MAX,
    retryAfterMsMax: RETRY_AFTER_MS_MAX,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    language: undefined,
    ...options,
  });
  const get = <Answer>(path: string, token?: ClientRequest['token']) =>
    transport.send({ method: 'GET', path, ...(token === undefined ? {} : { token }) }) as Promise<Answer>;
  const post = <Answer = Record<string, never>>(
    path: string,
    body: Readonly<Record<string, unknown>>,
    token?: ClientRequest['token'],
  ) => transport.send({ method: 'POST', path, body, ...(token === undefined ? {} : { token }) }) as Promise<Answer>;
  const session = (token: string) => deriveTokenKeys('sessionToken', token);

  /** Asks with the credentials of an e-mail; when the account knows it in another case, once more with those of that. */
  const withStoredCase = async <Answer>(
    { email, password }: { email: string; password: string },
    ask: (credentials: ClientCredentials, retried: boolean) => Promise<Answer>,
  ): Promise<Answer> => {
    try {
      return await ask(await deriveCredentials(email, password), false);
    } catch (error) {
      const stored =
        error instanceof AccountsError && error.errno === ERRNO_EMAIL_CASE ? error.extras['email'] : undefined;
      if (typeof stored !== 'string') throw error;
      return ask(await deriveCredentials(stored, password), true);
    }
  };

  type SessionAnswer = Omit<Session, 'verified' | 'unwrapBkey'> & { readonly verified?: boolean };

  const fetchKeys = async ({
    keyFetchToken,
    unwrapBkey,
  }: {
    keyFetchToken: string;
    unwrapBkey: Uint8Array;
  }): Promise<AccountKeys> => {
    const token = deriveTokenKeys('keyFetchToken', keyFetchToken);
    const { bundle } = await get<{ bundle: string }>('/v1/account/keys', token);
    const { kA, wrapKb } = openKeyBundle(token.bundleKey, bundle);
    return { kA: bytesToHex(kA), kB: bytesToHex(xor(wrapKb, unwrapBkey)) };
  };

  return {
    createAccount: async ({
      email,
      password,
      keys = false,
      preVerified,
      device,
      ...mail
    }: {
      email: string;
      password: string;
      keys?: boolean;
      preVerified?: boolean;
      device?: DeviceChange;
    } & MailOptions): Promise<Session> => {
      const { authPW, unwrapBkey } = await deriveCredentials(email, password);
      const created = await post<SessionAnswer>(`/v1/account/create${keysQuery(keys)}`, {
        email,
        authPW,
        preVerified,
        device,
        ...mail,
      });
      return { verified: preVerified === true, ...created, unwrapBkey };
    },

    login: ({
      email,
      password,
      keys = false,
      service,
      reason,
    }: {
      email: string;
      password: string;
      keys?: boolean;
      service?: string;
      reason?: string;
    }): Promise<Session> =>
      withStoredCase({ email, password }, async ({ email: salted, authPW, unwrapBkey }, retried) => {
        const original = retried ? { originalLoginEmail: email } : {};
        const body = { email: salted, authPW, service, reason, ...original };
        const opened = await post<SessionAnswer>(`/v1/account/login${keysQuery(keys)}`, body);
        return { verified: false, ...opened, unwrapBkey };
      }),

    /** The account's keys, once for each key fetch token. */
    fetchKeys,

    accountExists: async (email: string) => (await post<{ exists: boolean }>('/v1/account/status', { email })).exists,
    accountStatus: (uid: string) => get<{ exists: boolean }>(`/v1/account/status?uid=${encodeURIComponent(uid)}`),
    profile: (sessionToken: string) =>
      get<{ email?: string; locale?: string }>('/v1/account/profile', session(sessionToken)),
    destroyAccount: ({ email, password }: { email: string; password: string }) =>
      withStoredCase({ email, password }, ({ email: salted, authPW }) =>
        post('/v1/account/destroy', { email: salted, authPW }),
      ),

    sessionStatus: (sessionToken: string) =>
      get<{ uid: string; state: string }>('/v1/session/status', session(sessionToken)),
    /** Ends this session, or another of the same account, named by its token id. */
    destroySession: (sessionToken: string, otherTokenId?: string) =>
      post('/v1/session/destroy', { customSessionToken: otherTokenId }, session(sessionToken)),

    emailStatus: (sessionToken: string) =>
      get<{ email: string; verified: boolean }>('/v1/recovery_email/status', session(sessionToken)),
    resendVerifyCode: (sessionToken: string, mail: MailOptions = {}) =>
      post('/v1/recovery_email/resend_code', { ...mail }, session(sessionToken)),
    verifyEmail: ({ uid, code }: { uid: string; code: string }) =>
      post('/v1/recovery_email/verify_code', { uid, code }),

    /** @param durationMs at most 24 hours */
    signCertificate: async (
      sessionToken: string,
      { publicKey, durationMs }: { publicKey: BrowserIdPublicKey; durationMs: number },
    ) =>
      (await post<{ cert: string }>('/v1/certificate/sign', { publicKey, duration: durationMs }, session(sessionToken)))
        .cert,

    /** Changes the password and keeps the keys. @returns the session that replaces the one given, if one was. */
    changePassword: async ({
      email,
      oldPassword,
      newPassword,
      sessionToken,
      keys = false,
    }: {
      email: string;
      oldPassword: string;
      newPassword: string;
      sessionToken?: string;
      keys?: boolean;
    }): Promise<Session | undefined> => {
      const started = await withStoredCase({ email, password: oldPassword }, async (credentials) => ({
        ...(await post<{ keyFetchToken: string; passwordChangeToken: string; verified: boolean }>(
          '/v1/password/change/start',
          {
            email: credentials.email,
            oldAuthPW: credentials.authPW,
          },
        )),
        credentials,
      }));
      const { kB } = await fetchKeys({
        keyFetchToken: started.keyFetchToken,
        unwrapBkey: started.credentials.unwrapBkey,
      });
      const { authPW, unwrapBkey } = await deriveCredentials(started.credentials.email, newPassword);
      const body = {
        authPW,
        wrapKb: bytesToHex(xor(hexToBytes(kB), unwrapBkey)),
        sessionToken: sessionToken === undefined ? undefined : session(sessionToken).id,
      };
      const token = deriveTokenKeys('passwordChangeToken', started.passwordChangeToken);
      const changed = await post<SessionAnswer>(`/v1/password/change/finish${keysQuery(keys)}`, body, token);
      return sessionToken === undefined ? undefined : { verified: started.verified, ...changed, unwrapBkey };
    },

    sendForgotCode: (email: string, mail: MailOptions = {}) =>
      post<{ passwordForgotToken: string; ttl: number; codeLength: number; tries: number }>(
        '/v1/password/forgot/send_code',
        { email, ...mail },
      ),
    /** Mails the same code again. The service knows the address by the token; the original wants to be told it all the same. */
    resendForgotCode: (passwordForgotToken: string, email: string, mail: MailOptions = {}) =>
      post<{ passwordForgotToken: string; ttl: number; codeLength: number; tries: number }>(
        '/v1/password/forgot/resend_code',
        { email, ...mail },
        deriveTokenKeys('passwordForgotToken', passwordForgotToken),
      ),
    forgotStatus: (passwordForgotToken: string) =>
      get<{ tries: number; ttl: number }>(
        '/v1/password/forgot/status',
        deriveTokenKeys('passwordForgotToken', passwordForgotToken),
      ),
    /** @returns the token that allows one reset */
    verifyForgotCode: async (passwordForgotToken: string, code: string) => {
      const token = deriveTokenKeys('passwordForgotToken', passwordForgotToken);
      return (await post<{ accountResetToken: string }>('/v1/password/forgot/verify_code', { code }, token))
        .accountResetToken;
    },
    /** Sets a new password and, with it, a new kB. @returns a session where one was asked for */
    resetAccount: async ({
      accountResetToken,
      email,
      newPassword,
      wantsSession = false,
      keys = false,
    }: {
      accountResetToken: string;
      email: string;
      newPassword: string;
      wantsSession?: boolean;
      keys?: boolean;
    }): Promise<Session | undefined> => {
      const { authPW, unwrapBkey } = await deriveCredentials(email, newPassword);
      const token = deriveTokenKeys('accountResetToken', accountResetToken);
      const reset = await post<SessionAnswer>(
        `/v1/account/reset${keysQuery(keys)}`,
        { authPW, sessionToken: wantsSession || undefined },
        token,
      );
      return wantsSession ? { verified: true, ...reset, unwrapBkey } : undefined;
    },

    putDevice: (sessionToken: string, device: DeviceChange) =>
      post<{ id: string; createdAt?: number }>('/v1/account/device', { ...device }, session(sessionToken)),
    devices: async (sessionToken: string) =>
      (await get<{ list: readonly Device[] }>('/v1/account/devices', session(sessionToken))).list,
    destroyDevice: (sessionToken: string, id: string) =>
      post('/v1/account/device/destroy', { id }, session(sessionToken)),
    notifyDevices: (
      sessionToken: string,
      message: {
        to: 'all' | readonly string[];
        excluded?: readonly string[];
        payload: Readonly<Record<string, unknown>>;
        TTL?: number;
      },
    ) => post('/v1/account/devices/notify', message, session(sessionToken)),

    /** For test suites. */
    lockAccount: ({ email, password }: { email: string; password: string }) =>
      withStoredCase({ email, password }, ({ email: salted, authPW }) =>
        post('/v1/account/lock', { email: salted, authPW }),
      ),
    sendUnlockCode: (email: string, mail: MailOptions = {}) =>
      post('/v1/account/unlock/resend_code', { email, ...mail }),
    unlockAccount: ({ uid, code }: { uid: string; code: string }) =>
      post('/v1/account/unlock/verify_code', { uid, code }),

    randomBytes: async () => (await post<{ data: string }>('/v1/get_random_bytes', {})).data,
    supportDocument: () => get<Record<string, unknown>>('/.well-known/browserid'),
  };
}

function keysQuery(keys: boolean): string {
  return keys ? '?keys=true' : '';
}
