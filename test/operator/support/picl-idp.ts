/** `picl-idp`, as an operator runs it, and its commands in this process. */

import { execFile } from 'node:child_process';
import type { Output } from '../../../app/operator/options.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command as a process of its own. Settings of the AWS SDK are only those of `environment`.
 * @param program another than that of the sources.
 */
export function piclIdp(
  parameters: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  program = 'app/operator/picl-idp.ts',
): Promise<Ran> {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  const nowhere = { AWS_EC2_METADATA_DISABLED: 'true', AWS_PROFILE: '' };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', program, ...parameters],
      { env: { ...Object.fromEntries(own), ...nowhere, ...environment } },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

/** Runs a command in this process, and reports as its process would. */
export async function said(command: (output: Output) => number | Promise<number>): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const output: Output = {
    log: (line: string) => {
      stdout += `${line}\n`;
    },
    error: (line: string) => {
      stderr += `${line}\n`;
    },
  };
  const code = await command(output);
  return { code, stdout, stderr };
}
