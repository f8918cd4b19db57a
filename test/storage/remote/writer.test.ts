/** The writer that services hold, when the dbwriter is gone, slow, or not making sense. */

import { createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import {
  createServiceCaller,
  type ServiceAnswer,
  type ServiceCaller,
} from '../../../app/platform/service-call/caller.ts';
import { COMMANDS } from '../../../app/storage/commands/table.ts';
import { StoreUnavailable } from '../../../app/storage/errors.ts';
import { createRemoteWriter } from '../../../app/storage/remote/writer.ts';
import { CONTEXT } from '../../support/store-fixture.ts';

const VERIFY = { uid: '00'.repeat(16), code: '00'.repeat(16), request: CONTEXT };
const SECRETS = { current: { id: 'webhead-1', key: 'ab'.repeat(32) } };

function answering(answer: ServiceAnswer) {
  const paths: string[] = [];
  const call = async (path: string) => {
    paths.push(path);
    return answer;
  };
  const caller: ServiceCaller = { call, get: call, close: async () => undefined };
  return { writer: createRemoteWriter({ caller }), paths };
}

test('there is a method for every command of the table, and it asks the route of its name', async () => {
  const { writer, paths } = answering({ statusCode: 200, body: { outcome: 'already-verified' } });
  expect(Object.keys(writer)).toEqual(Object.keys(COMMANDS));
  expect(await writer.verifyEmail(VERIFY)).toEqual({ outcome: 'already-verified' });
  expect(paths).toEqual(['/v1/commands/verifyEmail']);
});

test.each([
  ['an outcome that the command has not', { statusCode: 200, body: { outcome: 'locked' } }, true],
  [
    'an outcome with members that it should not have',
    { statusCode: 200, body: { outcome: 'verified', kA: '00' } },
    true,
  ],
  ['no outcome', { statusCode: 200, body: null }, true],
  ['a refusal', { statusCode: 400, body: { error: 'wrong input' } }, false],
  ['a signature that was not accepted', { statusCode: 401, body: { error: 'wrong signature' } }, false],
])('%s makes the store unavailable', async (_what, answer, outcomeUnknown) => {
  const refused = answering(answer).writer.verifyEmail(VERIFY);
  await expect(refused).rejects.toThrow(StoreUnavailable);
  await expect(refused).rejects.toMatchObject({ outcomeUnknown });
});

test('a dbwriter that is gone, or takes calls and never answers, makes the store unavailable in time', async () => {
  const silent = createServer((socket) => socket.resume());
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const limits = { secrets: SECRETS, connectionsMax: 1, callsMax: 10, timeoutMs: 100 };
  const caller = createServiceCaller({ url: `http://127.0.0.1:${port}`, ...limits });
  const startedAt = Date.now();
  const unanswered = createRemoteWriter({ caller }).verifyEmail(VERIFY);
  await expect(unanswered).rejects.toMatchObject({ name: 'StoreUnavailable', outcomeUnknown: true });
  await caller.close();
  await new Promise((resolve) => silent.close(resolve));
  const gone = createServiceCaller({ url: `http://127.0.0.1:${port}`, ...limits });
  await expect(createRemoteWriter({ caller: gone }).verifyEmail(VERIFY)).rejects.toThrow(StoreUnavailable);
  expect(Date.now() - startedAt).toBeLessThan(2000);
  await gone.close();
});
