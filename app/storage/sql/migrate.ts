/** Bringing a SQL store to this release's schema, by numbered steps that the store itself remembers. */

import { type Migration, Migrator } from 'kysely/migration';
import * as accounts from './migrations/0001-accounts.ts';
import type { Database } from './schema.ts';

/** Every step, by its number and name. A step that has run anywhere never changes; a new one gets the next number. */
const MIGRATIONS: Readonly<Record<string, Migration>> = { '0001-accounts': accounts };

/** The store was written by a newer release, or a step of its history is unknown or out of order. Nothing was changed. */
export class MigrationRefused extends Error {
  override readonly name = 'MigrationRefused';
}

/** Names of the steps that the store has not seen yet. @throws MigrationRefused */
export async function pendingMigrations(database: Database): Promise<readonly string[]> {
  const known = await refuseOddHistory(createMigrator(database).getMigrations());
  return known.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name);
}

/** Runs what is pending, in order. @returns the steps that ran. @throws MigrationRefused */
export async function migrateToLatest(database: Database): Promise<readonly string[]> {
  const { error, results = [] } = await createMigrator(database).migrateToLatest();
  if (error !== undefined) {
    const message = error instanceof Error ? error.message : String(error);
    throw new MigrationRefused(`the store's schema cannot be brought to this release: ${message}`, { cause: error });
  }
  return results.map(({ migrationName }) => migrationName);
}

function createMigrator(database: Database): Migrator {
  return new Migrator({ db: database, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } });
}

async function refuseOddHistory<Known>(asked: Promise<Known>): Promise<Known> {
  return asked.catch((cause: unknown) => {
    throw new MigrationRefused("the store's history of schema changes does not fit this release", { cause });
  });
}
