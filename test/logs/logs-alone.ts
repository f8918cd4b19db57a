/** The logs of one region with the network that they stand in, and nothing else. */

import { LogsStack } from '../../lib/stacks/logs-stack.ts';
import { NetworkStack } from '../../lib/stacks/network-stack.ts';
import type { Environment, Region } from '../../regions/schema.ts';
import { emptyApp } from '../support/construct-stack.ts';

/** What a stack beside the logs is given. The logs are made as if the region were the first. */
export function logsAlone(environment: Environment, region: Region) {
  const scope = emptyApp();
  const shared = { environment, region, imageId: 'ami-00000000000000001' };
  const networkStack = new NetworkStack(scope, shared);
  const logsStack = new LogsStack(scope, { ...shared, networkStack, primaryLogs: undefined });
  return { ...shared, scope, networkStack, logsStack };
}
