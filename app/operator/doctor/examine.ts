/** `picl-idp doctor`: every check, and what it found, as people and programs read it. */

import { readAssembly, stacksOf } from '../assembly.ts';
import { placeOf, requireAccount, WrongAccount } from '../aws.ts';
import { type EnvironmentOptions, EXIT_FAULT, EXIT_OK, type Output } from '../options.ts';
import { bootstrapCheck } from './bootstrap.ts';
import { delegationCheck } from './delegation.ts';
import { type Check, cannotTell, type Examination, type Finding, type Verdict } from './finding.ts';
import { linkedRolesCheck } from './linked-roles.ts';
import { mailCheck } from './mail.ts';
import { quotasCheck } from './quotas.ts';
import { regionFactsCheck } from './region-facts.ts';

export interface DoctorOptions extends EnvironmentOptions {
  readonly fix: boolean;
}

const CHECKS: readonly Check[] = [
  bootstrapCheck,
  linkedRolesCheck,
  delegationCheck,
  mailCheck,
  quotasCheck,
  regionFactsCheck,
];

const SAID: Readonly<Record<Verdict, string>> = { ok: 'ok', fault: 'FAULT', 'cannot-tell': 'cannot tell' };
const SAID_WIDTH = 13;

/** @returns the exit code: 1 when there is a fault. */
export async function examine(
  environment: string,
  { assembly, fix, json }: DoctorOptions,
  { output, resolveNs }: { output: Output; resolveNs: Examination['resolveNs'] },
): Promise<number> {
  const stacks = stacksOf(readAssembly(assembly), environment);
  const findings = await findAll({ environment, stacks, fix, resolveNs });
  const faults = findings.filter(({ verdict }) => verdict === 'fault').length;
  if (json) output.log(JSON.stringify({ environment, faults, findings }));
  else for (const line of forPeople(environment, findings)) output.log(line);
  return faults === 0 ? EXIT_OK : EXIT_FAULT;
}

async function findAll(examination: Examination): Promise<readonly Finding[]> {
  const credentials = await findCredentials(examination);
  // Another account's answers would say nothing of this environment, and nothing must be put right there.
  if (credentials.verdict !== 'ok') return [credentials];
  const found: Finding[] = [];
  // One after the other: all at once, AWS would slow us down.
  for (const check of CHECKS) {
    found.push(...(await check.run(examination).catch((error: unknown) => [cannotTell(check.name, error)])));
  }
  return [credentials, ...found];
}

async function findCredentials({ stacks }: Examination): Promise<Finding> {
  const subject = 'credentials';
  const { account } = placeOf(stacks);
  try {
    await requireAccount(stacks);
    return { subject, verdict: 'ok', detail: `account ${account}` };
  } catch (error) {
    if (!(error instanceof WrongAccount)) throw error;
    const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
    const remedy = `use credentials of account ${account}, for example by AWS_PROFILE`;
    return { subject, verdict: 'fault', detail: `${error.message}${cause}`, remedy };
  }
}

function* forPeople(environment: string, findings: readonly Finding[]) {
  for (const { subject, verdict, detail, remedy } of findings) {
    yield `${SAID[verdict].padEnd(SAID_WIDTH)}${subject}: ${detail}`;
    if (remedy !== undefined) yield `${' '.repeat(SAID_WIDTH)}-> ${remedy}`;
  }
  const count = (verdict: Verdict) => findings.filter((finding) => finding.verdict === verdict).length;
  yield `${environment}: ${count('ok')} ok, ${count('fault')} at fault, ${count('cannot-tell')} cannot be told`;
}
