/** `picl-idp doctor`: what no template can put right. */

import { resolveNs } from 'node:dns/promises';
import { Command } from 'commander';
import { assemblyOption, jsonOption } from '../options.ts';
import type { DoctorOptions } from './examine.ts';

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Asks AWS for what an environment needs and no template can give: roles, quotas, the zone, mail.')
    .argument('<environment>', 'for example prod')
    .option('--fix', 'make the service-linked roles that are missing; nothing else is changed', false)
    .addOption(assemblyOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExit code 1 when something is at fault.')
    .action(async (environment: string, options: DoctorOptions) => {
      // Loaded only when run, so that the help of all commands comes at once.
      const { examine } = await import('./examine.ts');
      process.exitCode = await examine(environment, options, { output: console, resolveNs });
    });
}
