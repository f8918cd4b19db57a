/** The embedded dialect: node:sqlite under kysely. One file, write-ahead log, safe to kill at any moment. */

import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { Kysely, type SqliteDatabase, SqliteDialect } from 'kysely';
import type { Tables } from '../schema.ts';
import type { SqlConnection } from './dialect.ts';

/** Wait for another process's lock: a reader's checkpoint or a backup, never another writer. */
const BUSY_MS_MAX = 2000;
const STATEMENTS_MAX = 256;
const CACHE_KIB = 16_384;

/** `SQLITE_CONSTRAINT_PRIMARYKEY` and `SQLITE_CONSTRAINT_UNIQUE`. */
const UNIQUE_VIOLATIONS = new Set([1555, 2067]);

export interface SqliteOptions {
  readonly file: string;
  /** Readers never create the file and cannot write to it. */
  readonly readOnly: boolean;
}

/** Opens an embedded database. @throws what SQLite throws: the caller turns it into StoreUnavailable. */
export function openSqlite({ file, readOnly }: SqliteOptions): SqlConnection {
  const sqlite = new DatabaseSync(file, { readOnly, timeout: BUSY_MS_MAX });
  if (!readOnly) sqlite.exec('PRAGMA journal_mode = WAL');
  // FULL: an acknowledged write survives not only a killed process but a lost machine.
  sqlite.exec(`PRAGMA synchronous = FULL; PRAGMA cache_size = -${CACHE_KIB}; PRAGMA foreign_keys = OFF`);
  const statements = statementCache(sqlite);
  const adapted: SqliteDatabase = {
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
  const database = new Kysely<Tables>({ dialect: new SqliteDialect({ database: adapted }) });
  let closed = false;
  return {
    database,
    prepareFirst: <Row>(query: { sql: string }) => {
      const statement = sqlite.prepare(query.sql);
      return async (parameters: readonly unknown[]) =>
        statement.get(...(parameters as SQLInputValue[])) as Row | undefined;
    },
    isUniqueViolation: (error) =>
      error instanceof Error && 'errcode' in error && UNIQUE_VIOLATIONS.has(Number(error.errcode)),
    close: async () => {
      if (closed) return;
      closed = true;
      // Kysely closes a database only once it was used; closing it here as well would throw.
      await database.destroy();
      if (sqlite.isOpen) sqlite.close();
    },
  };
}

/**
 * Takes the right to write to a file for as long as this process lives, by a lock that the system releases with the process.
 * @returns what gives the right back.
 * @throws when another process holds it.
 */
export function lockForWriting(file: string): () => void {
  const lock = new DatabaseSync(`${file}.writer`, { timeout: 0 });
  try {
    lock.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new Error(`${file} is being written by another process`, { cause });
  }
  return () => lock.close();
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
