/** A process that writes accounts until it is killed, and prints the number of each once its write was acknowledged. */

// Run by durability.test.ts and disk-full.test.ts, with a file and the first number. A write that is refused prints its
// error's name.

import { accountOf, BIRTH, eventOf, passwordOf, sessionOf } from '../../records.ts';
import { openEmbedded } from '../temporary.ts';

const [, , file = '', first = '0'] = process.argv;
const store = openEmbedded(file);
await store.ping();
for (let number = Number(first); ; number += 1) {
  const account = accountOf(number);
  try {
    await store.createAccount(account, { replacesUid: undefined, events: [eventOf('verified', account)] });
    const password = passwordOf(number, BIRTH + 1);
    await store.setPassword(account.uid, { seenGeneration: BIRTH, password, events: [eventOf('reset', account)] });
    await store.createSession(sessionOf(number, account, { generation: BIRTH + 1 }), { events: [] });
    process.stdout.write(`${number}\n`);
  } catch (error) {
    process.stdout.write(`${error instanceof Error ? error.name : 'unknown'}\n`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
