/** `npm run bench`: prints rows, each with the limit that was measured in the same run. */

import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { accountsGrowth } from './accounts-growth.ts';
import type { BenchRow } from './bench-row.ts';
import { keysignerSign } from './keysigner-sign.ts';
import { boxMemory, boxReady, login, loginFlood, signEndToEnd, statusPoll } from './service-rows.ts';
import { synthApp, synthCold, synthValidated } from './synth-rows.ts';

const ROWS: readonly BenchRow[] = [
  keysignerSign,
  signEndToEnd,
  statusPoll,
  login,
  loginFlood,
  accountsGrowth,
  boxMemory,
  boxReady,
  synthCold,
  synthValidated,
  synthApp,
];

const { json, row: wanted } = new Command('npm run bench --')
  .description('Measures the service against limits of this machine, one row at a time. Close whatever else is busy.')
  .option('--json <file>', 'write the rows there as well')
  .option('--row <names...>', `only these of: ${ROWS.map(({ name }) => name).join(', ')}`)
  .parse()
  .opts<{ json?: string; row?: string[] }>();

const results = [];
for (const { name, bar, atMost = false, run } of ROWS) {
  if (wanted !== undefined && !wanted.includes(name)) continue;
  const progress = (text: string) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${name}: ${text}`);
  };
  progress('begins');
  const { value, unit, limit, ratio } = await run(progress);
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  const pass = atMost ? ratio <= bar : ratio >= bar;
  results.push({ name, value, unit, limit, ratio, bar, pass });
  const columns = [
    name.padEnd(17),
    value.toFixed(1).padStart(9),
    unit.padEnd(15),
    `limit ${limit.toFixed(1)}`.padEnd(15),
    `ratio ${ratio.toFixed(2)}`,
  ];
  console.log(`${columns.join(' ')}  bar ${atMost ? '<=' : '>='} ${bar}  ${pass ? 'pass' : 'MISSED'}`);
}
if (json !== undefined) await writeFile(json, `${JSON.stringify(results, null, 2)}\n`);
