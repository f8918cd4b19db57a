/** BrowserID certificates: a client's public key, signed with what the identity provider knows of its owner. Pure. */

/** The certificate is born a little in the past, for relying services whose clocks are behind. */
const ISSUED_BEFORE_MS = 10_000;

export interface CertificateInput {
  /** The account, 32 hex characters. */
  readonly uid: string;
  /** Host of the identity provider's public URL, with its port where that is not the default one. */
  readonly domain: string;
  readonly email: string;
  /** Rises with every password set. ms */
  readonly generation: number;
  /** When the session began. Seconds. */
  readonly lastAuthAt: number;
  /** When kB was last made anew. ms */
  readonly keysChangedAt: number;
  /** The device of the session, 32 hex characters. */
  readonly deviceId: string | null;
  /** The client's key, passed through unchanged. */
  readonly publicKey: Readonly<Record<string, unknown>>;
  readonly durationMs: number;
}

/**
 * The claims of a certificate. Times are ms, as BrowserID has them, but for `fxa-lastAuthAt`.
 * @param now ms since the epoch.
 */
export function certificatePayload(input: CertificateInput, now: number): Readonly<Record<string, unknown>> {
  return {
    iss: input.domain,
    iat: now - ISSUED_BEFORE_MS,
    exp: now + input.durationMs,
    'public-key': input.publicKey,
    principal: { email: `${input.uid}@${input.domain}` },
    'fxa-generation': input.generation,
    'fxa-lastAuthAt': input.lastAuthAt,
    'fxa-verifiedEmail': input.email,
    'fxa-deviceId': input.deviceId,
    'fxa-tokenVerified': true,
    'fxa-keysChangedAt': input.keysChangedAt,
  };
}

/** The text that is signed: header and payload of a compact JWS. @see RFC 7515, 5.1 */
export function certificateSigningInput(kid: string, payload: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256', kid })}.${part(payload)}`;
}
