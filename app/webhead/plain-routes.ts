/** Routes that are not of the JSON API: documents for relying services, ways on to the pages, and what is retired. */

import type { FastifyInstance } from 'fastify';
import { serviceError } from '../accounts/service-errors.ts';
import { supportDocument } from '../browserid/support-document.ts';
import type { WebheadService } from './service.ts';

const DOCUMENT_CACHE = 'max-age=10, must-revalidate, public';
const DOCUMENT_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** Relying services of old fetch these two; their dialogues are the browser's own by now. */
const PROVISIONING_PAGES = { 'sign_in.html': 'Sign in', 'provision.html': 'Provisioning' } as const;

export function registerPlainRoutes(app: FastifyInstance, { keysigner, contentUrl, publicUrl }: WebheadService): void {
  for (const path of ['/.well-known/browserid', '/.well-known/public-keys']) {
    app.get(path, async (_request, reply) => {
      const document = supportDocument(await keysigner.publishedKeys());
      return reply
        .header('cache-control', DOCUMENT_CACHE)
        .send(path.endsWith('browserid') ? document : { keys: document['keys'] });
    });
  }
  for (const [page, title] of Object.entries(PROVISIONING_PAGES)) {
    app.get(`/.well-known/browserid/${page}`, async (_request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        .header('content-security-policy', DOCUMENT_POLICY)
        .send(
          `<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>${title}</title><p>Your browser signs you in by itself.</p></html>\n`,
        ),
    );
  }
  const { pathname } = new URL(publicUrl);
  const prefix = pathname === '/' ? '' : pathname;
  for (const path of ['/v1/verify_email', '/v1/complete_reset_password', '/v1/complete_unlock_account']) {
    app.get(prefix + path, async (request, reply) =>
      reply.redirect(contentUrl + request.url.slice(prefix.length), 302),
    );
  }
  app.all(`${prefix}/v0/*`, async () => {
    throw serviceError('ENDPOINT_RETIRED');
  });
}
