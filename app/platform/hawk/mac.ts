/** Hawk's MAC and payload hash, on the server. */

import { createHash, hash, timingSafeEqual } from 'node:crypto';
import type { HawkHeader } from './header.ts';
import { type HawkArtifacts, hawkNormalizedString, hawkPayloadPrefix } from './normalized.ts';

/** The request as it was signed: host and port are those of the configured public URL, never of the Host header. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query. */
  readonly resource: string;
  readonly host: string;
  readonly port: number;
}

/**
 * Computes a request's MAC.
 * @param key 32 bytes
 * @returns base64
 */
export function hawkMac(key: Uint8Array, artifacts: HawkArtifacts): string {
  return hmacSha256(key, hawkNormalizedString(artifacts));
}

/** Whether the header's MAC is that of the request under the key. Constant time; never throws, whatever the header holds. */
export function verifyHawkMac(key: Uint8Array, header: HawkHeader, request: SignedRequest): boolean {
  return equalTexts(header.mac, hawkMac(key, { ...header, ...request }));
}

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/**
 * HMAC-SHA256 of a text, base64, from two one-shot hashes. node:crypto's own costs several times as much for a text this short, most of it to
 * set up its key, and this is on the path of every signed request.
 * @see RFC 2104
 */
function hmacSha256(key: Uint8Array, text: string): string {
  if (key.length > BLOCK_BYTES)
    throw new RangeError(`a Hawk key must be at most ${BLOCK_BYTES} bytes, got ${key.length}`);
  const length = Buffer.byteLength(text);
  const inner = Buffer.allocUnsafe(BLOCK_BYTES + length);
  const outer = Buffer.allocUnsafe(BLOCK_BYTES + DIGEST_BYTES);
  for (let index = 0; index < BLOCK_BYTES; index += 1) {
    const byte = key[index] ?? 0;
    inner[index] = byte ^ INNER_PAD;
    outer[index] = byte ^ OUTER_PAD;
  }
  inner.write(text, BLOCK_BYTES);
  hash('sha256', inner, 'buffer').copy(outer, BLOCK_BYTES);
  return hash('sha256', outer, 'base64');
}

/** The hash of a payload's raw bytes. @returns base64 */
export function hawkPayloadHash(contentType: string, payload: Uint8Array | string): string {
  return createHash('sha256').update(hawkPayloadPrefix(contentType)).update(payload).update('\n').digest('base64');
}

/** Whether the payload is the one that was hashed under the MAC. */
export function verifyHawkPayload(hash: string, payload: { contentType: string; body: Uint8Array | string }): boolean {
  return equalTexts(hash, hawkPayloadHash(payload.contentType, payload.body));
}

/** Compares two texts in time that depends on their lengths alone. */
export function equalTexts(left: string, right: string): boolean {
  const leftBytes = Buffer.from(left);
  const rightBytes = Buffer.from(right);
  return leftBytes.length === rightBytes.length && timingSafeEqual(leftBytes, rightBytes);
}
