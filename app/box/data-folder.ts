/** The folder in which the box keeps what must outlive it: the store, and the secrets that its first start makes. */

import { chmod, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createKeyring } from '../dbwriter/keyring.ts';
import { createKeySet } from '../keysigner/key-set.ts';
import { writeSecretFile } from '../platform/secret-file.ts';
import { createPairSecrets } from '../platform/secrets.ts';
import { lockForWriting } from '../storage/sql/dialect/sqlite.ts';

export interface DataFolder {
  readonly sqliteFile: string;
  /** References for the settings of the roles. */
  readonly secrets: {
    readonly webheadToDbwriter: string;
    readonly webheadToKeysigner: string;
    readonly sealingKeyring: string;
    readonly keySet: string;
  };
  /** Lets another box have the folder. */
  release(): void;
}

/** The folder cannot be used, or another box uses it. */
export class DataFolderRefused extends Error {
  override readonly name = 'DataFolderRefused';
}

/** Opens the folder, and makes what it lacks. What is there is never written over. @throws DataFolderRefused */
export async function openDataFolder(folder: string): Promise<DataFolder> {
  const secretsFolder = join(folder, 'secrets');
  await makePrivate(folder);
  await makePrivate(secretsFolder);
  const release = lockFolder(folder);
  const secret = async (name: string, make: () => unknown) => {
    const path = join(secretsFolder, name);
    if (!(await exists(path))) await writeSecretFile(path, JSON.stringify(await make()), { replace: false });
    return `file:${path}`;
  };
  const [webheadToDbwriter, webheadToKeysigner, sealingKeyring, keySet] = await Promise.all([
    secret('webhead-dbwriter.json', () => createPairSecrets('webhead-dbwriter')),
    secret('webhead-keysigner.json', () => createPairSecrets('webhead-keysigner')),
    secret('sealing-keyring.json', createKeyring),
    secret('key-set.json', () => createKeySet(Date.now())),
  ]);
  return {
    sqliteFile: join(folder, 'accounts.sqlite'),
    secrets: { webheadToDbwriter, webheadToKeysigner, sealingKeyring, keySet },
    release,
  };
}

async function makePrivate(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o700);
  } catch (cause) {
    throw new DataFolderRefused(`the data folder ${folder} cannot be used: ${(cause as NodeJS.ErrnoException).code}`, {
      cause,
    });
  }
}

function lockFolder(folder: string): () => void {
  try {
    return lockForWriting(join(folder, 'box'));
  } catch (cause) {
    throw new DataFolderRefused(`another box runs on the data folder ${folder}`, { cause });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
