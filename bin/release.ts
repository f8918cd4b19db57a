/** The CDK app of releases alone: the stacks that bake images, for `npm run cdk:release -- deploy 'release-*'`. */

import { createReleases } from '../lib/stacks/releases.ts';
import { tellFaults } from '../tools/tell-faults.ts';
import { synthesize } from './synthesize.ts';

// `bin/idp.ts` has these stacks, too, but stops as long as an environment lacks an image, and it is here that one comes from.
void tellFaults(() => synthesize(createReleases));
