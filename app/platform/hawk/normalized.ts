/** The texts that Hawk authenticates. Pure, and free of Node, since browsers sign with it too. */

export interface HawkArtifacts {
  /** Seconds since the epoch. */
  readonly ts: number | string;
  readonly nonce: string;
  readonly method: string;
  /** Path and query. */
  readonly resource: string;
  readonly host: string;
  readonly port: number | string;
  readonly hash?: string | undefined;
  readonly ext?: string | undefined;
  readonly app?: string | undefined;
  readonly dlg?: string | undefined;
}

/** The text under a request's MAC. @see Hawk 1.1, normalized request string */
export function hawkNormalizedString(artifacts: HawkArtifacts): string {
  const { ts, nonce, method, resource, host, port, hash = '', ext = '', app, dlg = '' } = artifacts;
  const escapedExt = ext.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
  const head = `hawk.1.header\n${ts}\n${nonce}\n${method.toUpperCase()}\n${resource}\n${host.toLowerCase()}\n${port}\n${hash}\n${escapedExt}\n`;
  return app === undefined ? head : `${head}${app}\n${dlg}\n`;
}

/** The text before the payload under a payload's hash; a line feed ends the payload. Parameters of the content type do not count. */
export function hawkPayloadPrefix(contentType: string): string {
  const [mediaType = ''] = contentType.split(';', 1);
  return `hawk.1.payload\n${mediaType.trim().toLowerCase()}\n`;
}
