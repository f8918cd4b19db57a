/** What outlives the stack that made it. */

import { CfnDeletionPolicy, type CfnResource } from 'aws-cdk-lib';
import type { Environment } from '../regions/schema.ts';

/** Keeps a stateful resource when its stack goes, where the environment keeps its data. */
export function keepWith({ keepsData }: Environment, resource: CfnResource): void {
  resource.cfnOptions.deletionPolicy = keepsData ? CfnDeletionPolicy.RETAIN : CfnDeletionPolicy.DELETE;
  // Also where data may go with its stack, a change must never trade what holds it for an empty one.
  resource.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
}

/** How long the deletion of a key can be taken back: the longest or the shortest that AWS allows. days */
export function keyDeletionDays({ keepsData }: Environment): number {
  return keepsData ? 30 : 7;
}
