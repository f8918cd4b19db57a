/** What a program says when the environments are wrong: what is wrong with them, and nothing else. */

import { EnvironmentsWrong } from '../regions/environments.ts';

/** The sources make no templates; whoever tried has said why. */
export class SynthesisFailed extends Error {
  override readonly name = 'SynthesisFailed';
}

/** Runs what reads the environments. Where they are wrong, standard error has every fault, and the process will exit with 1. */
export async function tellFaults(run: () => unknown): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof EnvironmentsWrong || error instanceof SynthesisFailed)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
