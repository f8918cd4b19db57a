/** Backed assertions: with a key of its own, and a certificate for it, a client proves to a relying service who its owner is. */

import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { BrowserIdPublicKey } from './client.ts';

const ALGORITHM = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
const MODULUS_BITS = 2048;
const PUBLIC_EXPONENT = new Uint8Array([1, 0, 1]);

export interface BrowserIdKeyPair {
  /** What the service signs a certificate for; numbers in decimal. */
  readonly publicKey: BrowserIdPublicKey;
  /** Does not leave the platform's keeping. */
  readonly privateKey: CryptoKey;
}

/**
 * Makes an RSA key pair, which takes a while: use it for as long as its certificates are asked for.
 * @throws DOMException or TypeError where the platform has no WebCrypto, such as on a page without TLS.
 */
export async function makeBrowserIdKeyPair(): Promise<BrowserIdKeyPair> {
  const { subtle } = globalThis.crypto;
  const parameters = { ...ALGORITHM, modulusLength: MODULUS_BITS, publicExponent: PUBLIC_EXPONENT };
  const { publicKey, privateKey } = await subtle.generateKey(parameters, false, ['sign', 'verify']);
  const { n = '', e = '' } = await subtle.exportKey('jwk', publicKey);
  return { publicKey: { algorithm: 'RS', n: decimal(n), e: decimal(e) }, privateKey };
}

/**
 * Signs a statement that the certificate's owner is visiting a service.
 * @param certificate as the accounts service signed it for this key pair.
 * @param audience the relying service's origin; the assertion is good nowhere else.
 * @param expiresAt ms since the epoch.
 * @returns certificate and assertion as one text, as relying services take them.
 * @see BrowserID, backed assertion; RFC 7515, compact serialisation
 */
export async function makeBackedAssertion(
  { privateKey }: BrowserIdKeyPair,
  { certificate, audience, expiresAt }: { certificate: string; audience: string; expiresAt: number },
): Promise<string> {
  const header = { alg: 'RS256' };
  const text = `${base64url(utf8ToBytes(JSON.stringify(header)))}.${base64url(utf8ToBytes(JSON.stringify({ exp: expiresAt, aud: audience })))}`;
  const signature = await globalThis.crypto.subtle.sign(ALGORITHM, privateKey, new Uint8Array(utf8ToBytes(text)));
  return `${certificate}~${text}.${base64url(new Uint8Array(signature))}`;
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

function decimal(base64urlNumber: string): string {
  const bytes = atob(base64urlNumber.replaceAll('-', '+').replaceAll('_', '/'));
  return BigInt(`0x${[...bytes].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('')}`).toString();
}
