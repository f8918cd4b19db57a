/** The CDK app: every stack of every environment, and those of releases. */

import { createTopology } from '../lib/stacks/topology.ts';
import { loadEnvironments } from '../regions/environments.ts';
import { synthesize } from './synthesize.ts';

// Before a release is built: what is wrong with an environment shows at once.
const environments = loadEnvironments();
void synthesize((app, release) => createTopology(app, environments, release));
