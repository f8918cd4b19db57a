/** Writing a secret's file: whole or not at all, and readable by its owner alone. */

import { randomBytes } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file of mode 0600 as one step that survives a crash.
 * @param options `replace: false` fails with EEXIST when the file is there, and leaves it as it is.
 */
export async function writeSecretFile(path: string, text: string, { replace }: { replace: boolean }): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.new`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    if (replace) await rename(temporary, path);
    else await link(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
  const folder = await open(dirname(path), 'r');
  await folder.sync().finally(() => folder.close());
}
