/** `node tools/topology/synthesize-command.ts FOLDER [HASH]`: the assembly of all environments, in a process of its own. */

import { tellFaults } from '../tell-faults.ts';
import { synthesize } from './synthesize.ts';

const [folder, contentHash] = process.argv.slice(2);
if (folder === undefined) throw new RangeError('got no folder, allowed: FOLDER [HASH]');
void tellFaults(() => synthesize(process.cwd(), folder, contentHash));
