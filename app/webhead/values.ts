/** The values that clients send, each as a schema: written once, for validation, types and the API document. */

import { z } from 'zod';
import { isEmailAddress } from '../accounts/email-address.ts';
import { isRedirectUrl } from '../accounts/redirect-url.ts';

const HEX = /^(?:[a-fA-F0-9]{2})+$/;
const BASE64URL = /^[A-Za-z0-9_-]+$/;
const PUSH_URL_CHARACTERS_MAX = 255;
const REDIRECT_CHARACTERS_MAX = 512;

/** Hex of exactly so many characters. Upper case is taken too; the service goes on with lower case. */
export const hex = (characters: number) =>
  z
    .string()
    .length(characters)
    .regex(HEX)
    .transform((value) => value.toLowerCase());

export const emailAddress = z.string().max(255).refine(isEmailAddress, { error: 'an e-mail address' });

export const service = z
  .string()
  .max(16)
  .regex(/^[a-zA-Z0-9-]*$/);
export const resume = z.string().max(2048);
export const reason = z.string().max(16);

/** Where a page may send its visitor in the end: a host of the configured domain, or below it. */
export const redirectTo = (redirectDomain: string) =>
  z
    .string()
    .max(REDIRECT_CHARACTERS_MAX)
    .refine((value) => isRedirectUrl(value, redirectDomain), { error: `an http or https URL of ${redirectDomain}` });

/** Of a query, `keys=true` asks for keys; any other text does not. */
export const keysQuery = z
  .string()
  .optional()
  .transform((value) => value === 'true');

/** Milliseconds; old clients send them as text. */
export const duration = (max: number) =>
  z.union([
    z.int().min(0).max(max),
    z
      .string()
      .regex(/^\d{1,8}$/)
      .transform(Number)
      .pipe(z.int().min(0).max(max)),
  ]);

const pushCallback = (allowHttp: boolean) =>
  z
    .string()
    .max(PUSH_URL_CHARACTERS_MAX)
    .refine((value) => value === '' || isPushUrl(value, allowHttp), { error: 'an https URL, or nothing' });

function isPushUrl(value: string, allowHttp: boolean): boolean {
  const url = URL.parse(value);
  return (
    url !== null &&
    (url.protocol === 'https:' || (allowHttp && url.protocol === 'http:')) &&
    url.username === '' &&
    url.password === ''
  );
}

/** The old form is 32 bytes in hex, the new one a P-256 point in base64url; nothing clears it. */
const pushPublicKey = z
  .string()
  .max(88)
  .refine((value) => value === '' || BASE64URL.test(value), { error: 'hex or base64url, or nothing' });
const pushAuthKey = z
  .string()
  .max(24)
  .refine((value) => value === '' || BASE64URL.test(value), { error: 'base64url, or nothing' });

const OLD_PUSH_KEY = /^[a-fA-F0-9]{64}$/;

/** The members of a device that a client may say. */
export const deviceMembers = (allowHttpPush: boolean) => ({
  name: z.string().min(1).max(255),
  type: z.string().min(1).max(16),
  pushCallback: pushCallback(allowHttpPush),
  pushPublicKey,
  pushAuthKey,
  capabilities: z.array(z.string().max(64)).max(32),
  availableCommands: z
    .record(z.string().max(100), z.string().max(2048))
    .refine((value) => JSON.stringify(value).length <= 4096, {
      error: 'at most 4096 characters as JSON',
    }),
});

/** Keys of the new form encrypt only together. */
export function arePushKeysPaired(device: {
  pushPublicKey?: string | undefined;
  pushAuthKey?: string | undefined;
}): boolean {
  const { pushPublicKey: publicKey = '', pushAuthKey: authKey = '' } = device;
  return publicKey === '' ? authKey === '' : OLD_PUSH_KEY.test(publicKey) || authKey !== '';
}
