/** Turning what a SQL driver throws into the store's own failures. */

import { StoreUnavailable } from '../errors.ts';

/** Runs one step on the store; whatever its driver throws becomes StoreUnavailable, with the driver's error as cause. */
export async function storeStep<Value>(step: () => Promise<Value>): Promise<Value> {
  try {
    return await step();
  } catch (cause) {
    if (cause instanceof StoreUnavailable) throw cause;
    throw new StoreUnavailable('the SQL store did not answer', { cause });
  }
}
