/** The sink's SMTP side: takes any mail for anybody, and lets none out. */

import { randomUUID } from 'node:crypto';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import type { Log } from '../../platform/log.ts';
import type { Mailboxes, SinkMail } from './mailboxes.ts';

const MESSAGE_BYTES_MAX = 1_048_576;
const CLIENTS_MAX = 50;
const SOCKET_MS_MAX = 60_000;

export function createSmtpSink({ mailboxes, log }: { mailboxes: Mailboxes; log: Log }): SMTPServer {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: MESSAGE_BYTES_MAX,
    maxClients: CLIENTS_MAX,
    socketTimeout: SOCKET_MS_MAX,
    logger: false,
    onData: (stream, session, callback) => {
      readMail(stream).then(
        (mail) => {
          if (stream.sizeExceeded) {
            callback(Object.assign(new Error('message too large'), { responseCode: 552 }));
            return;
          }
          const addresses = session.envelope.rcptTo.map(({ address }) => address);
          mailboxes.add(mail, [...new Set(addresses.map(localPart))]);
          callback();
        },
        (error: unknown) => {
          log.warn({ err: error }, 'a mail could not be read');
          callback(new Error('message could not be read'));
        },
      );
    },
  });
  server.on('error', (error) => log.warn({ err: error }, 'a connection of the sink failed'));
  return server;
}

function localPart(address: string): string {
  return address.slice(0, Math.max(0, address.lastIndexOf('@')));
}

async function readMail(stream: Parameters<typeof simpleParser>[0]): Promise<SinkMail> {
  const parsed = await simpleParser(stream, { skipTextToHtml: true, skipHtmlToText: true });
  const headers = parsed.headerLines.map(({ key, line }): [string, string] => [
    key,
    unfold(line.slice(key.length + 1)),
  ]);
  const to = [parsed.to ?? []]
    .flat()
    .map(({ text }) => text ?? '')
    .join(', ');
  return {
    id: randomUUID(),
    receivedAt: Date.now(),
    to,
    subject: parsed.subject ?? '',
    text: parsed.text ?? '',
    html: parsed.html || '',
    headers: Object.fromEntries(headers),
  };
}

/** A header's value on one line. A long link is folded within a word only where it has spaces, so a space is what the fold was. */
function unfold(value: string): string {
  return value.replace(/\r?\n[ \t]+/g, ' ').trim();
}
