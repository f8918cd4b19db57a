/** The six mails, parsed by an independent reader; the transports; the notices of mails that came back. */

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { pollBounces, readBounceMessage } from '../../app/mail/bounces.ts';
import { type Mail, MailUnavailable } from '../../app/mail/mail.ts';
import { openMailer } from '../../app/mail/mailer.ts';
import { renderMail } from '../../app/mail/render.ts';
import { createMailboxes } from '../../app/mail/sink/mailboxes.ts';
import { createSmtpSink } from '../../app/mail/sink/smtp.ts';
import { mailLanguage } from '../../app/mail/texts.ts';
import { openSesTransport } from '../../app/mail/transport-ses.ts';
import { openSmtpTransport } from '../../app/mail/transport-smtp.ts';

const SETTINGS = {
  contentUrl: 'https://accounts.example/pages',
  syncUrl: 'https://accounts.example/pages/connect',
  sender: 'no-reply@accounts.example',
};
const SILENT = pino({ level: 'silent' });
const CODE = 'c0'.repeat(16);
const UID = 'ab'.repeat(16);
const TOKEN = '70'.repeat(32);
const TO = 'André+tag@example.org';
const context = { service: 'sync', redirectTo: 'https://accounts.firefox.com/x?y=z&a=b', resume: 'r"<&' };

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const MAILS: readonly (readonly [Mail, string, string, string, Record<string, string>])[] = [
  [
    { kind: 'verify-email', to: TO, uid: UID, code: CODE, context },
    'Verify your Firefox Account',
    'Activate now',
    '/v1/verify_email',
    { 'X-Uid': UID, 'X-Verify-Code': CODE, 'X-Service-ID': 'sync' },
  ],
  [{ kind: 'email-verified', to: TO, context }, 'Firefox Account Verified', 'Connect a device', '/connect', {}],
  [
    { kind: 'reset-password', to: TO, token: TOKEN, code: CODE, context },
    'Reset your Firefox Account password',
    'Reset password',
    '/v1/complete_reset_password',
    { 'X-Recovery-Code': CODE },
  ],
  [
    { kind: 'password-reset', to: TO, context },
    'Your Firefox Account password has been reset',
    'Reset it again',
    '/reset_password',
    {},
  ],
  [
    { kind: 'password-changed', to: TO, context },
    'Your Firefox Account password has been changed',
    'Reset password',
    '/reset_password',
    {},
  ],
  [
    { kind: 'unlock-account', to: TO, uid: UID, code: CODE, context },
    'Re-verify your Firefox Account',
    'Unlock account',
    '/v1/complete_unlock_account',
    { 'X-Uid': UID, 'X-Unlock-Code': CODE },
  ],
];

describe.each(MAILS)('the mail $kind', (mail, subject, action, path, headers) => {
  const rendered = renderMail(mail, SETTINGS);

  test('has its subject, its link in both parts and in a header, and its codes', () => {
    expect(rendered).toMatchObject({ from: SETTINGS.sender, to: TO, subject });
    expect(rendered.headers).toMatchObject({ ...headers, 'Content-Language': 'en' });
    const link = rendered.headers['X-Link'] ?? '';
    expect(new URL(link).pathname).toBe(`/pages${path}`);
    expect(rendered.text).toContain(link);
    expect(rendered.html).toContain(`href="${link.replaceAll('&', '&amp;')}"`);
    expect(rendered.html).toContain(action);
  });

  test('carries what the client said, and lets no markup of it through', () => {
    const query = new URL(rendered.headers['X-Link'] ?? '').searchParams;
    if (path.startsWith('/v1/')) expect(Object.fromEntries(query)).toMatchObject(context);
    expect(rendered.html).not.toContain('r"<');
  });

  test('is in Portuguese for who asks for it', () => {
    const portuguese = renderMail({ ...mail, context: { ...context, acceptLanguage: 'pt-BR,en;q=0.5' } }, SETTINGS);
    expect(portuguese.headers['Content-Language']).toBe('pt-BR');
    expect(portuguese.html).toContain('<html lang="pt-BR">');
    expect(portuguese.subject).not.toBe(subject);
    if (mail.kind === 'verify-email') expect(portuguese.html).toContain('Ativar agora');
  });
});

