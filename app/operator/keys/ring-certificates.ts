/** The ring's certificates: an authority for its nodes among themselves, one for its clients' sake, and each node's own two. */

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { loadX509 } from '../../platform/x509.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
/** Longer than a ring lives: to change an authority is a rotation of its own. */
const AUTHORITY_DAYS = 7300;
const NODE_DAYS = 730;
/** Clocks of machines may be behind ours. */
const BEFORE_NOW_MS = 3_600_000;
const SERIAL_BYTES = 16;

const pem = z.string().max(8192).startsWith('-----BEGIN ');

/** A certificate with its key, as secrets hold them. */
export const certifiedKeySchema = z.strictObject({ certificatePem: pem, privateKeyPem: pem });
export type CertifiedKey = z.infer<typeof certifiedKeySchema>;

export interface RingNodeIdentity {
  readonly address: string;
  /** The first one is its subject. */
  readonly domainNames: readonly [string, ...string[]];
}

/** Makes an authority that signs machines' certificates and no further authority. @param name what people read in it. */
export async function createAuthority(name: string, now: number): Promise<CertifiedKey> {
  const x509 = await loadX509();
  const keys = await newKeys();
  const usages = x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: [{ CN: [name] }],
    ...validity(now, AUTHORITY_DAYS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(usages, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificatePem: certificate.toString('pem'), privateKeyPem: await privatePem(keys.privateKey) };
}

/** Makes a ring node's certificate, with which it serves and calls, under its address and its names, for two years. */
export async function createNodeCertificate(
  authority: CertifiedKey,
  { address, domainNames }: RingNodeIdentity,
  now: number,
): Promise<CertifiedKey> {
  const x509 = await loadX509();
  const issuer = new x509.X509Certificate(authority.certificatePem);
  const keys = await newKeys();
  const names = domainNames.map((value) => ({ type: 'dns' as const, value }));
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: [{ CN: [domainNames[0]] }],
    issuer: issuer.subjectName,
    ...validity(now, NODE_DAYS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: await importPrivate(authority.privateKeyPem),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: address }, ...names]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { certificatePem: certificate.toString('pem'), privateKeyPem: await privatePem(keys.privateKey) };
}

function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

/** A positive number of at most 16 bytes. */
function newSerial(): string {
  const bytes = randomBytes(SERIAL_BYTES);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

function validity(now: number, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now - BEFORE_NOW_MS), notAfter: new Date(now + days * DAY_MS) };
}

async function privatePem(key: CryptoKey): Promise<string> {
  const { PemConverter } = await loadX509();
  return PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), PemConverter.PrivateKeyTag);
}

async function importPrivate(privateKeyPem: string): Promise<CryptoKey> {
  const { PemConverter } = await loadX509();
  return crypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(privateKeyPem), ALGORITHM, false, ['sign']);
}
