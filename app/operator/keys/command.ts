/** `picl-idp keys`: the first values of an environment's secrets, and the rotation of the identity provider's key. */

import { Command } from 'commander';
import { assemblyOption, jsonOption } from '../options.ts';
import type { InitOptions } from './init.ts';
import type { KeySetOptions, StepName } from './rotation.ts';

const STEPS: Readonly<Record<StepName, string>> = {
  show: 'Lists the keys and their states.',
  prepare: 'Makes the next key; it is published as soon as the keysigners are restarted, and signs nothing yet.',
  promote: 'Lets the next key sign, once it was published for 24 hours; the one before stays published.',
  retire: 'Drops previous keys 48 hours after they signed last.',
};

export function keysCommand(): Command {
  const keys = new Command('keys').description(
    "Fills an environment's secrets, and rotates the identity provider's key in a key set file.",
  );
  keys
    .command('init')
    .description("Gives each of an environment's declared secrets its first value, and overwrites none.")
    .argument('<environment>', 'for example prod')
    .option('--dry-run', 'only tell what would be made', false)
    .addOption(assemblyOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nRun it again whenever it was stopped: what has a value keeps it. Exit code 0 when every secret has its value in every region.',
    )
    .action(async (environment: string, options: InitOptions) => {
      const { initKeys } = await import('./init.ts');
      process.exitCode = await initKeys(environment, options, console);
    });
  keys
    .command('create')
    .description('Makes a key set file; never overwrites one.')
    .requiredOption('--file <path>', 'the key set')
    .addOption(jsonOption())
    .action(async (options: KeySetOptions) => {
      const { createKeySetFile } = await import('./rotation.ts');
      await createKeySetFile(options);
    });
  for (const [name, description] of Object.entries(STEPS)) {
    keys
      .command(name)
      .description(`${description} Restart the keysigners after each step.`)
      .requiredOption('--file <path>', 'the key set')
      .addOption(jsonOption())
      .action(async (options: KeySetOptions) => {
        const { rotate } = await import('./rotation.ts');
        await rotate(name as StepName, options);
      });
  }
  return keys;
}
