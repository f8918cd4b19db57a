/** The identity provider's key in AWS KMS: it never leaves there, and every use is on AWS's record as well. */

import { createHash, createPublicKey } from 'node:crypto';
import { type PublishedKey, publishedKey } from '../browserid/support-document.ts';
import type { Log } from '../platform/log.ts';
import { type SigningKeys, SigningUnavailable } from './signing-keys.ts';

const RETRY_MS = 2000;
const KMS_MS_MAX = 2000;
const ATTEMPTS_MAX = 2;

export interface KmsSigningKeysOptions {
  readonly region: string;
  /** Key ids or ARNs: the one that signs first, then those that are published beside it. */
  readonly keyIds: readonly [string, ...string[]];
  readonly log: Log;
}

/** Signs in KMS. It is there at once and refuses until KMS told the public keys. */
export async function openKmsSigningKeys({
  region,
  keyIds,
  log,
}: KmsSigningKeysOptions): Promise<SigningKeys & { close(): void }> {
  const { GetPublicKeyCommand, KMSClient, SignCommand } = await import('@aws-sdk/client-kms');
  const client = new KMSClient({ region, maxAttempts: ATTEMPTS_MAX });
  const [signingKeyId, ...otherKeyIds] = keyIds;
  let known: readonly [PublishedKey, ...PublishedKey[]] | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const learn = async (keyId: string): Promise<PublishedKey> => {
    const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: keyId }), {
      abortSignal: AbortSignal.timeout(KMS_MS_MAX),
    });
    if (PublicKey === undefined) throw new SigningUnavailable('KMS answered without a public key');
    const kid = createHash('sha256').update(PublicKey).digest('hex').slice(0, 16);
    return publishedKey(kid, createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' }));
  };
  const learnAll = async () => {
    try {
      known = [await learn(signingKeyId), ...(await Promise.all(otherKeyIds.map(learn)))];
    } catch (error) {
      log.error({ err: error }, 'KMS did not tell the public keys');
      if (!closed) timer = setTimeout(learnAll, RETRY_MS);
    }
  };
  void learnAll();

  const published = () => {
    if (known === undefined) throw new SigningUnavailable('KMS has not told the public keys yet');
    return known;
  };
  return {
    kid: () => published()[0].kid,
    published,
    sign: async (input) => {
      const Message = createHash('sha256').update(input).digest();
      const request = {
        KeyId: signingKeyId,
        Message,
        MessageType: 'DIGEST',
        SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256',
      } as const;
      try {
        const { Signature } = await client.send(new SignCommand(request), {
          abortSignal: AbortSignal.timeout(KMS_MS_MAX),
        });
        if (Signature === undefined) throw new SigningUnavailable('KMS answered without a signature');
        return Buffer.from(Signature).toString('base64url');
      } catch (cause) {
        throw new SigningUnavailable('KMS did not sign', { cause });
      }
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
      client.destroy();
    },
  };
}
