/** Sending by Amazon SES. */

import { createTransport } from 'nodemailer';
import type { MailTransport } from './mailer.ts';

const ATTEMPTS_MAX = 2;

/** Credentials are those of the machine's role. */
export async function openSesTransport({ region }: { region: string }): Promise<MailTransport> {
  // Loaded only where it is used: the SDK costs more memory than the rest of a small service.
  const { default: ses } = await import('@aws-sdk/client-sesv2');
  const { SESv2Client, SendEmailCommand } = ses;
  const sesClient = new SESv2Client({ region, maxAttempts: ATTEMPTS_MAX });
  const transport = createTransport({ SES: { sesClient, SendEmailCommand } });
  return {
    send: async (mail) => {
      await transport.sendMail({ ...mail, headers: { ...mail.headers } });
    },
    close: () => sesClient.destroy(),
  };
}
