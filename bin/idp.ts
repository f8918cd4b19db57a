/** The CDK app: every stack of every environment, and those of releases. */

import { createTopology } from '../lib/stacks/topology.ts';
import { loadEnvironments } from '../regions/environments.ts';
import { tellFaults } from '../tools/tell-faults.ts';
import { synthesize } from './synthesize.ts';

void tellFaults(() => {
  // Before a release is built: what is wrong with an environment shows at once.
  const environments = loadEnvironments();
  return synthesize((app, release) => createTopology(app, environments, release));
});
