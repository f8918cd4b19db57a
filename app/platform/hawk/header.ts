/** The Authorization header of a Hawk request: reading it strictly, writing it. */

export interface HawkHeader {
  readonly id: string;
  /** Seconds since the epoch, as it was sent: the text is under the MAC. */
  readonly ts: string;
  readonly nonce: string;
  readonly mac: string;
  readonly hash?: string;
  readonly ext?: string;
  readonly app?: string;
  readonly dlg?: string;
}

const HEADER_CHARACTERS_MAX = 4096;
const NAMES = new Set(['id', 'ts', 'nonce', 'hash', 'ext', 'mac', 'app', 'dlg']);
const SCHEME = /^Hawk(?:\s+(.*))?$/i;
/** One attribute, and the comma or the end behind it. */
const ATTRIBUTE = /(\w+)="([^"\\]*)"\s*(?:,\s*|$)/gy;
/** The characters that an attribute may hold. */
const VALUE = /^[ \w!#$%&'()*+,\-./:;<=>?@[\]^`{|}~]+$/;

/** Whether an Authorization header is meant for Hawk at all. */
export function isHawkHeader(value: string): boolean {
  return SCHEME.test(value);
}

/**
 * Reads a Hawk header.
 * @returns undefined when it is malformed: unknown, doubled or missing attributes, forbidden characters, too long.
 */
export function parseHawkHeader(value: string): HawkHeader | undefined {
  if (value.length > HEADER_CHARACTERS_MAX) return undefined;
  const attributesText = SCHEME.exec(value)?.[1];
  if (attributesText === undefined) return undefined;
  const attributes: Record<string, string> = {};
  let end = 0;
  for (const match of attributesText.matchAll(ATTRIBUTE)) {
    const [whole, name = '', attribute = ''] = match;
    if (!NAMES.has(name) || Object.hasOwn(attributes, name) || !VALUE.test(attribute)) return undefined;
    attributes[name] = attribute;
    end = match.index + whole.length;
  }
  if (end !== attributesText.length) return undefined;
  const { id, ts, nonce, mac, ...others } = attributes;
  if (id === undefined || ts === undefined || nonce === undefined || mac === undefined || !/^\d{1,15}$/.test(ts))
    return undefined;
  return { id, ts, nonce, mac, ...others };
}

/** Writes a Hawk header. Values must be of the characters that {@link parseHawkHeader} accepts. */
export function writeHawkHeader({
  id,
  ts,
  nonce,
  hash,
  mac,
}: {
  id: string;
  ts: number;
  nonce: string;
  hash?: string | undefined;
  mac: string;
}): string {
  return `Hawk id="${id}", ts="${ts}", nonce="${nonce}", ${hash === undefined ? '' : `hash="${hash}", `}mac="${mac}"`;
}
