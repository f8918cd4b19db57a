/** The command line of the box: each option stands for a setting, and the settings' own schema judges it. */

import { resolve } from 'node:path';
import { Command } from 'commander';
import { ConfigError, type Environment } from '../platform/config.ts';
import { type BoxConfig, readBoxConfig } from './config.ts';

interface Options {
  readonly port: string;
  readonly mailPort: string;
  readonly data: string;
  readonly publicUrl?: string;
  readonly production: boolean;
  readonly smtp?: string;
  readonly ses?: string;
  readonly bounceQueue?: string;
  readonly sender: string;
  readonly processes?: string;
}

const OPTION_OF: Readonly<Record<keyof BoxConfig, string>> = {
  BOX_PORT: '--port',
  BOX_MAIL_PORT: '--mail-port',
  BOX_DATA_FOLDER: '--data',
  BOX_PUBLIC_URL: '--public-url',
  BOX_PRODUCTION: '--production',
  BOX_SMTP: '--smtp',
  BOX_SES_REGION: '--ses',
  BOX_BOUNCE_QUEUE_URL: '--bounce-queue',
  BOX_MAIL_SENDER: '--sender',
  BOX_PROCESSES: '--processes',
};

/** What the command line asks for cannot be had. The message has one line a fault, by option. */
export class OptionsRefused extends Error {
  override readonly name = 'OptionsRefused';
}

/**
 * Reads what the box is to be: from its command line, or, where that is empty and variables that begin with BOX_ are there, from
 * those. Ends the process with a message on an unknown option, or on `--help`.
 * @throws OptionsRefused, or ConfigError from variables, that names every fault
 */
export function readBox({
  parameters,
  environment,
}: {
  parameters: readonly string[];
  environment: Environment;
}): BoxConfig {
  const hasVariables = Object.keys(environment).some((name) => name.startsWith('BOX_'));
  if (parameters.length === 0 && hasVariables) return readBoxConfig(environment);
  try {
    return readBoxConfig(settingsOf(readOptions(parameters)));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const faults = error.faults.map((fault) =>
      fault.replace(/\bBOX_[A-Z_]+/g, (name) => OPTION_OF[name as keyof BoxConfig] ?? name),
    );
    throw new OptionsRefused(faults.join('\n'), { cause: error });
  }
}

function readOptions(parameters: readonly string[]): Options {
  return new Command('npm start --')
    .description('Runs the whole identity service on this machine: webhead, keysigner, dbwriter and a mail sink.')
    .option('--port <number>', 'port of the accounts service; 0 picks a free one', '9000')
    .option('--mail-port <number>', "port of the mail sink's inbox; 0 picks a free one", '9001')
    .option('--data <folder>', 'where accounts and secrets are kept', 'data')
    .option(
      '--public-url <url>',
      'how clients reach the service, when not at 127.0.0.1 and the port: Hawk signs its host and port',
    )
    .option('--production', 'no development switches: needs an https --public-url, and --smtp or --ses', false)
    .option('--smtp <host:port>', 'send real mail through this server instead of the sink')
    .option('--ses <region>', "send real mail by Amazon SES, as the machine's role or ~/.aws allows")
    .option('--bounce-queue <url>', 'the SQS queue into which SES reports bounces and complaints')
    .option('--sender <address>', 'the address that mails come from', 'no-reply@localhost.localdomain')
    .option('--processes <number>', 'webhead processes (default: one for each core)')
    .addHelpText('after', '\nWithout options, the same settings are taken from variables that begin with BOX_.')
    .showHelpAfterError()
    .parse(parameters, { from: 'user' })
    .opts<Options>();
}

function settingsOf(options: Options): Record<keyof BoxConfig, string | undefined> {
  return {
    BOX_PORT: options.port,
    BOX_MAIL_PORT: options.mailPort,
    BOX_DATA_FOLDER: resolve(options.data),
    BOX_PUBLIC_URL: options.publicUrl?.replace(/\/+$/, ''),
    BOX_PRODUCTION: String(options.production),
    BOX_SMTP: options.smtp,
    BOX_SES_REGION: options.ses,
    BOX_BOUNCE_QUEUE_URL: options.bounceQueue,
    BOX_MAIL_SENDER: options.sender,
    BOX_PROCESSES: options.processes,
  };
}
