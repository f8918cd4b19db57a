/** Whatever steps are taken in whatever order, the embedded store answers as the model does, and holds the same. */

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AccountStore } from '../../../app/storage/ports.ts';
import type {
  DeviceRecord,
  OneTimeTokenRecord,
  SealedAccountRecord,
  SessionRecord,
} from '../../../app/storage/records.ts';
import { createModelStore } from '../model.ts';
import { accountOf, BIRTH, deviceOf, passwordOf, sessionOf, tokenOf } from '../records.ts';
import { openEmbedded, type TemporaryFile, temporaryFile } from './temporary.ts';

const RUNS = 100;
const STEPS_MAX = 60;
/** So few that accounts meet. */
const EMAILS = 3;

let temporary: TemporaryFile;
let store: AccountStore;
beforeAll(async () => {
  temporary = await temporaryFile();
  store = openEmbedded(temporary.file);
});
afterAll(async () => {
  await store.close();
  await temporary.remove();
});

/** What the steps of one run have made, dead or alive: later steps pick from it. Every run has numbers of its own in the one store. */
interface World {
  readonly run: number;
  made: number;
  readonly accounts: SealedAccountRecord[];
  readonly sessions: SessionRecord[];
  readonly tokens: OneTimeTokenRecord[];
  readonly devices: DeviceRecord[];
}
type Model = ReturnType<typeof createModelStore>;
type Take = (subject: Model) => Promise<unknown>;
interface Choice {
  readonly first: number;
  readonly second: number;
  readonly flag: boolean;
  readonly at: number;
}

const pick = <Value>(list: readonly Value[], index: number): Value | undefined => list[index % list.length];
const none: Take = async () => undefined;
const fresh = (world: World): number => {
  world.made += 1;
  return 10_000 * world.run + world.made;
};
const make = <Value>(list: Value[], value: Value): Value => {
  list.push(value);
  return value;
};
const events: [] = [];

/** Steps by name: each chooses from the world, may add to it, and says what is to be done with any store. */
const STEPS: Readonly<Record<string, (world: World, choice: Choice) => Take>> = {
  createAccount: (world, { first, second, flag, at }) => {
    const replacesUid = flag ? pick(world.accounts, second)?.uid : undefined;
    const normalizedEmail = `run${world.run}-${first % EMAILS}@example.org`;
    const account = make(world.accounts, accountOf(fresh(world), { normalizedEmail, createdAt: at }));
    return (subject) => subject.createAccount(account, { replacesUid, events });
  },
  setPassword: (world, { first, second }) => {
    const account = pick(world.accounts, first);
    const seenGeneration = BIRTH + (second % 2);
    const password = passwordOf(second, seenGeneration + 1);
    return account ? (subject) => subject.setPassword(account.uid, { seenGeneration, password, events }) : none;
  },
  markVerified: (world, { first }) => {
    const account = pick(world.accounts, first);
    return account ? (subject) => subject.markVerified(account.uid, { unlock: false, events }) : none;
  },
  deleteAccount: (world, { first, flag: onlyUnverified, at: deadAt }) => {
    const account = pick(world.accounts, first);
    return account ? (subject) => subject.deleteAccount(account.uid, { deadAt, onlyUnverified, events }) : none;
  },
  createSession: (world, { first, second }) => {
    const account = pick(world.accounts, first);
    if (account === undefined) return none;
    const session = make(
      world.sessions,
      sessionOf(fresh(world), account, { generation: BIRTH + (second % 2), lastAccessAt: BIRTH }),
    );
    return (subject) => subject.createSession(session, { events });
  },
  killSession: (world, { first, at: deadAt }) => {
    const session = pick(world.sessions, first);
    return session ? (subject) => subject.killSession(session.storedId, { deadAt }) : none;
  },
  registerDevice: (world, { first }) => {
    const session = pick(world.sessions, first);
    if (session === undefined) return none;
    const device = make(world.devices, deviceOf(fresh(world), session));
    return (subject) => subject.registerDevice(device);
  },
  updateDevice: (world, { first, second, at }) => {
    const device = pick(world.devices, first);
    const session = pick(
      world.sessions.filter(({ uid }) => uid === device?.uid),
      second,
    );
    if (device === undefined || session === undefined) return none;
    const { uid, id } = device;
    return (subject) => subject.updateDevice({ uid, id, sessionStoredId: session.storedId, name: `at ${at}` });
  },
  killDevice: (world, { first, at: deadAt }) => {
    const device = pick(world.devices, first);
    return device ? (subject) => subject.killDevice(device, { deadAt }) : none;
  },
  createOneTimeToken: (world, { first, second }) => {
    const account = pick(world.accounts, first);
    const kind = pick(['keyFetchToken', 'passwordForgotToken', 'accountResetToken'] as const, second);
    if (account === undefined || kind === undefined) return none;
    const token = make(world.tokens, tokenOf(kind, fresh(world), account));
    return (subject) => subject.createOneTimeToken(token);
  },
  takeOneTimeToken: (world, { first, at: deadAt }) => {
    const token = pick(world.tokens, first);
    return token ? (subject) => subject.takeOneTimeToken(token.kind, token.storedId, { deadAt }) : none;
  },
  spendTry: (world, { first, at: deadAt }) => {
    const token = pick(world.tokens, first);
    return token ? (subject) => subject.spendTry(token.storedId, { deadAt }) : none;
  },
};

async function holdings(subject: Model, { run, accounts, sessions, tokens }: World) {
  const emails = Array.from({ length: EMAILS }, (_, number) => `run${run}-${number}@example.org`);
  return {
    accounts: await Promise.all(emails.map((email) => subject.accountByEmail(email))),
    sessions: await Promise.all(sessions.map(({ storedId }) => subject.sessionWithAccount(storedId))),
    devices: await Promise.all(accounts.map(({ uid }) => subject.devicesOf(uid))),
    tokens: await Promise.all(
      tokens.map(({ kind, storedId }) => subject.takeOneTimeToken(kind, storedId, { deadAt: BIRTH })),
    ),
  };
}

const step = fc.record({
  name: fc.constantFrom(...Object.keys(STEPS)),
  first: fc.nat(20),
  second: fc.nat(20),
  flag: fc.boolean(),
  at: fc.integer({ min: BIRTH, max: BIRTH + 9 }),
});

test('the store and the model give the same answers, and hold the same', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: STEPS_MAX, size: 'max' }), async (steps) => {
      run += 1;
      const world: World = { run, made: 0, accounts: [], sessions: [], tokens: [], devices: [] };
      const model = createModelStore();
      for (const { name, ...choice } of steps) {
        const take = STEPS[name]?.(world, choice) ?? none;
        expect({ name, answer: await take(store) }).toEqual({ name, answer: await take(model) });
      }
      expect(await holdings(store, world)).toEqual(await holdings(model, world));
    }),
    { numRuns: RUNS },
  );
});
