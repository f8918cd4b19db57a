/** Opening the store that a role's settings name. */

import { createLazyStore } from './lazy-store.ts';
import type { AccountReader, AccountStore } from './ports.ts';
import { lockForWriting, openSqlite } from './sql/dialect/sqlite.ts';
import { migrateToLatest } from './sql/migrate.ts';
import { createSqlReader } from './sql/reader.ts';
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
    try {
      const connection = openSqlite({ file: sqliteFile, readOnly: false });
      if (migrate) await migrateToLatest(connection.database);
      const store = createSqlStore({ connection, region });
      return {
        ...store,
        close: async () => {
          await store.close();
          unlock();
        },
      };
    } catch (error) {
      unlock();
      throw error;
    }
  }, now);
}
