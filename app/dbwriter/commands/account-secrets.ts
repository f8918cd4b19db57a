/** The sealed parts of an account: opening them, sealing them, and checking a password against them. */

import { timingSafeEqual } from 'node:crypto';
import type { Hex } from '../../accounts/hex.ts';
import {
  isSealedWithOldKey,
  openWithKeyring,
  type RandomBytes,
  type SealingKeyring,
  sealWithKeyring,
} from '../../accounts/sealing.ts';
import type { StretchedPassword } from '../../storage/commands/values.ts';
import type { SealedAccountRecord } from '../../storage/records.ts';
import { type CommandContext, CommandRefused } from './context.ts';

export interface AccountSecrets {
  /** 32 bytes; lasts as long as the account. */
  readonly kA: Buffer;
  /** 32 bytes; XOR with the key of the stretched password it is wrapKb. */
  readonly wrapWrapKb: Buffer;
  /** 32 bytes */
  readonly verifyHash: Buffer;
}

type SealingParts = { readonly keyring: SealingKeyring; readonly random: RandomBytes };
type SecretsPlace = { readonly uid: Hex; readonly generation: number };

/** Seals an account's secrets for one generation of it: put back later, an old verifier does not open. */
export function sealSecrets(
  { kA, wrapWrapKb, verifyHash }: AccountSecrets,
  place: SecretsPlace,
  { keyring, random }: SealingParts,
): string {
  return sealWithKeyring(Buffer.concat([kA, wrapWrapKb, verifyHash]), {
    keyring,
    random,
    context: secretsContext(place),
  });
}

/** @throws SealBroken */
export function openSecrets(account: SealedAccountRecord, keyring: SealingKeyring): AccountSecrets {
  const bytes = openWithKeyring(account.sealedSecrets, { keyring, context: secretsContext(account) });
  return { kA: bytes.subarray(0, 32), wrapWrapKb: bytes.subarray(32, 64), verifyHash: bytes.subarray(64) };
}

function secretsContext({ uid, generation }: SecretsPlace): string {
  return `secrets:${uid}:${generation}`;
}

/** Bytes of a code that is mailed. */
export const CODE_BYTES = 16;

/** What a mailed code is for: one that is sealed for one thing opens for no other. */
export type CodePlace = `email-code:${Hex}` | `unlock-code:${Hex}`;

/** Makes a code to be mailed. `code` goes into the mail, `sealed` into the store. */
export function makeCode(place: CodePlace, { keyring, random }: SealingParts): { code: Hex; sealed: string } {
  const code = random(CODE_BYTES);
  return { code: code.toString('hex'), sealed: sealWithKeyring(code, { keyring, random, context: place }) };
}

/** @throws SealBroken */
export function openCode(sealed: string, place: CodePlace, keyring: SealingKeyring): Hex {
  return openWithKeyring(sealed, { keyring, context: place }).toString('hex');
}

/** Whether two hex texts are the same, in constant time. */
export function sameCode(left: Hex, right: Hex): boolean {
  const leftBytes = Buffer.from(left, 'hex');
  const rightBytes = Buffer.from(right, 'hex');
  return leftBytes.length === rightBytes.length && timingSafeEqual(leftBytes, rightBytes);
}

/**
 * Checks a stretched password against an account.
 * `password-moved`: it was stretched with a salt that is no longer the account's.
 */
export function checkPassword(
  account: SealedAccountRecord,
  password: StretchedPassword,
  keyring: SealingKeyring,
): { outcome: 'right'; secrets: AccountSecrets } | { outcome: 'wrong-password' } | { outcome: 'password-moved' } {
  if (password.authSalt !== account.authSalt || password.verifierVersion !== account.verifierVersion) {
    return { outcome: 'password-moved' };
  }
  const secrets = openSecrets(account, keyring);
  const right = timingSafeEqual(secrets.verifyHash, Buffer.from(password.verifyHash, 'hex'));
  return right ? { outcome: 'right', secrets } : { outcome: 'wrong-password' };
}

export type PasswordEvidence = {
  readonly uid: Hex;
  readonly password: StretchedPassword;
  readonly request: { readonly clientAddress: string };
};

/**
 * Finds the account that a client says it knows the password of, and checks that. A wrong one is counted, and locks the account
 * when there were too many; a locked account is refused before anything is compared.
 */
export async function provePassword(
  context: CommandContext,
  { uid, password, request }: PasswordEvidence,
): Promise<
  | { outcome: 'right'; account: SealedAccountRecord; secrets: AccountSecrets }
  | { outcome: 'wrong-password' | 'locked' | 'password-moved' | 'unknown-account' }
> {
  const { store, keyring, limits } = context;
  const account = await store.sealedAccountByUid(uid);
  if (account === undefined) return { outcome: 'unknown-account' };
  if (account.lockedAt !== null) return { outcome: 'locked' };
  const checked = checkPassword(account, password, keyring);
  if (checked.outcome === 'right') {
    await resealWhenOld(context, account, checked.secrets);
    return { outcome: 'right', account, secrets: checked.secrets };
  }
  if (checked.outcome === 'wrong-password') {
    const { lock } = await limits.recordFailure({ clientAddress: request.clientAddress, email: account.email });
    if (lock) await lockAccount(context, uid);
  }
  return checked;
}

/** Locks an account and leaves it a fresh code to be unlocked by. */
export async function lockAccount({ store, keyring, random, now }: CommandContext, uid: Hex) {
  const { sealed } = makeCode(`unlock-code:${uid}`, { keyring, random });
  return store.lockAccount(uid, { lockedAt: now(), sealedUnlockCode: sealed });
}

async function resealWhenOld(
  { store, keyring, random }: CommandContext,
  account: SealedAccountRecord,
  secrets: AccountSecrets,
): Promise<void> {
  if (!isSealedWithOldKey(account.sealedSecrets, keyring)) return;
  const sealedSecrets = sealSecrets(secrets, account, { keyring, random });
  await store.resealSecrets(account.uid, { seen: account.sealedSecrets, sealedSecrets });
}

/** Refuses the verifier that only test suites use. */
export function refuseWeakVerifier({ development }: CommandContext, { verifierVersion }: StretchedPassword): void {
  if (verifierVersion === 0 && !development)
    throw new CommandRefused('password.verifierVersion: 0 is for development only');
}