test.each([
  [undefined, 'en'],
  ['', 'en'],
  ['de', 'en'],
  ['pt', 'pt-BR'],
  ['pt-br', 'pt-BR'],
  ['pt-BR;q=0.5, en;q=0.9', 'en'],
  [';;q=x,,', 'en'],
] as const)('the language for %j is %s', (acceptLanguage, language) =>
  expect(mailLanguage(acceptLanguage)).toBe(language),
);

describe('by SMTP', () => {
  const startSink = async () => {
    const mailboxes = createMailboxes(Date.now);
    const sink = createSmtpSink({ mailboxes, log: SILENT });
    await new Promise<void>((resolve) => void sink.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise<void>((resolve) => sink.close(() => resolve())));
    return { mailboxes, port: (sink.server.address() as AddressInfo).port };
  };
  const mailerTo = (port: number) => {
    const mailer = openMailer({ ...SETTINGS, transport: openSmtpTransport({ host: '127.0.0.1', port, tls: false }) });
    closing.push(() => mailer.close());
    return mailer;
  };

  test('a mail arrives whole in the box of its address, whatever the case', async () => {
    const { mailboxes, port } = await startSink();
    await mailerTo(port).send({
      kind: 'reset-password',
      to: 'Some.Body@Example.org',
      token: TOKEN,
      code: CODE,
      context,
    });
    const [mail] = mailboxes.messages('some.body');
    const expected = renderMail(
      { kind: 'reset-password', to: 'Some.Body@Example.org', token: TOKEN, code: CODE, context },
      SETTINGS,
    );
    expect(mail?.headers['x-link']).toBe(expected.headers['X-Link']);
    expect(mail?.headers['x-recovery-code']).toBe(CODE);
    expect(/token=([A-Za-z0-9]+)/.exec(mail?.html ?? '')?.[1]).toBe(TOKEN);
    expect(mail?.text.trim()).toBe(expected.text.trim());
    mailboxes.clear('SOME.BODY');
    expect(mailboxes.messages('some.body')).toEqual([]);
  });

  test('no header is smuggled in by an address or a service', async () => {
    const { mailboxes, port } = await startSink();
    const mailer = mailerTo(port);
    const verify = (to: string) =>
      mailer.send({ kind: 'verify-email', to, uid: UID, code: CODE, context: { service: 'x\r\nX-Evil: 1' } });
    for (const to of ['victim@example.org\r\nBcc: other@example.org', 'victim@example.org, other@example.org']) {
      await expect(verify(to)).rejects.toThrow(MailUnavailable);
    }
    await verify('victim@example.org');
    expect(mailboxes.recent(10)).toHaveLength(1);
    for (const mail of mailboxes.recent(10)) expect(mail.headers).not.toHaveProperty('x-evil');
  });

  test('a transport that is gone or silent is told in time, without the address', async () => {
    const silent = (await import('node:net')).createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    closing.push(() => silent.close());
    for (const port of [(silent.address() as AddressInfo).port, 1]) {
      const startedAt = Date.now();
      const error = await mailerTo(port)
        .send({ kind: 'email-verified', to: TO, context: {} })
        .catch((thrown: Error) => thrown);
      expect(error).toBeInstanceOf(MailUnavailable);
      expect(String(error)).not.toContain('example.org');
      expect(Date.now() - startedAt).toBeLessThan(2500);
    }
  });

  test('the sink keeps a bounded number of mails, the newest', () => {
    const mailboxes = createMailboxes(Date.now);
    for (let index = 0; index < 150; index += 1) {
      mailboxes.add({ id: `${index}`, receivedAt: Date.now(), to: '', subject: '', text: '', html: '', headers: {} }, [
        'box',
      ]);
    }
    expect(mailboxes.messages('box').map(({ id }) => id)).toEqual(
      Array.from({ length: 100 }, (_, index) => `${index + 50}`),
    );
  });
});

