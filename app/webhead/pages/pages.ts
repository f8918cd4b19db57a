/** The pages that mails link to, and the page on which a person makes and keeps an account. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { pageHtml } from './html.ts';
import { pageLanguage } from './texts.ts';

const YEAR = 'public, max-age=31536000, immutable';

/** Nothing from elsewhere, nothing inline, no frame, no form that leaves the page by itself. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/** Each page by its path below `/pages`; the names are also the browser script's. */
const PAGES = {
  '/': 'account',
  '/connect': 'account',
  '/reset_password': 'forgot',
  '/v1/verify_email': 'verify',
  '/v1/complete_reset_password': 'reset',
  '/v1/complete_unlock_account': 'unlock',
} as const;
export type PageName = (typeof PAGES)[keyof typeof PAGES];

export interface BuiltPages {
  readonly script: { readonly name: string; readonly content: string };
  readonly style: { readonly name: string; readonly content: string };
}

const manifest = z.object({ script: z.string(), style: z.string() });

/** Reads what the release's build wrote. Rejects when it is not there. */
export async function readPages(folder: string): Promise<BuiltPages> {
  const names = manifest.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')));
  const read = async (name: string) => ({ name, content: await readFile(join(folder, name), 'utf8') });
  return { script: await read(names.script), style: await read(names.style) };
}

/** Registers the pages and their two files below `/pages` of the public URL. */
export function registerPages(
  app: FastifyInstance,
  { pages, publicUrl, redirectDomain }: { pages: BuiltPages; publicUrl: string; redirectDomain: string },
): void {
  const { pathname } = new URL(publicUrl);
  const base = `${pathname === '/' ? '' : pathname}/pages`;
  const assets = [
    { ...pages.script, type: 'text/javascript; charset=utf-8' },
    { ...pages.style, type: 'text/css; charset=utf-8' },
  ];
  for (const { name, content, type } of assets) {
    app.get(`${base}/assets/${name}`, async (_request, reply) =>
      reply.type(type).header('cache-control', YEAR).send(content),
    );
  }
  app.get(base, async (_request, reply) => reply.redirect(`${base}/`, 302));
  for (const [path, page] of Object.entries(PAGES)) {
    app.get(base + path, async (request, reply) => {
      const language = pageLanguage(request.headers['accept-language']);
      const files = { script: pages.script.name, style: pages.style.name };
      const html = pageHtml({ page, language, publicUrl, redirectDomain, base, ...files });
      return reply
        .type('text/html; charset=utf-8')
        .headers({
          'content-security-policy': POLICY,
          'referrer-policy': 'no-referrer',
          'content-language': language,
          'cache-control': 'no-store',
          vary: 'accept-language',
        })
        .send(html);
    });
  }
}
