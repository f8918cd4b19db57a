/** The process of the mail sink: where mail goes when none may leave the machine. */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { listeningPort } from '../../platform/http-server.ts';
import { runService, tellListening } from '../../platform/lifecycle.ts';
import { readMailSinkConfig } from './config.ts';
import { createHttpSink, SINK_STYLE } from './http.ts';
import { createMailboxes } from './mailboxes.ts';
import { createSmtpSink } from './smtp.ts';

await runService({
  name: 'mail-sink',
  logLevel: process.env['MAIL_SINK_LOG_LEVEL'],
  start: async ({ log, environment }) => {
    const config = readMailSinkConfig(environment);
    const mailboxes = createMailboxes(Date.now);
    const smtp = createSmtpSink({ mailboxes, log });
    const http = createHttpSink({
      mailboxes,
      log,
      styleHash: createHash('sha256').update(SINK_STYLE).digest('base64'),
    });
    smtp.listen(config.MAIL_SINK_SMTP_PORT, config.MAIL_SINK_LISTEN_HOST);
    await once(smtp.server, 'listening');
    await http.listen({ host: config.MAIL_SINK_LISTEN_HOST, port: config.MAIL_SINK_HTTP_PORT });
    const address = smtp.server.address();
    const smtpPort = typeof address === 'object' && address !== null ? address.port : 0;
    tellListening({ http: listeningPort(http), smtp: smtpPort });
    log.info({ httpPort: listeningPort(http), smtpPort }, 'listening');
    return {
      stop: async () => {
        await Promise.all([http.drainAndClose(), new Promise<void>((resolve) => smtp.close(() => resolve()))]);
      },
    };
  },
});
