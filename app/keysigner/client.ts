/** How webheads ask the keysigner. */

import { z } from 'zod';
import type { PublishedKey } from '../browserid/support-document.ts';
import type { Log } from '../platform/log.ts';
import { NeighbourUnavailable, type ServiceCaller } from '../platform/service-call/caller.ts';
import type { CertificateRequest } from './server.ts';

/** No keysigner can be asked now. */
export class KeysignerUnavailable extends Error {
  override readonly name = 'KeysignerUnavailable';
}

/** Published keys may be so old while the keysigner answers, and so old when it is gone. */
const KEYS_FRESH_MS = 10_000;
const KEYS_STALE_MS_MAX = 86_400_000;
/** When it is gone, known keys are told at once, and it is asked again, and put on the record, this often. */
const ASK_AGAIN_MS = 2000;

const publishedKeys = z.object({
  keys: z.tuple(
    [z.object({ kid: z.string(), n: z.string(), e: z.string() })],
    z.object({ kid: z.string(), n: z.string(), e: z.string() }),
  ),
});
type PublishedKeys = readonly [PublishedKey, ...PublishedKey[]];

export type SignedOutcome =
  | { readonly outcome: 'signed'; readonly cert: string }
  | { readonly outcome: 'too-many-requests'; readonly retryAfterSeconds: number }
  /** The keysigner signs for less time than was asked for. */
  | { readonly outcome: 'duration-too-long' };

export interface KeysignerClient {
  /** @throws KeysignerUnavailable within the caller's time limit */
  signCertificate(request: CertificateRequest): Promise<SignedOutcome>;
  /**
   * The keys to publish, the one that signs first. They are remembered for 10 s, for a day when the keysigner is gone.
   * @throws KeysignerUnavailable when it is gone and they were not learnt within a day.
   */
  publishedKeys(): Promise<PublishedKeys>;
  /** Resolves when a keysigner answers, now. @throws KeysignerUnavailable */
  ping(): Promise<void>;
}

export function createKeysignerClient({
  caller,
  now,
  log,
}: {
  caller: ServiceCaller;
  now: () => number;
  log: Log;
}): KeysignerClient {
  let known: { keys: PublishedKeys; learntAt: number } | undefined;
  let asking: Promise<PublishedKeys> | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;

  const askKeys = async (): Promise<PublishedKeys> => {
    const { body } = await unlessGone(caller.get('/v1/keys'));
    const parsed = publishedKeys.safeParse(body);
    if (!parsed.success) throw new KeysignerUnavailable('the keysigner told no keys');
    known = { keys: parsed.data.keys, learntAt: now() };
    return parsed.data.keys;
  };

  return {
    signCertificate: async (request) => {
      const { statusCode, body } = await unlessGone(caller.call('/v1/certificates', request));
      if (statusCode === 200 && hasText(body, 'cert')) return { outcome: 'signed', cert: body.cert };
      if (statusCode === 429) return { outcome: 'too-many-requests', retryAfterSeconds: retryAfterOf(body) };
      if (statusCode === 400 && hasText(body, 'error') && body.error === 'duration too long')
        return { outcome: 'duration-too-long' };
      throw new KeysignerUnavailable(`the keysigner answered ${statusCode}`);
    },
    ping: async () => {
      await askKeys();
    },
    publishedKeys: async () => {
      const age = () => (known === undefined ? Number.POSITIVE_INFINITY : now() - known.learntAt);
      if (known !== undefined && age() < KEYS_FRESH_MS) return known.keys;
      if (known !== undefined && age() <= KEYS_STALE_MS_MAX && now() - failedAt < ASK_AGAIN_MS) return known.keys;
      asking ??= askKeys()
        .catch((error: unknown) => {
          failedAt = now();
          if (known === undefined || age() > KEYS_STALE_MS_MAX) throw error;
          log.warn({ err: error, learntAt: known.learntAt }, 'the keysigner is gone: publishing the keys it told last');
          return known.keys;
        })
        .finally(() => {
          asking = undefined;
        });
      return asking;
    },
  };
}

async function unlessGone<Answer>(asked: Promise<Answer>): Promise<Answer> {
  return asked.catch((cause: unknown) => {
    if (cause instanceof NeighbourUnavailable) throw new KeysignerUnavailable('no keysigner answered', { cause });
    throw cause;
  });
}

function hasText<Name extends string>(body: unknown, name: Name): body is Record<Name, string> {
  return typeof body === 'object' && body !== null && name in body && typeof Reflect.get(body, name) === 'string';
}

function retryAfterOf(body: unknown): number {
  const seconds = typeof body === 'object' && body !== null ? Number(Reflect.get(body, 'retryAfter')) : Number.NaN;
  return Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : 1;
}
