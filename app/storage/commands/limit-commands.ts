/** Commands of the abuse limits. */

import { z } from 'zod';
import { email, ending } from './values.ts';

/** What a client asks for, as far as limits tell requests apart. */
const LIMITED_ACTIONS = [
  'accountCreate',
  'accountLogin',
  'accountDestroy',
  'passwordChange',
  'accountStatusCheck',
  'accountLock',
  'accountUnlockResendCode',
  'recoveryEmailResendCode',
  'passwordForgotSendCode',
  'passwordForgotResendCode',
] as const;
export type LimitedAction = (typeof LIMITED_ACTIONS)[number];

export const limitCommands = {
  /** Counts a request and says whether it may go on. */
  checkLimit: {
    input: z.strictObject({
      action: z.enum(LIMITED_ACTIONS),
      clientAddress: z.string().max(64),
      email: email.optional(),
    }),
    outcome: z.discriminatedUnion('outcome', [
      ending('allowed', {}),
      /** `blocked` names what is blocked, so that a caller may remember it until then. */
      ending('blocked', {
        retryAfterSeconds: z.int().positive(),
        scope: z.enum(['address', 'email', 'address-and-email']),
      }),
    ]),
  },
  /** Bans an address or an e-mail for 24 hours. */
  ban: {
    input: z.strictObject({ clientAddress: z.string().max(64).optional(), email: email.optional() }),
    outcome: z.discriminatedUnion('outcome', [ending('banned', {})]),
  },
} as const;
