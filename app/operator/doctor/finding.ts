/** What a check of `picl-idp doctor` finds, and what it may look at. */

import type { AssembledStack } from '../assembly.ts';
import { saidByAws } from '../aws.ts';

export type Verdict = 'ok' | 'fault' | 'cannot-tell';

export interface Finding {
  /** What was looked at, for example `quotas us-east-1`. */
  readonly subject: string;
  readonly verdict: Verdict;
  readonly detail: string;
  /** What to do about a fault. */
  readonly remedy?: string;
}

export interface Examination {
  readonly environment: string;
  readonly stacks: readonly AssembledStack[];
  /** Whether to put right what can be put right without a risk. */
  readonly fix: boolean;
  /** Asks the world's name servers, not the account. */
  readonly resolveNs: (name: string) => Promise<readonly string[]>;
}

/** A check finds what it can; what it throws becomes a finding that nothing can be told. */
export interface Check {
  readonly name: string;
  run(examination: Examination): Promise<readonly Finding[]>;
}

/** The regions of an environment, in the order of its stacks. */
export function regionsOf(stacks: readonly AssembledStack[]): readonly string[] {
  return [...new Set(stacks.map(({ region }) => region))];
}

/** Runs one part of a check for each of several things; where AWS does not answer, the rest is told all the same. */
export async function eachOf<Thing>(
  things: readonly Thing[],
  {
    subject,
    find,
  }: { subject: (thing: Thing) => string; find: (thing: Thing) => Promise<Finding | readonly Finding[]> },
): Promise<readonly Finding[]> {
  const found = await Promise.all(
    things.map((thing) => find(thing).catch((error: unknown) => cannotTell(subject(thing), error))),
  );
  return found.flat();
}

export function cannotTell(subject: string, error: unknown): Finding {
  return { subject, verdict: 'cannot-tell', detail: saidByAws(error) };
}
