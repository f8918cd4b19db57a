/** How many processors a machine has: services size their processes and threads by it. */

import { INSTANCE_TYPES } from '../../regions/aws-facts.ts';

/** @throws RangeError for a type whose facts are not known. */
export function processorsOf(instanceType: string): number {
  const facts = INSTANCE_TYPES[instanceType];
  if (facts === undefined) throw new RangeError(`instance type ${instanceType} is not in regions/aws-facts.ts`);
  return facts.vcpus;
}
