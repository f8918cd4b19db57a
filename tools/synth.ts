/** `npm run synth`: writes the assembly of every environment, checked by every rule, and says what is in it. */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { type AssembledStack, readAssembly } from '../app/operator/assembly.ts';

const root = join(import.meta.dirname, '..');

const settingsSchema = z.object({ app: z.string(), context: z.record(z.string(), z.unknown()) });
/** What the CDK keeps of an acknowledgement: reasons by the id of the finding. */
const ACKNOWLEDGED = 'aws:cdk:acknowledged-rules';
const metadataSchema = z.record(
  z.string(),
  z.array(
    z.union([
      z.object({ type: z.literal(ACKNOWLEDGED), data: z.record(z.string(), z.string()) }),
      z.object({ type: z.string() }).transform(() => undefined),
    ]),
  ),
);

new Command('npm run synth --')
  .description('Writes the templates of all environments, without an account, credentials or network, and checks them.')
  .option('--output <folder>', 'where they go; an assembly that is there is removed', assemblyFolder, 'cdk.out')
  .option('--acknowledged', 'list the findings that were looked at and left, with the reason of each', false)
  .showHelpAfterError('(npm run synth -- --help lists what it can do)')
  .action(({ output, acknowledged }: { output: string; acknowledged: boolean }) => {
    // What an earlier run left would stand beside the stacks of this one as if it belonged to them.
    rmSync(output, { recursive: true, force: true });
    const code = runApp(output);
    if (code !== 0) {
      process.exitCode = code;
      return;
    }
    const lines = acknowledged ? acknowledgedFindings(output) : counts(readAssembly(output));
    process.stdout.write(`${lines.join('\n')}\n`);
  })
  .parse();

/** @throws InvalidArgumentError for a folder that holds something else: it would be removed. */
function assemblyFolder(folder: string): string {
  const isFree = !existsSync(folder) || existsSync(join(folder, 'manifest.json')) || readdirSync(folder).length === 0;
  if (!isFree) throw new InvalidArgumentError('Allowed: a folder that is not there, is empty or holds an assembly.');
  return folder;
}

/**
 * Runs the app of `cdk.json` as the CDK's command line runs it, which would take longer to start than the app does to end.
 * @returns the exit code; on findings, standard error says which.
 */
function runApp(output: string): number {
  const { app, context } = settingsSchema.parse(JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')));
  const { status } = spawnSync(app, {
    cwd: root,
    shell: true,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      PATH: [join(root, 'node_modules/.bin'), process.env['PATH']].join(delimiter),
      CDK_OUTDIR: resolve(output),
      CDK_CONTEXT_JSON: JSON.stringify(context),
    },
  });
  return status ?? 1;
}

/** Each environment with its stacks, and how many resources each of them has. */
function counts(stacks: readonly AssembledStack[]): readonly string[] {
  const width = Math.max(...stacks.map(({ name }) => name.length)) + 2;
  const line = (name: string, resources: number) => `${name.padEnd(width)}${String(resources).padStart(5)}`;
  const lines = [...Map.groupBy(stacks, ({ environment }) => environment ?? 'release')].flatMap(([name, own]) => [
    line(`${name}: ${own.length} ${own.length === 1 ? 'stack' : 'stacks'}`, sum(own)),
    ...own.map((stack) => line(`  ${stack.name}`, resourcesIn(stack))),
  ]);
  return [...lines, line(`all: ${stacks.length} stacks`, sum(stacks))];
}

function sum(stacks: readonly AssembledStack[]): number {
  return stacks.reduce((total, stack) => total + resourcesIn(stack), 0);
}

function resourcesIn({ template }: AssembledStack): number {
  return Object.keys(template.Resources).length;
}

/** Each rule with its reasons, and below each where it was given; a place that many regions and environments have stands there once. */
function acknowledgedFindings(output: string): readonly string[] {
  const findings = readdirSync(output)
    .filter((file) => file.endsWith('.metadata.json'))
    .flatMap((file) => acknowledgementsIn(readFileSync(join(output, file), 'utf8')));
  return [...Map.groupBy(findings, ({ rule, reason }) => `${rule}: ${reason}`)]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([reason, own]) => [
      reason,
      ...[...Map.groupBy(own, ({ where }) => where)].map(([where, here]) => `  ${here.length} x ${where}`),
    ]);
}

function acknowledgementsIn(metadata: string) {
  return Object.entries(metadataSchema.parse(JSON.parse(metadata))).flatMap(([path, entries]) =>
    entries.flatMap((entry) =>
      Object.entries(entry?.data ?? {}).map(([id, reason]) => ({
        rule: ruleOf(id),
        reason,
        where: withoutPlace(path),
      })),
    ),
  );
}

/** `Annotation::AwsSolutions-IAM5[Resource::…]` names a resource as well, of which one rule may find many. */
function ruleOf(id: string): string {
  return id.replace(/^.*?::/, '').replace(/\[.*$/, '');
}

/** A construct's path without environment and region: `/prod-us-east-1-data/Ring` is `data/Ring`, `/release-us-east-1/Ring` is `release/Ring`. */
function withoutPlace(path: string): string {
  return path.replace(/^\/[a-z]+-[a-z]{2}-[a-z]+-\d-/, '').replace(/^\/release-[a-z]{2}-[a-z]+-\d/, 'release');
}
