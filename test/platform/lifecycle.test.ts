/** How a service's process ends, and with which exit code. */

import { expect, test } from '@jest/globals';
import { runProgram } from './children/run-program.ts';

test.each(['SIGTERM', 'SIGINT'] as const)('%s stops a service, which exits with 0', async (signal) => {
  const service = runProgram('service.ts', 'well');
  await service.said('started');
  service.signal(signal);
  expect(await service.ended()).toEqual({ code: 0, complaints: '' });
  expect(service.log.map(({ msg }) => msg)).toEqual(['started', 'stopping']);
});

test('a second signal ends a service that cannot stop, with 1', async () => {
  const service = runProgram('service.ts', 'stuck');
  await service.said('started');
  service.signal('SIGTERM');
  await service.said('stopping');
  service.signal('SIGTERM');
  expect((await service.ended()).code).toBe(1);
});

test('a stop that fails is told, and exits with 1', async () => {
  const service = runProgram('service.ts', 'clumsy');
  await service.said('started');
  service.signal('SIGTERM');
  expect((await service.ended()).code).toBe(1);
  expect(service.log.at(-1)).toMatchObject({ msg: 'stop failed', err: { message: 'no way out' } });
});

test('wrong settings are told on standard error, one line each, and exit with 78', async () => {
  const service = runProgram('service.ts', 'misconfigured');
  expect(await service.ended()).toEqual({
    code: 78,
    complaints: 'service: settings are wrong:\n  A_PORT: is missing\n  A_PROT: is no setting\n',
  });
  expect(service.log).toEqual([]);
});

test.each([
  ['a start that fails', 'unable', 'no room'],
  ['an error that nothing catches', 'thrower', 'thrown later'],
  ['a promise that nothing handles', 'rejecter', 'thrown later'],
])('%s is logged once, and exits with 1', async (_what, how, message) => {
  const service = runProgram('service.ts', how);
  expect(await service.ended()).toEqual({ code: 1, complaints: '' });
  const fatal = service.log.filter(({ level }) => level === 60);
  expect(fatal.map(({ err }) => err?.message)).toEqual([message]);
});
