/** A process that takes steps of a store while another one takes the same. */

// Run by processes.test.ts with a file, its own number and the rounds. It leaves out the lock that keeps a second dbwriter away, so
// that the transactions alone have to hold. Prints its answers as JSON.

import { openSqlite } from '../../../../app/storage/sql/dialect/sqlite.ts';
import { createSqlStore } from '../../../../app/storage/sql/store.ts';
import { accountOf, BIRTH, deviceOf, passwordOf, sessionOf, tokenOf } from '../../records.ts';

const [, , file = '', own = '0', roundsText = '0'] = process.argv;
const store = createSqlStore({ connection: openSqlite({ file, readOnly: false }), region: 'local' });
const answers: Record<string, string[]> = { created: [], set: [], taken: [], registered: [] };
const note = (name: string, got: boolean) => answers[name]?.push(got ? own : '');

process.stdout.write('ready\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
for (let round = 0; round < Number(roundsText); round += 1) {
  const mine = accountOf(1000 * Number(own) + round, { normalizedEmail: `contested${round}@example.org` });
  note('created', (await store.createAccount(mine, { replacesUid: undefined, events: [] })) === 'created');
  const shared = accountOf(round);
  const password = passwordOf(Number(own), BIRTH + 1);
  note('set', (await store.setPassword(shared.uid, { seenGeneration: BIRTH, password, events: [] })) === 'set');
  const { kind, storedId } = tokenOf('keyFetchToken', round, accountOf(500));
  note('taken', await store.takeOneTimeToken(kind, storedId, { deadAt: BIRTH }));
  const device = deviceOf(1000 * Number(own) + round, sessionOf(round, accountOf(500)));
  note('registered', (await store.registerDevice(device)).outcome === 'registered');
  await store.changeLimit('count', {
    now: BIRTH,
    change: (record) => ({
      hits: (record?.hits ?? 0) + 1,
      windowStartedAt: BIRTH,
      blockedUntil: 0,
      expiresAt: BIRTH + 1,
    }),
  });
}
await store.close();
process.stdout.write(JSON.stringify(answers), () => process.exit(0));
