/** Stacks of an environment that is not as the data say. Whoever wants them as they are reads `sharedStacks`. */

import { rmSync } from 'node:fs';
import { type AssembledStack, readAssembly, stacksOf } from '../../../app/operator/assembly.ts';
import { createTopology } from '../../../lib/stacks/topology.ts';
import { readEnvironments } from '../../../regions/environments.ts';
import { type Changes, changedEnvironments } from '../../regions/changed-environments.ts';
import { emptyApp } from '../../support/construct-stack.ts';

/** The stacks of an environment after changes to the data, which must break no rule, around the release of `sharedStacks`. */
export function stacksAfter(changes: Changes, environment: string): readonly AssembledStack[] {
  const { environments, recorded } = changedEnvironments(changes);
  const read = readEnvironments(environments, recorded);
  const own = read.environments.filter(({ name }) => name === environment);
  const app = emptyApp();
  createTopology(app, { ...read, environments: own }, { folder: 'regions', contentHash: '0'.repeat(64) });
  const { directory } = app.synth();
  try {
    return stacksOf(readAssembly(directory), environment);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
