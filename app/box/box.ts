/** The whole service on one machine: its own processes, from one release, on loopback. */

import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ConfigError, type Environment } from '../platform/config.ts';
import { type Child, startChild } from './child.ts';
import { DataFolderRefused, openDataFolder } from './data-folder.ts';
import { OptionsRefused, readBox } from './options.ts';
import { openOutput } from './output.ts';
import { findPorts, PortTaken } from './ports.ts';
import { planBox, type Role } from './roles.ts';

const ASK_EVERY_MS = 25;
const ASK_MS_MAX = 2000;
/** A machine that is not ready by then is told about, and waited for on. */
const READY_MS_MAX = 60_000;
const EXIT_USAGE = 64;
const EXIT_CONFIG = 78;

/**
 * Runs the box until a signal.
 * @param release the folder of the release.
 * @param startedAt ms since the epoch, from when on its readiness counts.
 */
export async function runBox({
  release,
  parameters,
  environment,
  startedAt,
}: {
  release: string;
  parameters: readonly string[];
  environment: Environment;
  startedAt: number;
}): Promise<void> {
  // Whatever the processes of the box write is their owner's alone.
  process.umask(0o077);
  try {
    const config = readBox({ parameters, environment });
    const data = await openDataFolder(config.BOX_DATA_FOLDER);
    const ports = await findPorts({
      webhead: config.BOX_PORT,
      mailHttp: config.BOX_MAIL_PORT,
      mailSmtp: 0,
      dbwriter: 0,
      keysigner: 0,
    });
    const plan = planBox(config, { ports, data, release });
    const { log, follow } = await openOutput();
    const children: Child[] = [];
    const stop = stopper(children, () => data.release());
    for (const { name, settings, nodeFlags } of plan.roles) {
      const onHopeless = () => {
        log.fatal({ role: name }, 'a process refused its settings');
        void stop(EXIT_CONFIG);
      };
      children.push(
        startChild({
          name,
          program: join(release, `${name}.js`),
          settings,
          nodeFlags,
          log,
          output: follow,
          onHopeless,
        }),
      );
    }
    process.on('SIGTERM', () => void stop(0));
    process.on('SIGINT', () => void stop(0));
    const slow = setTimeout(
      () => log.error({ readyMsMax: READY_MS_MAX }, 'not ready yet; see the lines above'),
      READY_MS_MAX,
    );
    for (const role of plan.roles) await serving(role);
    clearTimeout(slow);
    process.stdout.write(`ready ${plan.publicUrl} ${plan.mailUrl} in ${Date.now() - startedAt} ms\n`);
  } catch (error) {
    if (error instanceof OptionsRefused || error instanceof DataFolderRefused || error instanceof PortTaken) {
      process.stderr.write(`${error.message}\n`);
      process.exit(EXIT_USAGE);
    }
    if (error instanceof ConfigError) {
      process.stderr.write(`box: ${error.message}\n`);
      process.exit(EXIT_CONFIG);
    }
    throw error;
  }
}

/** Stops every process, the one that clients see first, once; a second call ends the box at once. */
function stopper(children: readonly Child[], release: () => void): (code: number) => Promise<void> {
  let stopping = false;
  return async (code) => {
    if (stopping) process.exit(1);
    stopping = true;
    for (const child of children) child.expectEnd();
    for (const child of [...children].reverse()) await child.stop();
    release();
    process.exit(code);
  };
}

/** Waits for a role. One after the other, neighbours first: a webhead that is asked before them complains of what is only not there yet. */
async function serving({ heartbeatUrl }: Role): Promise<void> {
  while ((await statusOf(heartbeatUrl)) !== 200) await wait(ASK_EVERY_MS);
}

/** Asks on a connection that is not kept: one that stays open would be waited for when the role stops. 0: no answer. */
function statusOf(url: string): Promise<number> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: ASK_MS_MAX }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(0));
  });
}
