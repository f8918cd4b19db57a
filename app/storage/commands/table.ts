/** The table of commands: every write that a service can ask a dbwriter for, with the schema of its input and of its outcomes. */

// The dbwriter's HTTP face and the remote writer are made from it.

import type { z } from 'zod';
import { accountCommands } from './account-commands.ts';
import { limitCommands } from './limit-commands.ts';
import { passwordCommands } from './password-commands.ts';
import { sessionCommands } from './session-commands.ts';

export const COMMANDS = { ...accountCommands, ...passwordCommands, ...sessionCommands, ...limitCommands } as const;

export type CommandName = keyof typeof COMMANDS;
export type CommandInput<Name extends CommandName> = z.infer<(typeof COMMANDS)[Name]['input']>;
export type CommandOutcome<Name extends CommandName> = z.infer<(typeof COMMANDS)[Name]['outcome']>;

/**
 * The writer that services hold. Expected endings are outcomes; thrown is only StoreUnavailable
 * (the remote writer also throws it when no dbwriter answers).
 */
export type AccountWriter = {
  readonly [Name in CommandName]: (input: CommandInput<Name>) => Promise<CommandOutcome<Name>>;
};
