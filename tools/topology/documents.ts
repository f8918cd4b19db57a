/** The documents that are written from the templates, by the files that hold them. */

import { type AssembledStack, stacksOf } from '../../app/operator/assembly.ts';
import { deployPolicyText } from '../deploy-policy.ts';
import { flowMatrixPage } from './flow-matrix-page.ts';
import { readTopology } from './model.ts';
import { permissionsPage } from './permissions-page.ts';
import { topologyPicture } from './picture-svg.ts';

/** @param stacks of all environments and of releases. */
export async function writtenDocuments(stacks: readonly AssembledStack[]): Promise<Readonly<Record<string, string>>> {
  const of = (environment: string) => readTopology(stacksOf(stacks, environment));
  const [dev, loadtest, prod] = [of('dev'), of('loadtest'), of('prod')];
  const releases = readTopology(stacks.filter(({ environment }) => environment === undefined));
  return {
    'docs/deploy-policy.json': deployPolicyText(stacks),
    'docs/flow-matrix.md': flowMatrixPage({ dev, loadtest, prod }),
    'docs/permissions.md': permissionsPage({ prod, loadtest, dev, releases }),
    'docs/topology.svg': await topologyPicture(prod),
  };
}
