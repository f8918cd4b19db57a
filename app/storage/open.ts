/** Opening the store that a role's settings name. */

import type { Log } from '../platform/log.ts';
import { StoreUnavailable } from './errors.ts';
import { createLazyStore } from './lazy-store.ts';
import type { AccountReader, AccountStore } from './ports.ts';
import type { StoreSettings } from './settings.ts';
import { lockForWriting, openSqlite } from './sql/dialect/sqlite.ts';
import { MigrationRefused, migrateToLatest, pendingMigrations } from './sql/migrate.ts';
import { createSqlReader } from './sql/reader.ts';
import type { Database } from './sql/schema.ts';
import { createSqlStore } from './sql/store.ts';

export interface OpenReaderOptions {
  readonly settings: StoreSettings;
  readonly now: () => number;
  /** Told why the store cannot be opened. */
  readonly log: Log;
}

/** A reader, for services that never write. It is there at once; it answers as soon as its store does. */
export function openReader({ settings, now, log }: OpenReaderOptions): AccountReader {
  const open = async () => {
    switch (settings.STORE) {
      case 'sqlite':
        return createSqlReader(openSqlite({ file: settings.SQLITE_FILE, readOnly: true }));
      case 'cassandra':
        throw notCarried(settings.STORE);
    }
  };
  return createLazyStore(open, { now, log });
}

export interface OpenStoreOptions extends OpenReaderOptions {
  readonly region: string;
  /** Bring the schema to this release first; else an older schema is an error. */
  readonly migrate: boolean;
}

/** The store itself, for dbwriters. Of one file only one process at a time can be the writer. */
export function openStore({ settings, region, migrate, now, log }: OpenStoreOptions): AccountStore {
  const open = async () => {
    switch (settings.STORE) {
      case 'sqlite':
        return openEmbedded(settings.SQLITE_FILE, { region, migrate });
      case 'cassandra':
        throw notCarried(settings.STORE);
    }
  };
  return createLazyStore(open, { now, log });
}

/** Settings may name a store before the release that has it: services start, stay up, and answer 503. */
function notCarried(kind: string): StoreUnavailable {
  return new StoreUnavailable(`this release does not carry the store ${kind}`);
}

async function openEmbedded(
  file: string,
  { region, migrate }: Pick<OpenStoreOptions, 'region' | 'migrate'>,
): Promise<AccountStore> {
  const unlock = lockForWriting(file);
  let store: AccountStore | undefined;
  const close = async () => {
    await store?.close();
    unlock();
  };
  try {
    const connection = openSqlite({ file, readOnly: false });
    store = createSqlStore({ connection, region });
    await (migrate ? migrateToLatest(connection.database) : refuseOtherSchema(connection.database));
    return { ...store, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function refuseOtherSchema(database: Database): Promise<void> {
  const steps = await pendingMigrations(database);
  if (steps.length > 0) throw new MigrationRefused(`the store's schema lacks ${steps.join(', ')}: migrate it first`);
}
