/** The embedded dialect: node:sqlite under kysely. One file, write-ahead log, safe to kill at any moment. */

import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
} from 'kysely';
import type { Tables } from '../schema.ts';
import type { SqlConnection } from './dialect.ts';

/** Wait for another process's lock: a checkpoint, a recovery or a backup, never another writer. It holds up the whole process. */
const WRITER_BUSY_MS_MAX = 2000;
const READER_BUSY_MS_MAX = 500;
const STATEMENTS_MAX = 256;
const CACHE_KIB = 16_384;
/** The write-ahead log is cut back to this after a burst. */
const LOG_BYTES_KEPT = 67_108_864;

/** `SQLITE_CONSTRAINT_PRIMARYKEY` and `SQLITE_CONSTRAINT_UNIQUE`. */
const UNIQUE_VIOLATIONS = new Set([1555, 2067]);

export interface SqliteOptions {
  readonly file: string;
  /** Readers never create the file and cannot write to it. */
  readonly readOnly: boolean;
}

/** Opens an embedded database. @throws what SQLite throws: the caller turns it into StoreUnavailable. */
export function openSqlite({ file, readOnly }: SqliteOptions): SqlConnection {
  const sqlite = readOnly ? openForReading(file) : openForWriting(file);
  const database = new Kysely<Tables>({ dialect: new EmbeddedDialect(sqlite) });
  // One connection would let a read see what a transaction that is still open has written, and may yet take back.
  let reads = readOnly ? sqlite : undefined;
  let closed = false;
  return {
    database,
    prepareFirst: <Row>(query: { sql: string }) => {
      reads ??= openForReading(file);
      const statement = reads.prepare(query.sql);
      return async (parameters: readonly unknown[]) =>
        statement.get(...(parameters as SQLInputValue[])) as Row | undefined;
    },
    isUniqueViolation: (error) =>
      typeof error === 'object' && error !== null && 'errcode' in error && UNIQUE_VIOLATIONS.has(Number(error.errcode)),
    close: async () => {
      if (closed) return;
      closed = true;
      if (reads?.isOpen === true && reads !== sqlite) reads.close();
      // Kysely closes a database only once it was used; closing it here as well would throw.
      await database.destroy();
      if (sqlite.isOpen) sqlite.close();
    },
  };
}

function openForReading(file: string): DatabaseSync {
  const sqlite = new DatabaseSync(file, { readOnly: true, timeout: READER_BUSY_MS_MAX });
  sqlite.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
  return sqlite;
}

function openForWriting(file: string): DatabaseSync {
  const sqlite = new DatabaseSync(file, { timeout: WRITER_BUSY_MS_MAX });
  try {
    // FULL: an acknowledged write survives not only a killed process but a lost machine.
    sqlite.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${LOG_BYTES_KEPT};
      PRAGMA cache_size = -${CACHE_KIB}; PRAGMA foreign_keys = OFF`);
  } catch (error) {
    sqlite.close();
    throw error;
  }
  return sqlite;
}

/** Kysely's dialect over node:sqlite, with transactions that take the write lock at once, and a schema that changes within one. */
class EmbeddedDialect extends SqliteDialect {
  readonly #sqlite: DatabaseSync;
  constructor(sqlite: DatabaseSync) {
    super({ database: adapted(sqlite) });
    this.#sqlite = sqlite;
  }
  override createDriver() {
    return new EmbeddedDriver(this.#sqlite);
  }
  override createAdapter() {
    return new EmbeddedAdapter();
  }
}

class EmbeddedAdapter extends SqliteAdapter {
  // Else a process that is killed amid a migration would leave half of it, and no way on.
  override get supportsTransactionalDdl() {
    return true;
  }
}

class EmbeddedDriver extends SqliteDriver {
  readonly #sqlite: DatabaseSync;
  constructor(sqlite: DatabaseSync) {
    super({ database: adapted(sqlite) });
    this.#sqlite = sqlite;
  }
  override async beginTransaction(connection: DatabaseConnection) {
    // One that could not be rolled back, by a disk that failed just then, must not block all that follow.
    if (this.#sqlite.isTransaction) await connection.executeQuery(CompiledQuery.raw('rollback'));
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
  override async rollbackTransaction(connection: DatabaseConnection) {
    // SQLite rolls back by itself when a disk is full or fails.
    if (this.#sqlite.isTransaction) await connection.executeQuery(CompiledQuery.raw('rollback'));
  }
}

/** What kysely asks of a SQLite driver. */
function adapted(sqlite: DatabaseSync): SqliteDatabase {
  const statements = statementCache(sqlite);
  return {
    close: () => sqlite.close(),
    prepare: (sql) => {
      const statement = statements(sql);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
        run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
        iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
      };
    },
  };
}

/**
 * Takes the right to write to a file for as long as this process lives, by a lock that the system releases with the process.
 * @returns what gives the right back.
 * @throws when another process holds it.
 */
export function lockForWriting(file: string): () => void {
  let lock: DatabaseSync;
  try {
    lock = new DatabaseSync(`${file}.writer`, { timeout: 0 });
  } catch (cause) {
    throw new Error(`${file}.writer cannot be opened`, { cause });
  }
  try {
    lock.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new Error(`${file} is being written by another process`, { cause });
  }
  return () => {
    if (lock.isOpen) lock.close();
  };
}

/** Prepared statements by their text; the oldest makes room. */
function statementCache(sqlite: DatabaseSync): (sql: string) => StatementSync {
  const statements = new Map<string, StatementSync>();
  return (sql) => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = sqlite.prepare(sql);
    statements.set(sql, statement);
    const [oldest] = statements.keys();
    if (statements.size > STATEMENTS_MAX && oldest !== undefined) statements.delete(oldest);
    return statement;
  };
}
