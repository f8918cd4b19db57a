/** The command line of the box. */

import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';

export interface BoxOptions {
  /** 0: a free one. */
  readonly port: number;
  readonly mailPort: number;
  readonly data: string;
  readonly publicUrl: string | undefined;
  readonly production: boolean;
  readonly smtp: { readonly host: string; readonly port: number } | undefined;
  readonly sender: string;
  readonly processes: number | undefined;
}

/** A choice that production does not allow, or that it needs. */
export class OptionsRefused extends Error {
  override readonly name = 'OptionsRefused';
}

/** Reads the command line. Ends the process with a message on a mistake, or on `--help`. @throws OptionsRefused that names each option at fault */
export function readBoxOptions(parameters: readonly string[]): BoxOptions {
  const options = new Command('npm start --')
    .description('Runs the whole identity service on this machine: webhead, keysigner, dbwriter and a mail sink.')
    .option('--port <number>', 'port of the accounts service; 0 picks a free one', portNumber, 9000)
    .option('--mail-port <number>', "port of the mail sink's inbox; 0 picks a free one", portNumber, 9001)
    .option('--data <folder>', 'where accounts and secrets are kept', 'data')
    .option(
      '--public-url <url>',
      'how clients reach the service, when not at 127.0.0.1 and the port: Hawk signs its host and port',
      publicUrl,
    )
    .option('--production', 'no development switches: needs an https --public-url and --smtp', false)
    .option('--smtp <host:port>', 'send real mail through this server instead of the sink', smtpServer)
    .option('--sender <address>', 'the address that mails come from', 'no-reply@localhost.localdomain')
    .addOption(
      new Option('--processes <number>', 'webhead processes (default: one for each core)').argParser(processCount),
    )
    .showHelpAfterError()
    .parse(parameters, { from: 'user' })
    .opts<BoxOptions>();
  refuseUnsafe(options);
  return { ...options, data: resolve(options.data) };
}

function refuseUnsafe({ production, publicUrl: url, smtp, sender }: BoxOptions): void {
  if (!production) return;
  const faults = [
    ...(url?.startsWith('https:') === true
      ? []
      : [`--public-url: got ${url ?? 'none'}, allowed in production: an https URL`]),
    ...(smtp === undefined ? ['--smtp: is missing; production sends real mail'] : []),
    ...(sender.endsWith('.localdomain') ? [`--sender: got ${sender}, allowed in production: an address of yours`] : []),
  ];
  if (faults.length > 0) throw new OptionsRefused(faults.join('\n'));
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('allowed: 0 to 65535');
  return port;
}

function processCount(text: string): number {
  const count = Number(text);
  if (!/^\d{1,3}$/.test(text) || count < 1) throw new InvalidArgumentError('allowed: 1 to 999');
  return count;
}

function publicUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || /[?#]/.test(text))
    throw new InvalidArgumentError('allowed: an http or https URL');
  return text.replace(/\/+$/, '');
}

function smtpServer(text: string): { host: string; port: number } {
  const [, host = '', port = ''] = /^([a-zA-Z0-9.-]+):(\d{1,5})$/.exec(text) ?? [];
  if (host === '') throw new InvalidArgumentError('allowed: HOST:PORT');
  return { host, port: portNumber(port) };
}
