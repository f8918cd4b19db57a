/** The six mails that the service sends, as what they are about; how they look is `render.ts`'s matter. */

import type { Hex } from '../accounts/hex.ts';

/** What a mail's link carries through to the page behind it, and the language that the client asked for. */
export interface MailContext {
  readonly acceptLanguage?: string | undefined;
  readonly service?: string | undefined;
  readonly redirectTo?: string | undefined;
  readonly resume?: string | undefined;
}

export type Mail = { readonly to: string; readonly context: MailContext } & (
  | { readonly kind: 'verify-email'; readonly uid: Hex; readonly code: Hex }
  | { readonly kind: 'email-verified' }
  | { readonly kind: 'reset-password'; readonly token: Hex; readonly code: Hex }
  | { readonly kind: 'password-reset' }
  | { readonly kind: 'password-changed' }
  | { readonly kind: 'unlock-account'; readonly uid: Hex; readonly code: Hex }
);

/** A mail could not be handed to the transport in time. The message names no address. */
export class MailUnavailable extends Error {
  override readonly name = 'MailUnavailable';
}

/** Hands a mail to the transport. @throws MailUnavailable */
export type SendMail = (mail: Mail) => Promise<void>;
