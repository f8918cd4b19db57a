/** A folder of a test's own, and stores in it. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import { openReader, openStore } from '../../../app/storage/open.ts';

export interface TemporaryFile {
  readonly folder: string;
  readonly file: string;
  remove(): Promise<void>;
}

/** The path of a store that is not there yet. */
export async function temporaryFile(): Promise<TemporaryFile> {
  const folder = await mkdtemp(join(tmpdir(), 'picl-idp-sql-'));
  return { folder, file: join(folder, 'accounts.sqlite'), remove: () => rm(folder, { recursive: true, force: true }) };
}

const SILENT = pino({ level: 'silent' });

/** A log, and the message of each error that it was told. */
export function reasonsLog(): { log: Logger; reasons: string[] } {
  const reasons: string[] = [];
  return { log: pino({}, { write: (line: string) => void reasons.push(JSON.parse(line).err.message) }), reasons };
}

export function openEmbedded(file: string, { migrate = true, log = SILENT } = {}) {
  return openStore({ settings: { STORE: 'sqlite', SQLITE_FILE: file }, region: 'local', migrate, now: Date.now, log });
}

export function openEmbeddedReader(file: string, { now = Date.now } = {}) {
  return openReader({ settings: { STORE: 'sqlite', SQLITE_FILE: file }, now, log: SILENT });
}
