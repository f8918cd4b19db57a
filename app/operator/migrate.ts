/** `picl-idp migrate`: brings a store to this release's schema. */

import { Command, Option } from 'commander';
import { lockForWriting, openSqlite } from '../storage/sql/dialect/sqlite.ts';
import { migrateToLatest, pendingMigrations } from '../storage/sql/migrate.ts';

interface MigrateOptions {
  readonly file: string;
  readonly dryRun: boolean;
  readonly json: boolean;
}

export function migrateCommand(): Command {
  return new Command('migrate')
    .description("Runs the schema's numbered steps that a store has not seen yet. Stop its dbwriter first.")
    .addOption(new Option('--store <kind>', 'which store').choices(['sqlite']).makeOptionMandatory())
    .requiredOption('--file <path>', 'file of the embedded store')
    .option('--dry-run', 'only tell what would run', false)
    .option('--json', 'answer for programs', false)
    .action(runMigrate);
}

async function runMigrate({ file, dryRun, json }: MigrateOptions): Promise<void> {
  const unlock = lockForWriting(file);
  const { database, close } = openSqlite({ file, readOnly: false });
  try {
    const steps = dryRun ? await pendingMigrations(database) : await migrateToLatest(database);
    if (json) {
      console.log(JSON.stringify({ file, dryRun, steps }));
    } else if (steps.length === 0) {
      console.log(`${file}: the schema is current`);
    } else {
      console.log(`${file}: ${dryRun ? 'would run' : 'ran'} ${steps.join(', ')}`);
    }
  } finally {
    await close();
    unlock();
  }
}
