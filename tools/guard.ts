/** `npm run guard`: refuses a change of templates by which a deploy would lose what it cannot make again. */

import { Command } from 'commander';
import type { Template } from '../app/operator/assembly.ts';
import { BaseRefused, findBase, readBase } from './guard/base.ts';
import { compareTemplates, type Loss, type Templates } from './guard/changes.ts';
import { reportLines } from './guard/report.ts';
import { maskHashes } from './guard/snapshot.ts';
import { SynthesisFailed } from './tell-faults.ts';
import { synthesizeNow } from './topology/synthesize-now.ts';

const EXIT_LOSS = 1;
const EXIT_NOT_COMPARED = 2;

interface Options {
  readonly base?: string;
  readonly accept: readonly string[];
  readonly json: boolean;
}

new Command('npm run guard --')
  .description(
    'Compares the templates of these sources with the snapshots of an older commit. Exit codes: 0 nothing stateful is lost, 1 something is, 2 nothing was compared.',
  )
  .option('--base <commit>', 'what to compare with (default: where this branch left main)')
  .option('--accept <resources...>', 'stateful resources that are meant to be lost, as STACK/LOGICAL-ID', [])
  .option('--json', 'answer for programs', false)
  .showHelpAfterError('(npm run guard -- --help lists what it can do)')
  .action((options: Options) => {
    try {
      process.exitCode = guard(options);
    } catch (error) {
      if (!(error instanceof BaseRefused || error instanceof SynthesisFailed)) throw error;
      console.error(`guard: ${error.message}`);
      process.exitCode = EXIT_NOT_COMPARED;
    }
  })
  .parse();

function guard({ base: wanted, accept, json }: Options): number {
  const base = findBase(wanted, process.cwd());
  const before = readBase(base, process.cwd());
  if (before.size === 0) {
    console.log(
      json
        ? JSON.stringify({ base, losses: [], stacks: [], refused: [] })
        : `${base.slice(0, 12)} has no snapshots yet: nothing to compare with.`,
    );
    return 0;
  }
  const changes = compareTemplates(before, currentTemplates());
  const unknown = accept.filter((one) => !changes.losses.some((loss) => isStatefulLoss(loss) && loss.resource === one));
  if (unknown.length > 0) {
    console.error(`guard: --accept: got ${unknown.join(', ')}, allowed: a stateful resource that would be lost`);
    return EXIT_NOT_COMPARED;
  }
  const refused = changes.losses.filter((loss) => isStatefulLoss(loss) && !accept.includes(loss.resource));
  const verdict = { base, ...changes, refused };
  console.log(json ? JSON.stringify(verdict, null, 1) : reportLines(verdict).join('\n'));
  return refused.length === 0 ? 0 : EXIT_LOSS;
}

function isStatefulLoss({ lost }: Loss): boolean {
  return lost !== undefined;
}

/** Masked as snapshots are, so that a release alone is no change. */
function currentTemplates(): Templates {
  return new Map(
    synthesizeNow().map(({ name, template }) => [name, JSON.parse(maskHashes(JSON.stringify(template))) as Template]),
  );
}
