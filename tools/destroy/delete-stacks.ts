/** Deletes stacks, each as soon as nobody needs it, and tells how it goes. */

import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import type { AssembledStack } from '../../app/operator/assembly.ts';
import { bounded } from '../../app/operator/aws.ts';

/** A stack that is in use for a reason that we do not know of may be free a little later. */
const ATTEMPTS_MAX = 3;
const POLL_MS = 5_000;
/** A search domain and an image take the longest, about half an hour. */
const STACK_MS_MAX = 3_600_000;

export interface Deletion {
  readonly stacks: readonly AssembledStack[];
  /** One line at a time. */
  readonly tell: (line: string) => void;
  readonly sleep: (ms: number) => Promise<void>;
  /** Milliseconds. */
  readonly now: () => number;
}

interface Progress {
  readonly stack: AssembledStack;
  state: 'waiting' | 'going' | 'gone' | 'left';
  attempts: number;
  /** When it was first asked to go. */
  askedAt: number;
  /** Known once it was found; by it a stack is found after it is gone, too. */
  arn: string | undefined;
}

/**
 * Deletes stacks in the order in which they need each other, those that do not at the same time.
 * @returns the names of the stacks that are left, each of which was told of; none when all went.
 */
export async function deleteStacks({ stacks, tell, sleep, now }: Deletion): Promise<readonly string[]> {
  const clients = new Map(stacks.map(({ region }) => [region, new CloudFormationClient({ region })]));
  const all: Progress[] = stacks.map((stack) => ({ stack, state: 'waiting', attempts: 0, askedAt: 0, arn: undefined }));
  const clientOf = ({ stack }: Progress) => {
    const client = clients.get(stack.region);
    if (client === undefined) throw new RangeError(`there is no client for ${stack.region}`);
    return client;
  };
  try {
    for (;;) {
      const goneBefore = countGone(all);
      const startable = all.filter((one) => one.state === 'waiting' && isFree(one, all));
      await Promise.all(startable.map((one) => start(one, clientOf(one), { tell, now })));
      const going = all.filter(({ state }) => state === 'going');
      if (startable.length === 0 && going.length === 0) break;
      await Promise.all(going.map((one) => look(one, clientOf(one), { tell, now })));
      // Whatever went may have freed others, which need not wait.
      if (countGone(all) === goneBefore) await sleep(POLL_MS);
    }
  } finally {
    for (const client of clients.values()) client.destroy();
  }
  for (const { stack, state } of all) if (state === 'waiting') tell(`${stack.name}: left, another stack needs it`);
  return all.filter(({ state }) => state !== 'gone').map(({ stack }) => stack.name);
}

function isFree({ stack: { name } }: Progress, all: readonly Progress[]): boolean {
  return all.every(({ stack, state }) => state === 'gone' || !stack.dependencies.includes(name));
}

function countGone(all: readonly Progress[]): number {
  return all.filter(({ state }) => state === 'gone').length;
}

type Telling = Pick<Deletion, 'tell' | 'now'>;

async function start(one: Progress, client: CloudFormationClient, { tell, now }: Telling): Promise<void> {
  const { name } = one.stack;
  const found = await describe(client, name);
  if (found === undefined) {
    one.state = 'gone';
    tell(`${name}: is not there`);
    return;
  }
  if (one.attempts === 0) one.askedAt = now();
  one.arn = found.arn;
  one.attempts += 1;
  one.state = 'going';
  try {
    await client.send(new DeleteStackCommand({ StackName: found.arn }), bounded());
    tell(`${name}: goes`);
  } catch (error) {
    refuse(one, tell, error instanceof Error ? error.message : String(error));
  }
}

async function look(one: Progress, client: CloudFormationClient, { tell, now }: Telling): Promise<void> {
  if (one.state !== 'going') return;
  const { name } = one.stack;
  const found = await describe(client, one.arn ?? name);
  const seconds = Math.round((now() - one.askedAt) / 1000);
  if (found === undefined || found.status === 'DELETE_COMPLETE') {
    one.state = 'gone';
    tell(`${name}: gone after ${seconds} s`);
  } else if (found.status === 'DELETE_FAILED') {
    refuse(one, tell, await reasonOf(client, found));
  } else if (now() - one.askedAt > STACK_MS_MAX) {
    one.state = 'left';
    tell(`${name}: left, still ${found.status} after ${seconds} s`);
  }
}

function refuse(one: Progress, tell: Deletion['tell'], reason: string): void {
  one.state = one.attempts < ATTEMPTS_MAX ? 'waiting' : 'left';
  tell(`${one.stack.name}: ${one.state === 'left' ? 'left' : 'is asked again'}, it refused: ${reason}`);
}

interface Found {
  readonly arn: string;
  readonly status: string;
  readonly reason: string;
}

/** @returns undefined when there is no such stack. */
async function describe(client: CloudFormationClient, name: string): Promise<Found | undefined> {
  try {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: name }), bounded());
    if (stack === undefined) return undefined;
    return {
      arn: stack.StackId ?? name,
      status: stack.StackStatus ?? '',
      reason: stack.StackStatusReason ?? '',
    };
  } catch (error) {
    // CloudFormation has no error of its own for it.
    if (error instanceof Error && error.name === 'ValidationError' && error.message.includes('does not exist')) {
      return undefined;
    }
    throw error;
  }
}

/** The first failure of the last attempt: those after it follow from it. */
async function reasonOf(client: CloudFormationClient, { arn, reason }: Found): Promise<string> {
  const { StackEvents: events = [] } = await client.send(new DescribeStackEventsCommand({ StackName: arn }), bounded());
  const begun = events.findIndex(
    ({ ResourceStatus: status, PhysicalResourceId: id }) => status === 'DELETE_IN_PROGRESS' && id === arn,
  );
  const failed = events
    .slice(0, begun < 0 ? undefined : begun)
    .findLast(({ ResourceStatus: status, PhysicalResourceId: id }) => status === 'DELETE_FAILED' && id !== arn);
  if (failed === undefined) return reason || 'it gave no reason';
  return `${failed.LogicalResourceId}: ${failed.ResourceStatusReason}`;
}
