/** The process of a dbwriter. */

import { randomBytes } from 'node:crypto';
import { pollBounces } from '../mail/bounces.ts';
import { openMailer } from '../mail/mailer.ts';
import { openSesTransport } from '../mail/transport-ses.ts';
import { openSmtpTransport } from '../mail/transport-smtp.ts';
import { listeningPort, tlsFiles } from '../platform/http-server.ts';
import { runService, tellListening } from '../platform/lifecycle.ts';
import { readPairSecrets } from '../platform/secrets.ts';
import { openStore } from '../storage/open.ts';
import { storeOf } from '../storage/settings.ts';
import { handleBounce } from './bounces.ts';
import { createCommands } from './commands/create-commands.ts';
import { type DbwriterConfig, readDbwriterConfig } from './config.ts';
import { readKeyring } from './keyring.ts';
import { createLimits } from './limits/limits.ts';
import { startPruning } from './pruning.ts';
import { createDbwriterServer } from './server.ts';

await runService({
  name: 'dbwriter',
  logLevel: process.env['DBWRITER_LOG_LEVEL'],
  start: async ({ log, environment }) => {
    const config = readDbwriterConfig(environment);
    const { keyring, limitsKey } = await readKeyring(config.DBWRITER_SEALING_KEYRING_SECRET);
    const now = Date.now;
    const store = openStore({
      settings: storeOf('DBWRITER', config),
      region: config.DBWRITER_REGION,
      migrate: config.DBWRITER_MIGRATE_AT_START,
      now,
      log,
    });
    const mailer = openMailer({
      transport: await openTransport(config),
      sender: config.DBWRITER_MAIL_SENDER,
      contentUrl: config.DBWRITER_MAIL_CONTENT_URL,
      syncUrl: config.DBWRITER_MAIL_SYNC_URL,
    });
    const { DBWRITER_LIMITS: enabled, DBWRITER_LOCKOUT: lockout } = config;
    const commands = createCommands({
      store,
      keyring,
      limits: createLimits({ store, now, enabled, lockout, hashKey: limitsKey }),
      sendMail: mailer.send,
      publicUrl: config.DBWRITER_PUBLIC_URL,
      development: config.DBWRITER_ENVIRONMENT === 'development',
      sessionIdleMs: config.DBWRITER_SESSION_IDLE_MS,
      resendBlackoutMs: config.DBWRITER_RESEND_BLACKOUT_MS,
      now,
      random: randomBytes,
      log,
    });
    const app = createDbwriterServer({
      log,
      commands,
      url: config.DBWRITER_URL,
      webheadSecrets: await readPairSecrets(config.DBWRITER_WEBHEAD_SECRET),
      ping: () => store.ping(),
      writesMax: config.DBWRITER_WRITES_MAX,
      now,
      tls: tlsFiles(config.DBWRITER_TLS_CERTIFICATE_FILE, config.DBWRITER_TLS_PRIVATE_KEY_FILE),
      drainMs: config.DBWRITER_DRAIN_MS,
    });
    const stopPruning = startPruning({
      store,
      keep: {
        sessionIdleMs: config.DBWRITER_SESSION_IDLE_MS,
        deadRowsKeptMs: config.DBWRITER_DEAD_ROWS_KEPT_MS,
        eventsKeptMs: config.DBWRITER_EVENTS_KEPT_MS,
      },
      now,
      log,
    });
    const { DBWRITER_BOUNCE_QUEUE_URL: queueUrl, DBWRITER_SES_REGION: region } = config;
    const bounces =
      queueUrl === undefined || region === undefined
        ? undefined
        : await pollBounces({ queueUrl, region, log, onBounce: (notice) => handleBounce(notice, { store, now, log }) });
    // Opens the store now rather than at the first write; it may as well not be there yet, which the store itself logs.
    store.ping().catch(() => undefined);
    await app.listen({ host: config.DBWRITER_LISTEN_HOST, port: config.DBWRITER_PORT });
    tellListening({ http: listeningPort(app) });
    log.info({ port: listeningPort(app) }, 'listening');
    return {
      stop: async () => {
        await Promise.all([app.drainAndClose(), stopPruning(), bounces?.stop()]);
        mailer.close();
        await store.close();
      },
    };
  },
});

async function openTransport(config: DbwriterConfig) {
  const { DBWRITER_SMTP_HOST: host, DBWRITER_SMTP_PORT: port, DBWRITER_SMTP_TLS: tls = false } = config;
  if (config.DBWRITER_MAIL_TRANSPORT === 'smtp' && host !== undefined && port !== undefined)
    return openSmtpTransport({ host, port, tls });
  const { DBWRITER_SES_REGION: region } = config;
  if (region === undefined) throw new RangeError('the schema lets no other settings through');
  return openSesTransport({ region });
}
