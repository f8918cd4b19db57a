/** Opening the store that a role's settings name. */

import { createLazyStore } from './lazy-store.ts';
import type { AccountReader, AccountStore } from './ports.ts';
import { lockForWriting, openSqlite } from './sql/dialect/sqlite.ts';
import { MigrationRefused, migrateToLatest, pendingMigrations } from './sql/migrate.ts';
import { createSqlReader } from './sql/reader.ts';
import type { Database } from './sql/schema.ts';
import { createSqlStore } from './sql/store.ts';

/** A reader, for services that never write. It is there at once; it answers as soon as its store does. */
export function openReader({ sqliteFile, now }: { sqliteFile: string; now: () => number }): AccountReader {
  return createLazyStore(async () => createSqlReader(openSqlite({ file: sqliteFile, readOnly: true })), now);
}

export interface OpenStoreOptions {
  readonly sqliteFile: string;
  readonly region: string;
  /** Bring the schema to this release first; else an older schema is an error. */
  readonly migrate: boolean;
  readonly now: () => number;
}

/** The store itself, for dbwriters. Of one file only one process at a time can be the writer. */
export function openStore({ sqliteFile, region, migrate, now }: OpenStoreOptions): AccountStore {
  return createLazyStore(async () => {
    const unlock = lockForWriting(sqliteFile);
    let store: AccountStore | undefined;
    const close = async () => {
      await store?.close();
      unlock();
    };
    try {
      const connection = openSqlite({ file: sqliteFile, readOnly: false });
      store = createSqlStore({ connection, region });
      await (migrate ? migrateToLatest(connection.database) : refuseOtherSchema(connection.database));
      return { ...store, close };
    } catch (error) {
      await close();
      throw error;
    }
  }, now);
}

async function refuseOtherSchema(database: Database): Promise<void> {
  const steps = await pendingMigrations(database);
  if (steps.length > 0) throw new MigrationRefused(`the store's schema lacks ${steps.join(', ')}: migrate it first`);
}
