/** The languages a client asks for, as an account keeps them. */

const LOCALE_CHARACTERS_MAX = 255;

/** Cuts an Accept-Language header to at most 255 characters, at a comma, so that no language is cut in half. */
export function trimAcceptLanguage(header: string): string {
  if (header.length <= LOCALE_CHARACTERS_MAX) return header;
  const comma = header.lastIndexOf(',', LOCALE_CHARACTERS_MAX);
  return comma < 0 ? '' : header.slice(0, comma).trim();
}
