/** A store with the dbwriter's commands over it, on a clock that tests set: in process, and behind a real dbwriter on loopback. */

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { SealingKeyring } from '../../app/accounts/sealing.ts';
import { deriveToken, type TokenKind } from '../../app/accounts/tokens.ts';
import { stretchPassword } from '../../app/accounts/verifier.ts';
import { createCommands } from '../../app/dbwriter/commands/create-commands.ts';
import { createLimits } from '../../app/dbwriter/limits/limits.ts';
import { createDbwriterServer } from '../../app/dbwriter/server.ts';
import { type Mail, MailUnavailable } from '../../app/mail/mail.ts';
import { writeHawkHeader } from '../../app/platform/hawk/header.ts';
import { hawkMac } from '../../app/platform/hawk/mac.ts';
import { listeningPort } from '../../app/platform/http-server.ts';
import { createServiceCaller } from '../../app/platform/service-call/caller.ts';
import type { AccountWriter } from '../../app/storage/commands/table.ts';
import type { HawkProof, StretchedPassword } from '../../app/storage/commands/values.ts';
import { openReader, openStore } from '../../app/storage/open.ts';
import type { AccountReader, AccountStore } from '../../app/storage/ports.ts';
import { createRemoteWriter } from '../../app/storage/remote/writer.ts';

export const PUBLIC_URL = 'http://accounts.example:9000';
export const SESSION_IDLE_MS = 28 * 86_400_000;
export const CONTEXT = { clientAddress: '192.0.2.1', userAgent: 'test', acceptLanguage: 'en' };
/** The log of what is not under test. */
export const SILENT = pino({ level: 'silent' });

export interface StoreFixture {
  readonly store: AccountStore;
  readonly reader: AccountReader;
  readonly writer: AccountWriter;
  readonly file: string;
  readonly mails: Mail[];
  readonly clock: { now: number };
  /** While true no mail can be sent. */
  readonly transport: { gone: boolean };
  close(): Promise<void>;
}

export interface StoreFixtureOptions {
  readonly remote?: boolean;
  readonly development?: boolean;
  readonly limits?: boolean;
  readonly resendBlackoutMs?: number;
  readonly keyring?: SealingKeyring;
}

export const TEST_KEYRING: SealingKeyring = { currentKeyId: 'a', keys: new Map([['a', Buffer.alloc(32, 7)]]) };

export async function openStoreFixture({
  remote = false,
  development = true,
  limits = false,
  resendBlackoutMs = 0,
  keyring = TEST_KEYRING,
}: StoreFixtureOptions = {}): Promise<StoreFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'picl-idp-store-'));
  const file = join(folder, 'accounts.sqlite');
  const settings = { STORE: 'sqlite', SQLITE_FILE: file } as const;
  const clock = { now: 1_700_000_000_000 };
  const now = () => clock.now;
  const store = openStore({ settings, region: 'local', migrate: true, now: Date.now, log: SILENT });
  await store.ping();
  const mails: Mail[] = [];
  const transport = { gone: false };
  const commands = createCommands({
    store,
    keyring,
    limits: createLimits({ store, now, enabled: limits, lockout: limits, hashKey: Buffer.alloc(32, 9) }),
    sendMail: async (mail) => {
      if (transport.gone) throw new MailUnavailable('gone');
      mails.push(mail);
    },
    publicUrl: PUBLIC_URL,
    development,
    sessionIdleMs: SESSION_IDLE_MS,
    resendBlackoutMs,
    now,
    random: randomBytes,
    log: SILENT,
  });
  const reader = openReader({ settings, now: Date.now, log: SILENT });
  const face = remote ? await serve(commands, store) : { writer: commands, close: async () => undefined };
  return {
    store,
    reader,
    writer: face.writer,
    file,
    mails,
    clock,
    transport,
    close: async () => {
      await face.close();
      await reader.close();
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function serve(commands: AccountWriter, store: AccountStore) {
  const url = 'http://127.0.0.1:1';
  const webheadSecrets = { current: { id: 'webhead-1', key: 'ab'.repeat(32) } };
  // The port is under the signature, so it must be known before the server is made.
  const probe = createDbwriterServer({
    log: SILENT,
    commands,
    url,
    webheadSecrets,
    ping: () => store.ping(),
    writesMax: 100,
    now: Date.now,
    drainMs: 0,
  });
  await probe.listen({ host: '127.0.0.1', port: 0 });
  const port = listeningPort(probe);
  await probe.close();
  const real = `http://127.0.0.1:${port}`;
  const app = createDbwriterServer({
    log: SILENT,
    commands,
    url: real,
    webheadSecrets,
    ping: () => store.ping(),
    writesMax: 100,
    now: Date.now,
    drainMs: 0,
  });
  await app.listen({ host: '127.0.0.1', port });
  const caller = createServiceCaller({
    url: real,
    secrets: webheadSecrets,
    connectionsMax: 16,
    callsMax: 100,
    timeoutMs: 10_000,
  });
  return {
    writer: createRemoteWriter({ caller }),
    close: async () => {
      await caller.close();
      await app.close();
    },
  };
}

/** A password as a webhead's stretcher would hand it on; version 0, since tests need no cost. */
export async function stretched(
  password: string,
  authSalt = randomBytes(32).toString('hex'),
): Promise<StretchedPassword> {
  const authPW = Buffer.alloc(32, password);
  const keys = await stretchPassword({ authPW, authSalt: Buffer.from(authSalt, 'hex'), verifierVersion: 0 });
  return {
    authSalt,
    verifierVersion: 0,
    verifyHash: keys.verifyHash.toString('hex'),
    wrapwrapKey: keys.wrapwrapKey.toString('hex'),
  };
}

/** A client's signed request. */
export function proofOf(kind: TokenKind, token: string, method: 'GET' | 'POST', path: string): HawkProof {
  const { tokenId, hawkKey } = deriveToken(kind, Buffer.from(token, 'hex'));
  const { hostname: host, port } = new URL(PUBLIC_URL);
  const ts = 1_700_000_000;
  const mac = hawkMac(hawkKey, { ts, nonce: 'abcdef', method, resource: path, host, port });
  return { authorization: writeHawkHeader({ id: tokenId.toString('hex'), ts, nonce: 'abcdef', mac }), method, path };
}
