/** Sending mails: rendered here, handed to a transport within a limit of time and number. */

import { withTimeout } from '../platform/heartbeat.ts';
import { MailUnavailable, type SendMail } from './mail.ts';
import { type MailSettings, type RenderedMail, renderMail } from './render.ts';

/** A client waits for most mails; well below the time after which a webhead takes the dbwriter to be gone. */
const SEND_MS_MAX = 1000;
const SENDS_MAX = 100;
/** What would make more of an address than one: sign-up lets none of it through, and neither does this. */
const NOT_ONE_ADDRESS = /[\s,;:<>()"[\]\\]|\p{C}/u;

export interface MailTransport {
  /** Rejects with whatever went wrong. */
  send(mail: RenderedMail): Promise<void>;
  close(): void;
}

export interface Mailer {
  readonly send: SendMail;
  close(): void;
}

export function openMailer({ transport, ...settings }: MailSettings & { transport: MailTransport }): Mailer {
  let sends = 0;
  return {
    send: async (mail) => {
      if (NOT_ONE_ADDRESS.test(mail.to)) throw new MailUnavailable('the address of a mail is not one address');
      if (sends >= SENDS_MAX) throw new MailUnavailable(`more than ${SENDS_MAX} mails are being sent`);
      sends += 1;
      try {
        await withTimeout(transport.send(renderMail(mail, settings)), SEND_MS_MAX);
      } catch (error) {
        // The transport's own error may quote the address, so only its kind goes on.
        throw new MailUnavailable(`the mail transport failed: ${kindOf(error)}`);
      } finally {
        sends -= 1;
      }
    },
    close: () => transport.close(),
  };
}

function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  return [error.name, code, responseCode]
    .filter((part) => typeof part === 'string' || typeof part === 'number')
    .join(' ');
}
