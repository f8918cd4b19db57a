/** A folder of a test's own, and stores in it. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../../app/storage/open.ts';

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

export function openEmbedded(file: string, { migrate = true } = {}) {
  return openStore({ sqliteFile: file, region: 'local', migrate, now: Date.now });
}
