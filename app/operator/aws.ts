/** How commands call AWS: within a time, and never in somebody else's account. */

// Commands load clients only where they use them, and by their default: in a release, which is a bundle, a CommonJS package that is loaded
// late has nothing else.

import type { AssembledStack } from './assembly.ts';

const CALL_MS_MAX = 30_000;
const NO_ANSWER = `no answer within ${CALL_MS_MAX / 1000} s`;

/** Options of one call. */
export function bounded(): { readonly abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(CALL_MS_MAX) };
}

/** Uses a client, and lets it go. */
export async function using<Client extends { destroy(): void }, Answer>(
  client: Client,
  use: (client: Client) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await use(client);
  } finally {
    client.destroy();
  }
}

/** The credentials are another account's, or there are none. */
export class WrongAccount extends Error {
  override readonly name = 'WrongAccount';
}

/** The account that an environment's stacks stand in, and the region that comes first among them. */
export function placeOf(stacks: readonly AssembledStack[]): { readonly account: string; readonly region: string } {
  const [first] = stacks;
  if (first === undefined) throw new RangeError('an environment has at least one stack');
  return { account: first.account, region: first.region };
}

/** @throws WrongAccount when the credentials of this process do not belong to the environment's account. */
export async function requireAccount(stacks: readonly AssembledStack[]): Promise<void> {
  const { account, region } = placeOf(stacks);
  const { GetCallerIdentityCommand, STSClient } = (await import('@aws-sdk/client-sts')).default;
  await using(new STSClient({ region }), async (client) => {
    const identity = await client.send(new GetCallerIdentityCommand(), bounded()).catch((cause: unknown) => {
      throw new WrongAccount(`credentials: AWS does not take them, allowed: those of account ${account}`, { cause });
    });
    const { Account: got } = identity;
    if (got !== account) {
      throw new WrongAccount(`credentials: got those of account ${got}, allowed: account ${account}`);
    }
  });
}

/** An error of AWS in one line. */
export function saidByAws(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return isTimeout(error) ? NO_ANSWER : `${error.name}: ${error.message.split('\n')[0]}`;
}

/** What to throw when AWS did not do something. */
export function failed(what: string, cause: unknown): Error {
  return new Error(isTimeout(cause) ? `${what}: ${NO_ANSWER}` : what, { cause });
}

/** The SDK calls a call that it gave up aborted, and does not say for which reason. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && ['AbortError', 'TimeoutError'].includes(error.name);
}
