/** Sending by SMTP. */

import { createTransport } from 'nodemailer';
import type { MailTransport } from './mailer.ts';

const STEP_MS_MAX = 4000;
const CONNECTIONS_MAX = 5;

/** @param options `tls` demands STARTTLS or, on port 465, TLS from the start; without it TLS is used where it is offered. */
export function openSmtpTransport({ host, port, tls }: { host: string; port: number; tls: boolean }): MailTransport {
  const transport = createTransport({
    pool: true,
    host,
    port,
    secure: tls && port === 465,
    requireTLS: tls,
    maxConnections: CONNECTIONS_MAX,
    connectionTimeout: STEP_MS_MAX,
    greetingTimeout: STEP_MS_MAX,
    socketTimeout: STEP_MS_MAX,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    send: async (mail) => {
      await transport.sendMail({ ...mail, headers: { ...mail.headers } });
    },
    close: () => transport.close(),
  };
}