/** A service of AWS, as far as these tests go: answers by the target or path that was asked for. */
async function startAws(answer: (target: string, body: string) => { status?: number; body: unknown }): Promise<string> {
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const { status = 200, body } = answer(String(request.headers['x-amz-target'] ?? request.url), text);
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('by SES a mail goes out as it was made', async () => {
  let sent = '';
  process.env['AWS_ENDPOINT_URL_SESV2'] = await startAws((_target, body) => {
    sent = Buffer.from(JSON.parse(body).Content.Raw.Data, 'base64').toString();
    return { body: { MessageId: 'x' } };
  });
  const mailer = openMailer({ ...SETTINGS, transport: await openSesTransport({ region: 'us-east-1' }) });
  await mailer.send({ kind: 'verify-email', to: 'somebody@example.org', uid: UID, code: CODE, context: {} });
  expect(sent).toContain(`X-Verify-Code: ${CODE}`);
  expect(sent).toContain('Subject: Verify your Firefox Account');
  mailer.close();
});

describe('a mail that came back', () => {
  const bounce = (bounceType: string, emailAddress: string) => ({
    notificationType: 'Bounce',
    bounce: { bounceType, bouncedRecipients: [{ emailAddress }] },
  });
  const complaint = {
    notificationType: 'Complaint',
    complaint: { complainedRecipients: [{ emailAddress: 'c@example.org' }] },
  };
  const bySns = (notification: object) =>
    JSON.stringify({ Type: 'Notification', Message: JSON.stringify(notification) });

  test('is read from its notification, by way of SNS or without', () => {
    expect(readBounceMessage(bySns(bounce('Permanent', 'a@example.org')))).toEqual([
      { kind: 'bounce', email: 'a@example.org' },
    ]);
    expect(readBounceMessage(JSON.stringify(complaint))).toEqual([{ kind: 'complaint', email: 'c@example.org' }]);
    expect(readBounceMessage(bySns(bounce('Transient', 'a@example.org')))).toEqual([]);
  });

  test('is read from the event of a configuration set as well, which calls its kind otherwise', () => {
    const { bounce: permanent } = bounce('Permanent', 'a@example.org');
    const { complaint: complained } = complaint;
    const mail = { messageId: '1', tags: { 'ses:configuration-set': ['prod'] } };
    expect(readBounceMessage(bySns({ eventType: 'Bounce', bounce: permanent, mail }))).toEqual([
      { kind: 'bounce', email: 'a@example.org' },
    ]);
    expect(readBounceMessage(bySns({ eventType: 'Complaint', complaint: complained, mail }))).toEqual([
      { kind: 'complaint', email: 'c@example.org' },
    ]);
  });

  test('that is told by anything else is no notification', () => {
    for (const body of [
      '',
      '{',
      '{}',
      'null',
      '{"Message":"x"}',
      '{"notificationType":"Delivery"}',
      '{"eventType":"Send"}',
    ])
      expect(readBounceMessage(body)).toBeUndefined();
  });

  test('leaves the queue once it was dealt with, comes again when that failed, and a poisoned one goes', async () => {
    const queue = new Map([
      ['1', bySns(bounce('Permanent', 'a@example.org'))],
      ['2', 'poison'],
      ['3', bySns(complaint)],
    ]);
    const url = await startAws((target, body) => {
      if (target.endsWith('DeleteMessage')) queue.delete(JSON.parse(body).ReceiptHandle);
      const Messages = [...queue].map(([id, Body]) => ({
        MessageId: id,
        ReceiptHandle: id,
        Body,
        MD5OfBody: createHash('md5').update(Body).digest('hex'),
      }));
      return { body: target.endsWith('ReceiveMessage') ? { Messages } : {} };
    });
    process.env['AWS_ENDPOINT_URL_SQS'] = url;
    const handled: string[] = [];
    let failures = 1;
    const { promise, resolve } = Promise.withResolvers<void>();
    const polling = await pollBounces({
      queueUrl: `${url}/queue`,
      region: 'us-east-1',
      log: SILENT,
      onBounce: async ({ kind, email }) => {
        if (kind === 'complaint' && failures > 0) {
          failures -= 1;
          throw new Error('the store is gone');
        }
        handled.push(email);
        if (kind === 'complaint') resolve();
      },
    });
    await promise;
    for (let tries = 0; queue.size > 0 && tries < 100; tries += 1) await new Promise((done) => setTimeout(done, 20));
    await polling.stop();
    expect(handled).toEqual(['a@example.org', 'c@example.org']);
    expect(queue.size).toBe(0);
  }, 20_000);
});
