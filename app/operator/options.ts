/** What several commands share: options, and where they say what they have to say. */

import { Option } from 'commander';

const ASSEMBLY_FOLDER = 'cdk.out';

export interface EnvironmentOptions {
  readonly assembly: string;
  readonly json: boolean;
}

export function assemblyOption(): Option {
  return new Option('--assembly <folder>', 'what `npm run synth` wrote').default(ASSEMBLY_FOLDER);
}

export function jsonOption(): Option {
  return new Option('--json', 'answer for programs').default(false);
}

/** Where a command speaks to: a console. */
export type Output = Pick<Console, 'log' | 'error'>;

/** Code of a process that did what it was asked for. */
export const EXIT_OK = 0;
/** Code of a process that found or left a fault. */
export const EXIT_FAULT = 1;
