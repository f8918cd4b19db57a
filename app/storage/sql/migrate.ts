/** Bringing a SQL store to this release's schema, by numbered steps that the store itself remembers. */

import { sql } from 'kysely';
import { DEFAULT_MIGRATION_TABLE, type Migration, Migrator } from 'kysely/migration';
import { up as makeAccounts } from './migrations/0001-accounts.ts';
import type { Database } from './schema.ts';

/** Every step, by its number and name. A step that has run anywhere never changes; a new one gets the next number. */
const MIGRATIONS: Readonly<Record<string, Migration>> = { '0001-accounts': { up: makeAccounts } };

/** The store was written by a newer release, or a step of its history is unknown or out of order. Nothing was changed. */
export class MigrationRefused extends Error {
  override readonly name = 'MigrationRefused';
}

/** Names of the steps that the store has not seen yet. Changes nothing. @throws MigrationRefused */
export async function pendingMigrations(database: Database): Promise<readonly string[]> {
  const known = Object.keys(MIGRATIONS).sort();
  const executed = await executedMigrations(database);
  if (executed.some((name, index) => name !== known[index])) {
    throw new MigrationRefused(
      `the store's schema is not one of this release: it ran ${executed.join(', ')}; this release knows ${known.join(', ')}`,
    );
  }
  return known.slice(executed.length);
}

async function executedMigrations(database: Database): Promise<readonly string[]> {
  const tables = await database.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === DEFAULT_MIGRATION_TABLE)) return [];
  const table = sql.table(DEFAULT_MIGRATION_TABLE);
  const { rows } = await sql<{ name: string }>`select name from ${table} order by name`.execute(database);
  return rows.map(({ name }) => name);
}

/** Runs what is pending, in order. @returns the steps that ran. @throws MigrationRefused */
export async function migrateToLatest(database: Database): Promise<readonly string[]> {
  await pendingMigrations(database);
  const { error, results = [] } = await createMigrator(database).migrateToLatest();
  if (error !== undefined) {
    throw new MigrationRefused("the store's schema could not be brought to this release", { cause: error });
  }
  return results.map(({ migrationName }) => migrationName);
}

function createMigrator(database: Database): Migrator {
  return new Migrator({ db: database, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } });
}
