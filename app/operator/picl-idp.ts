#!/usr/bin/env node
/** The command line of those who operate the service: `picl-idp COMMAND`. */

import { Command } from 'commander';
import { keysCommand } from './keys.ts';
import { migrateCommand } from './migrate.ts';

await new Command('picl-idp')
  .description('Operates the identity service: its schema and its keys.')
  .showHelpAfterError('(picl-idp --help lists the commands)')
  .addCommand(migrateCommand())
  .addCommand(keysCommand())
  .parseAsync();
