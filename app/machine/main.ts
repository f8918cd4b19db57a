/** The program that a machine runs for itself at boot: `machine.js attach`. */

import { EC2Client } from '@aws-sdk/client-ec2';
import { ConfigError } from '../platform/config.ts';
import { createLogger } from '../platform/log.ts';
import { attach } from './attach.ts';
import { AttachError } from './attach-error.ts';
import { readAttachConfig } from './config.ts';
import { DEVICES_FOLDER } from './file-system.ts';
import { readMachinePlace } from './metadata.ts';

/** `EX_CONFIG` of sysexits.h: trying again will not help. */
const EXIT_CONFIG = 78;
const ATTEMPTS_MAX = 4;

const COMMANDS = new Map([['attach', runAttach]]);

const log = createLogger({ service: 'machine' });
const [name = '', ...parameters] = process.argv.slice(2);
const command = parameters.length === 0 ? COMMANDS.get(name) : undefined;
if (command === undefined) {
  process.stderr.write(`usage: machine.js ${[...COMMANDS.keys()].join('|')}\n`);
  process.exitCode = 1;
} else {
  await command().catch(fail);
}

async function runAttach(): Promise<void> {
  const config = readAttachConfig(process.env);
  const place = await readMachinePlace(process.env);
  log.info({ ...place }, 'machine known');
  const ec2 = new EC2Client({ region: config.ATTACH_REGION, maxAttempts: ATTEMPTS_MAX });
  try {
    await attach({ ec2, log, place, devicesFolder: DEVICES_FOLDER, now: Date.now }, config);
  } finally {
    ec2.destroy();
  }
}

function fail(error: unknown): void {
  process.exitCode = 1;
  if (error instanceof ConfigError) {
    process.stderr.write(`machine: ${error.message}\n`);
    process.exitCode = EXIT_CONFIG;
  } else if (error instanceof AttachError) log.error({ code: error.code }, error.message);
  else log.fatal({ err: error }, 'ended by an error that nothing handles');
}
