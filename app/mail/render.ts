/** From what a mail is about to the message itself: subject, link, headers, a text part and an HTML part. */

import type { Mail, MailContext } from './mail.ts';
import { type MailLanguage, type MailText, mailLanguage, mailText } from './texts.ts';

export interface MailSettings {
  /** Where the pages that mails link to are, without a slash at its end. */
  readonly contentUrl: string;
  /** Where a verified owner is sent to set up sync. */
  readonly syncUrl: string;
  readonly sender: string;
}

export interface RenderedMail {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

export function renderMail(mail: Mail, settings: MailSettings): RenderedMail {
  const language = mailLanguage(mail.context.acceptLanguage);
  const text = mailText(mail.kind, language);
  const link = mailLink(mail, settings);
  return {
    from: settings.sender,
    to: mail.to,
    subject: text.subject,
    text: `${text.heading}\n\n${text.body}\n\n${text.action}:\n${link}\n\n${text.footnote}\n`,
    html: htmlPart(text, { language, link }),
    headers: { 'Content-Language': language, 'X-Link': link, ...codeHeaders(mail) },
  };
}

/** Test suites and other programs read the codes from here rather than from the text. */
function codeHeaders(mail: Mail): Record<string, string> {
  const service: Record<string, string> =
    mail.context.service === undefined ? {} : { 'X-Service-ID': mail.context.service };
  switch (mail.kind) {
    case 'verify-email':
      return { 'X-Uid': mail.uid, 'X-Verify-Code': mail.code, ...service };
    case 'unlock-account':
      return { 'X-Uid': mail.uid, 'X-Unlock-Code': mail.code, ...service };
    case 'reset-password':
      return { 'X-Recovery-Code': mail.code, ...service };
    case 'email-verified':
    case 'password-reset':
    case 'password-changed':
      return {};
  }
}

function mailLink(mail: Mail, { contentUrl, syncUrl }: MailSettings): string {
  switch (mail.kind) {
    case 'verify-email':
      return withQuery(`${contentUrl}/v1/verify_email`, { uid: mail.uid, code: mail.code, ...carried(mail.context) });
    case 'unlock-account':
      return withQuery(`${contentUrl}/v1/complete_unlock_account`, {
        uid: mail.uid,
        code: mail.code,
        ...carried(mail.context),
      });
    case 'reset-password': {
      const { token, code, to: email, context } = mail;
      return withQuery(`${contentUrl}/v1/complete_reset_password`, { token, code, email, ...carried(context) });
    }
    case 'email-verified':
      return withQuery(syncUrl, { utm_source: 'email', utm_medium: 'email', utm_campaign: 'fx-account-verified' });
    case 'password-reset':
    case 'password-changed':
      return withQuery(`${contentUrl}/reset_password`, { email: mail.to });
  }
}

function carried({ service, redirectTo, resume }: MailContext) {
  return { service, redirectTo, resume };
}

function withQuery(url: string, members: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(members).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return `${url}?${new URLSearchParams(given)}`;
}

function htmlPart(text: MailText, { language, link }: { language: MailLanguage; link: string }): string {
  const { subject, heading, body, action, footnote } = text;
  const href = escapeHtml(link);
  const font = 'font-family: system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif';
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(subject)}</title></head>
<body style="margin: 0; padding: 24px; background: #f4f5f7; color: #1c2430; ${font}">
<main style="max-width: 34em; margin: 0 auto; padding: 32px; background: #ffffff; border-radius: 8px">
<h1 style="margin: 0 0 16px; font-size: 24px; font-weight: 600">${escapeHtml(heading)}</h1>
<p style="margin: 0 0 24px; font-size: 16px; line-height: 1.5">${escapeHtml(body)}</p>
<p style="margin: 0 0 24px"><a href="${href}" style="display: inline-block; padding: 12px 24px; background: #0b5ed7; color: #ffffff; border-radius: 4px; font-size: 16px; text-decoration: none">${escapeHtml(action)}</a></p>
<p style="margin: 0 0 24px; font-size: 13px; line-height: 1.5; word-break: break-all"><a href="${href}" style="color: #0b5ed7">${href}</a></p>
<p style="margin: 0; font-size: 13px; line-height: 1.5; color: #566072">${escapeHtml(footnote)}</p>
</main>
</body>
</html>
`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text as it may stand between tags and within quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}
