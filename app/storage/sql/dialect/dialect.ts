/** What a SQL dialect of ours adds to kysely's: how its errors are told apart, and a short way for the hottest reads. */

import type { CompiledQuery } from 'kysely';
import type { Database } from '../schema.ts';

export interface SqlConnection {
  /** Transactions on it behave as if they ran one after the other, over all processes: steps that read before they write rely on it. */
  readonly database: Database;
  /**
   * Prepares a query once, to be run with new parameters each time. Kysely builds and compiles a query at each use, which
   * costs more than the read itself; status polls cannot afford that. Sees what is committed, and all of it.
   */
  prepareFirst<Row>(query: CompiledQuery<Row>): (parameters: readonly unknown[]) => Promise<Row | undefined>;
  /** Whether an error says that a row with that key is there already. */
  isUniqueViolation(error: unknown): boolean;
  close(): Promise<void>;
}
