/** `npm run destroy -- ENV`: deletes an environment at once, after showing what goes and what stays. */

import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { type AssembledStack, readAssembly, resourcesOf, stacksOf } from '../app/operator/assembly.ts';
import { placeOf, requireAccount } from '../app/operator/aws.ts';
import { assemblyOption, EXIT_FAULT, EXIT_OK } from '../app/operator/options.ts';
import { deleteStacks } from './destroy/delete-stacks.ts';
import { whatGoes, whatStays, whyNot } from './destroy/plan.ts';

interface Options {
  readonly assembly: string;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

await new Command('npm run destroy --')
  .description('Deletes all stacks of an environment, last ones first, after showing what goes and what stays.')
  .argument('<environment>', 'for example loadtest')
  .option('--yes', "do not ask for the environment's name", false)
  .option('--dry-run', 'only show what would go and what would stay', false)
  .addOption(assemblyOption())
  .addHelpText(
    'after',
    '\nRun it again whenever it was stopped, or left something. Exit code 0 when no stack of the environment is left.',
  )
  .action(async (environment: string, options: Options) => {
    process.exitCode = await destroy(environment, options).catch((error: unknown) => {
      console.error(`destroy: ${explain(error)}`);
      return EXIT_FAULT;
    });
  })
  .parseAsync();

async function destroy(environment: string, { assembly, yes, dryRun }: Options): Promise<number> {
  const stacks = stacksOf(readAssembly(assembly), environment);
  const reason = whyNot(stacks);
  if (reason !== undefined && !dryRun) {
    console.error(`destroy: ${environment} is not deleted: ${reason}`);
    return EXIT_FAULT;
  }
  show(environment, stacks);
  if (dryRun) return EXIT_OK;
  if (!yes && (await typed(`Type ${environment} to delete it: `)) !== environment) {
    console.error(`destroy: nothing was deleted, since "${environment}" was not typed`);
    return EXIT_FAULT;
  }
  await requireAccount(stacks);
  const left = await deleteStacks({ stacks, tell: console.log, sleep, now: Date.now });
  if (left.length === 0) {
    console.log(`${environment} is gone`);
    return EXIT_OK;
  }
  console.error(`destroy: ${left.length} of ${stacks.length} stacks are left: ${left.join(', ')}`);
  return EXIT_FAULT;
}

function show(environment: string, stacks: readonly AssembledStack[]): void {
  const { account } = placeOf(stacks);
  console.log(`${environment} in account ${account}: ${stacks.length} stacks, ${resourcesOf(stacks).length} resources`);
  console.log(['Goes for good:', ...whatGoes(stacks).map((line) => `  ${line}`)].join('\n'));
  console.log(['Stays:', ...whatStays(stacks).map((line) => `  ${line}`), ''].join('\n'));
}

/** A line of standard input; nothing when it ends before. */
async function typed(question: string): Promise<string | undefined> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const ended = new Promise<undefined>((resolve) => terminal.once('close', () => resolve(undefined)));
  try {
    return await Promise.race([terminal.question(question), ended]);
  } finally {
    terminal.close();
  }
}

/** An error's message and those of its causes. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${explain(error.cause)}`;
}
