/** `picl-idp migrate`: brings a store to this release's schema. */

import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';

const NO_STORE = { file: ':memory:', readOnly: false };

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

async function runMigrate(options: MigrateOptions): Promise<void> {
  // Loaded only when run, so that the help of all commands comes at once.
  const [{ lockForWriting, openSqlite }, { migrateToLatest, pendingMigrations }] = await Promise.all([
    import('../storage/sql/dialect/sqlite.ts'),
    import('../storage/sql/migrate.ts'),
  ]);
  const { file, dryRun } = options;
  if (dryRun) {
    // A file that is not there has seen no step, and asking must not make it.
    const { database, close } = openSqlite(existsSync(file) ? { file, readOnly: true } : NO_STORE);
    await pendingMigrations(database)
      .then((steps) => tell(steps, options))
      .finally(close);
    return;
  }
  const unlock = lockForWriting(file);
  try {
    const { database, close } = openSqlite({ file, readOnly: false });
    await migrateToLatest(database)
      .then((steps) => tell(steps, options))
      .finally(close);
  } finally {
    unlock();
  }
}

function tell(steps: readonly string[], { file, dryRun, json }: MigrateOptions): void {
  if (json) {
    console.log(JSON.stringify({ file, dryRun, steps }));
  } else if (steps.length === 0) {
    console.log(`${file}: the schema is current`);
  } else {
    console.log(`${file}: ${dryRun ? 'would run' : 'ran'} ${steps.join(', ')}`);
  }
}
