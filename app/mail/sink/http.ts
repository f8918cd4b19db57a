/** The sink's HTTP side: mailboxes for programs, an inbox for people. */

import type { FastifyInstance } from 'fastify';
import { createHttpServer, registerProbes } from '../../platform/http-server.ts';
import type { Log } from '../../platform/log.ts';
import { readReleaseVersion } from '../../platform/version.ts';
import { escapeHtml } from '../render.ts';
import type { Mailboxes, SinkMail } from './mailboxes.ts';

const BODY_BYTES_MAX = 1024;
/** How long a program that asks for an empty box is kept waiting for its first mail. */
const WAIT_MS_MAX = 10_000;
const RECENT_MAX = 100;
const REFRESH_SECONDS = 3;
const POLICY =
  "default-src 'none'; style-src 'sha256-STYLE'; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'";

const STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 0 auto; max-width: 60em; padding: 1.5em }
h1 { font-size: 1.4em }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .5em .75em; border-bottom: 1px solid #8884; vertical-align: top }
iframe { width: 100%; height: 30em; border: 1px solid #8886; border-radius: 6px; background: #fff }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: 1em; border: 1px solid #8886; border-radius: 6px }
.empty { padding: 2em 0 }`;

export function createHttpSink({
  mailboxes,
  log,
  styleHash,
}: {
  mailboxes: Mailboxes;
  log: Log;
  styleHash: string;
}): FastifyInstance {
  const app = createHttpServer({ bodyBytesMax: BODY_BYTES_MAX, drainMs: 0 });
  const policy = POLICY.replace('STYLE', styleHash);
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
  });
  app.setErrorHandler((error, _request, reply) => {
    log.warn({ err: error }, 'the sink refused a request');
    return reply.code(400).send({ error: 'Bad Request' });
  });
  registerProbes(app, { version: readReleaseVersion(), heartbeat: async () => undefined, hasRoot: true });

  app.get<{ Params: { localPart: string }; Querystring: { wait?: string } }>(
    '/mail/:localPart',
    async ({ params, query }) => {
      const waitMs = query.wait === '0' ? 0 : WAIT_MS_MAX;
      const messages = await mailboxes.waitForMessages(params.localPart, waitMs);
      return messages.map(({ headers, html, text, subject, to }) => ({ headers, html, text, subject, to }));
    },
  );
  app.delete<{ Params: { localPart: string } }>('/mail/:localPart', async ({ params }) => {
    mailboxes.clear(params.localPart);
    return {};
  });

  const page = (title: string, body: string, head = '') =>
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${head}<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>${body}</body></html>\n`;

  app.get('/', async (_request, reply) => {
    const refresh = `<meta http-equiv="refresh" content="${REFRESH_SECONDS}">`;
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', policy)
      .send(page('Inbox', inbox(mailboxes.recent(RECENT_MAX)), refresh));
  });
  app.get<{ Params: { id: string } }>('/message/:id', async ({ params }, reply) => {
    const mail = mailboxes.find(params.id);
    reply.type('text/html; charset=utf-8').header('content-security-policy', policy);
    if (mail === undefined)
      return reply.code(404).send(page('No such mail', '<p>This mail is gone. <a href="/">Inbox</a></p>'));
    return reply.send(page(mail.subject, message(mail)));
  });
  // The mail's own HTML, in a frame that can do nothing but open its links elsewhere.
  app.get<{ Params: { id: string } }>('/message/:id/html', async ({ params }, reply) => {
    const mail = mailboxes.find(params.id);
    const sandbox =
      "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'";
    const html = (mail?.html ?? '').replace('<head>', '<head><base target="_blank">');
    return reply.type('text/html; charset=utf-8').header('content-security-policy', sandbox).send(html);
  });
  return app;
}

export { STYLE as SINK_STYLE };

function inbox(mails: readonly SinkMail[]): string {
  const rows = mails.map(
    ({ id, to, subject, receivedAt }) =>
      `<tr><td><a href="/message/${id}">${escapeHtml(subject)}</a></td><td>${escapeHtml(to)}</td><td>${time(receivedAt)}</td></tr>`,
  );
  const table = `<table><thead><tr><th scope="col">Subject</th><th scope="col">To</th><th scope="col">Received</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
  const nothing =
    '<p class="empty">No mail yet. What the service sends arrives here; this page looks every few seconds.</p>';
  return `<h1>Inbox</h1>${mails.length === 0 ? nothing : table}`;
}

function message({ id, to, subject, text, headers, receivedAt }: SinkMail): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `<p><a href="/">Inbox</a></p><h1>${escapeHtml(subject)}</h1><p>To ${escapeHtml(to)}, ${time(receivedAt)}</p>
<iframe title="The mail" sandbox="allow-popups allow-popups-to-escape-sandbox" src="/message/${id}/html"></iframe>
<h2>Text</h2><pre>${escapeHtml(text)}</pre><h2>Headers</h2><pre>${escapeHtml(lines.join('\n'))}</pre>`;
}

function time(at: number): string {
  const iso = new Date(at).toISOString();
  return `<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`;
}
