/** The identity provider's key in AWS KMS: it never leaves there, and every use is on AWS's record as well. */

import { createHash, createPublicKey } from 'node:crypto';
import { type PublishedKey, publishedKey } from '../browserid/support-document.ts';
import type { Log } from '../platform/log.ts';
import { type SigningKeys, SigningUnavailable } from './signing-keys.ts';

const RETRY_MS = 2000;
const KMS_MS_MAX = 2000;
const ATTEMPTS_MAX = 2;
/** A key's id is the beginning of its hash, in hex. */
const KID_CHARACTERS = 16;

interface KmsKey {
  readonly arn: string;
  readonly published: PublishedKey;
}

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
  const { default: kms } = await import('@aws-sdk/client-kms');
  const { GetPublicKeyCommand, KMSClient, SignCommand } = kms;
  const client = new KMSClient({ region, maxAttempts: ATTEMPTS_MAX });
  const [signingKeyId, ...otherKeyIds] = keyIds;
  let known: { signingArn: string; published: readonly [PublishedKey, ...PublishedKey[]] } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const learn = async (keyId: string): Promise<KmsKey> => {
    const { PublicKey, KeyId: arn } = await client.send(new GetPublicKeyCommand({ KeyId: keyId }), {
      abortSignal: AbortSignal.timeout(KMS_MS_MAX),
    });
    if (PublicKey === undefined || arn === undefined) throw new SigningUnavailable('KMS answered without a public key');
    const kid = createHash('sha256').update(PublicKey).digest('hex').slice(0, KID_CHARACTERS);
    const key = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
    return { arn, published: publishedKey(kid, key) };
  };
  const learnAll = async () => {
    try {
      const [signing, ...others] = await Promise.all([learn(signingKeyId), ...otherKeyIds.map(learn)]);
      // An alias may be given to another key at any time; what is published must be what signs.
      known = {
        signingArn: signing.arn,
        published: [signing.published, ...others.map(({ published }) => published)],
      };
    } catch (error) {
      log.error({ err: error }, 'KMS did not tell the public keys');
      if (!closed) timer = setTimeout(learnAll, RETRY_MS);
    }
  };
  void learnAll();

  const learnt = () => {
    if (known === undefined) throw new SigningUnavailable('KMS has not told the public keys yet');
    return known;
  };
  return {
    kid: () => learnt().published[0].kid,
    published: () => learnt().published,
    sign: async (input) => {
      const Message = createHash('sha256').update(input).digest();
      const request = {
        KeyId: learnt().signingArn,
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
