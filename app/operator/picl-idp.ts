#!/usr/bin/env node
/** The command line of those who operate the service: `picl-idp COMMAND`. */

import { Command } from 'commander';
import { costCommand } from './cost/command.ts';
import { doctorCommand } from './doctor/command.ts';
import { keysCommand } from './keys/command.ts';
import { migrateCommand } from './migrate.ts';

await new Command('picl-idp')
  .description('Operates the identity service: its account, its secrets and keys, its schema, its price.')
  .showHelpAfterError('(picl-idp --help lists the commands)')
  .addCommand(migrateCommand())
  .addCommand(keysCommand())
  .addCommand(costCommand())
  .addCommand(doctorCommand())
  .parseAsync()
  .catch((error: unknown) => {
    console.error(`picl-idp: ${explain(error)}`);
    process.exitCode = 1;
  });

/** An error's message and those of its causes: an operator needs the last one most. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${explain(error.cause)}`;
}
