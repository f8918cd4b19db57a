/** `picl-idp cost`: what an environment costs a month. */

import { Command, InvalidArgumentError } from 'commander';
import { assemblyOption, jsonOption } from '../options.ts';
import type { CostOptions } from './tell-cost.ts';

const REQUESTS_PER_SECOND_MAX = 1_000_000;

export function costCommand(): Command {
  return new Command('cost')
    .description('Prices a month of an environment from its templates, biggest items first. Asks AWS nothing.')
    .argument('<environment>', 'for example prod')
    .option('--requests-per-second <number>', 'average of the whole environment, instead of what is assumed', readRate)
    .addOption(assemblyOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExit code 1 when the templates hold a type of resource that no price is known for.')
    .action(async (environment: string, options: CostOptions) => {
      // Loaded only when run, so that the help of all commands comes at once.
      const { tellCost } = await import('./tell-cost.ts');
      process.exitCode = tellCost(environment, options, console);
    });
}

function readRate(text: string): number {
  const rate = Number(text);
  if (rate > 0 && rate <= REQUESTS_PER_SECOND_MAX) return rate;
  throw new InvalidArgumentError(`got ${text}, allowed: a number above 0 and up to ${REQUESTS_PER_SECOND_MAX}`);
}
