/** AWS KMS as far as its JSON protocol's GetPublicKey and Sign go. It really signs, by the digest, as KMS does. */

import { constants, createPublicKey, generateKeyPairSync, privateEncrypt } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What stands before a SHA-256 digest in a PKCS #1 v1.5 signature. @see RFC 8017, 9.2 */
const DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

export interface LocalKms {
  readonly url: string;
  /** While true every call is answered by a 500. */
  gone: boolean;
  /** While true no call is answered. */
  silent: boolean;
  /** Makes a key and gives it the name; a name that is taken is taken away. @returns its public part, PEM */
  putKey(alias: string): { arn: string; publicKeyPem: string };
  close(): void;
}

export async function startLocalKms(): Promise<LocalKms> {
  const arns = new Map<string, string>();
  const pairs = new Map<string, { publicKeyPem: string; privateKeyPem: string }>();

  const answer = (target: string, { KeyId, Message, MessageType, SigningAlgorithm }: Record<string, string>) => {
    const arn = arns.get(String(KeyId)) ?? String(KeyId);
    const pair = pairs.get(arn);
    if (pair === undefined) return { __type: 'NotFoundException' };
    if (target === 'TrentService.GetPublicKey') {
      const der = createPublicKey(pair.publicKeyPem).export({ type: 'spki', format: 'der' });
      return { KeyId: arn, PublicKey: der.toString('base64') };
    }
    const digest = Buffer.from(String(Message), 'base64');
    if (MessageType !== 'DIGEST' || SigningAlgorithm !== 'RSASSA_PKCS1_V1_5_SHA_256' || digest.length !== 32)
      return { __type: 'ValidationException' };
    const padded = { key: pair.privateKeyPem, padding: constants.RSA_PKCS1_PADDING };
    const signature = privateEncrypt(padded, Buffer.concat([DIGEST_INFO, digest]));
    return { KeyId: arn, Signature: signature.toString('base64'), SigningAlgorithm };
  };

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (kms.silent) return;
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    const body = kms.gone
      ? { __type: 'KMSInternalException' }
      : answer(String(request.headers['x-amz-target']), JSON.parse(Buffer.concat(chunks).toString()));
    response.writeHead(kms.gone ? 500 : '__type' in body ? 400 : 200).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const kms: LocalKms = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    gone: false,
    silent: false,
    putKey: (alias) => {
      const { publicKey, privateKey } = generateKeyPairSync('rsa', {
        modulusLength: 2048,
        publicKeyEncoding: { type: 'spki', format: 'pem' },
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      });
      const arn = `arn:aws:kms:us-east-1:111122223333:key/${pairs.size}`;
      pairs.set(arn, { publicKeyPem: publicKey, privateKeyPem: privateKey });
      arns.set(alias, arn);
      return { arn, publicKeyPem: publicKey };
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return kms;
}
