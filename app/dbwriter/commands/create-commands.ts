/** The commands of the dbwriter, all of the table's: the ifs of the service stand in the files beside this one. */

import type { AccountWriter } from '../../storage/commands/table.ts';
import { createAccountLifecycle } from './account-lifecycle.ts';
import type { CommandContext } from './context.ts';
import { createDevices } from './devices.ts';
import { createEmailVerification } from './email-verification.ts';
import { createPasswordForgot } from './password-forgot.ts';
import { createPasswordSet } from './password-set.ts';
import { createSessions } from './sessions.ts';

/** Makes every command over a store. They throw StoreUnavailable, and CommandRefused for what this environment forbids. */
export function createCommands(context: CommandContext): AccountWriter {
  const { limits } = context;
  return {
    ...createAccountLifecycle(context),
    ...createEmailVerification(context),
    ...createPasswordSet(context),
    ...createPasswordForgot(context),
    ...createSessions(context),
    ...createDevices(context),
    checkLimit: (input) => limits.check(input),
    ban: async (input) => {
      await limits.ban(input);
      return { outcome: 'banned' };
    },
  };
}
