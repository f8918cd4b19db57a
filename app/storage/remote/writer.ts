/** The writer that services hold: each command goes to a dbwriter, and its outcome comes back. */

import { NeighbourUnavailable, type ServiceAnswer, type ServiceCaller } from '../../platform/service-call/caller.ts';
import { type AccountWriter, COMMANDS, type CommandName } from '../commands/table.ts';
import { StoreUnavailable } from '../errors.ts';

/**
 * Makes a writer that asks dbwriters. Every method throws StoreUnavailable, within the caller's time limit, when none
 * answers, and then the write may or may not have happened.
 */
export function createRemoteWriter({ caller }: { caller: ServiceCaller }): AccountWriter {
  const send = async (name: CommandName, input: unknown) => {
    const answer = await caller.call(`/v1/commands/${name}`, input).catch((cause: unknown) => {
      if (!(cause instanceof NeighbourUnavailable)) throw cause;
      throw new StoreUnavailable(`no dbwriter did ${name}`, { cause, outcomeUnknown: true });
    });
    return outcomeOf(name, answer);
  };
  const names = Object.keys(COMMANDS) as CommandName[];
  return Object.fromEntries(
    names.map((name) => [name, (input: unknown) => send(name, input)]),
  ) as unknown as AccountWriter;
}

function outcomeOf(name: CommandName, { statusCode, body }: ServiceAnswer): unknown {
  const parsed = statusCode === 200 ? COMMANDS[name].outcome.safeParse(body) : undefined;
  if (parsed?.success === true) return parsed.data;
  throw new StoreUnavailable(`a dbwriter refused ${name} with ${statusCode}`, { outcomeUnknown: statusCode === 200 });
}
