/** People who use a box all the time, and remember what it acknowledged to them. */

import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { createAccountsClient } from '../../app/client/client.ts';
import { AccountsError } from '../../app/client/errors.ts';

const PASSWORD = 'a password under fire';
/** A request that was cut off may still be on its way to the store: the next one of this person waits a little. */
const AFTER_FAILURE_MS = 150;
const BETWEEN_REQUESTS_MS = 10;
const REQUEST_MS_MAX = 10_000;

/** `unavailable` and cut-off requests may have been done or not; any other refusal is a fault of the service. */
export type Ask = <Answer>(request: () => Promise<Answer>) => Promise<{ answer: Answer } | undefined>;

export interface People {
  /** Requests that were acknowledged so far. */
  acknowledged(): number;
  /** When the last one was, in ms since the epoch. */
  lastAcknowledgedAt(): number;
  /** Refusals that no fault of a process explains. */
  readonly wrongs: string[];
  stop(): Promise<void>;
  /** Reads all that was acknowledged back. @throws when any of it is not there */
  verify(url: string): Promise<void>;
}

interface Renamer {
  readonly sessionToken: string;
  readonly deviceId: string;
  acknowledged: number;
  attempted: number;
}

/** Makes the people, and lets them loose: some rename a device again and again, some sign up, some end their sessions. */
export async function startPeople(url: string, { renamers }: { renamers: number }): Promise<People> {
  const client = clientOf(url);
  const wrongs: string[] = [];
  let acknowledged = 0;
  let lastAcknowledgedAt = Date.now();
  let stopped = false;

  const ask: Ask = async (request) => {
    try {
      const answer = await request();
      acknowledged += 1;
      lastAcknowledgedAt = Date.now();
      await wait(BETWEEN_REQUESTS_MS);
      return { answer };
    } catch (error) {
      if (error instanceof AccountsError && error.errno !== 201) wrongs.push(`${error.errno} ${error.message}`);
      await wait(AFTER_FAILURE_MS);
      return undefined;
    }
  };

  const people = await Promise.all(Array.from({ length: renamers }, () => makeRenamer(url)));
  const signedUp: { email: string; uid: string; sessionToken: string }[] = [];
  const ended: string[] = [];

  const rename = async (person: Renamer) => {
    while (!stopped) {
      person.attempted += 1;
      const { sessionToken, deviceId, attempted } = person;
      const done = await ask(() => client.putDevice(sessionToken, { id: deviceId, name: `name ${attempted}` }));
      if (done !== undefined) person.acknowledged = attempted;
    }
  };
  const signUp = async () => {
    while (!stopped) {
      const email = `${randomBytes(8).toString('hex')}@example.org`;
      const created = await ask(() => client.createAccount({ email, password: PASSWORD, preVerified: true }));
      if (created !== undefined) signedUp.push({ email, ...created.answer });
    }
  };
  const commuter = `${randomBytes(8).toString('hex')}@example.org`;
  await client.createAccount({ email: commuter, password: PASSWORD, preVerified: true });
  const comeAndGo = async () => {
    while (!stopped) {
      const opened = await ask(() => client.login({ email: commuter, password: PASSWORD }));
      if (opened === undefined) continue;
      const { sessionToken } = opened.answer;
      const closed = await ask(() => client.destroySession(sessionToken));
      if (closed !== undefined) ended.push(sessionToken);
    }
  };
  const running = Promise.all([...people.map(rename), signUp(), comeAndGo()]);

  return {
    acknowledged: () => acknowledged,
    lastAcknowledgedAt: () => lastAcknowledgedAt,
    wrongs,
    stop: async () => {
      stopped = true;
      await running;
    },
    verify: async (where) => {
      const reader = clientOf(where);
      expect(signedUp.length * ended.length).toBeGreaterThan(0);
      for (const { sessionToken, acknowledged: least, attempted } of people) {
        const [device] = await reader.devices(sessionToken);
        const number = Number(device?.name.split(' ')[1]);
        expect(number).toBeGreaterThanOrEqual(least);
        expect(number).toBeLessThanOrEqual(attempted);
      }
      for (const { email, uid, sessionToken } of signedUp) {
        expect(await reader.emailStatus(sessionToken)).toMatchObject({ email, verified: true });
        expect(await reader.accountStatus(uid)).toEqual({ exists: true });
      }
      for (const sessionToken of ended)
        await expect(reader.emailStatus(sessionToken)).rejects.toMatchObject({ errno: 110 });
    },
  };
}

async function makeRenamer(url: string): Promise<Renamer> {
  const client = clientOf(url);
  const email = `${randomBytes(8).toString('hex')}@example.org`;
  const { sessionToken } = await client.createAccount({ email, password: PASSWORD, preVerified: true });
  const { id } = await client.putDevice(sessionToken, { name: 'name 0', type: 'desktop' });
  return { sessionToken, deviceId: id, acknowledged: 0, attempted: 0 };
}

/** A client that repeats nothing by itself, so that what is counted is what was sent. */
function clientOf(url: string) {
  return createAccountsClient({ url, retriesMax: 0, timeoutMs: REQUEST_MS_MAX });
}
