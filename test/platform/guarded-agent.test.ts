/** The guarded agent reaches the public internet alone, however an address is written or a name resolved. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { AddressRefused, createGuardedAgent, isPublicAddress } from '../../app/platform/guarded-agent.ts';

const LIMITS = { connectionsMax: 1, timeoutMs: 1000, answerBytesMax: 1000 };

test.each([
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.255',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.1',
  '192.168.1.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '64:ff9b::7f00:1',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'ff02::1',
  '2002:7f00:1::',
  '2001:db8::1',
  '2001::1',
  'localhost',
  '',
  '1.2.3',
])('%j is not public', (address) => expect(isPublicAddress(address)).toBe(false));

test.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '2606:4700::1111', '2a00:1450::1'])('%s is public', (address) =>
  expect(isPublicAddress(address)).toBe(true),
);

describe('the agent', () => {
  const refusalOf = async (url: string, lookup?: Parameters<typeof createGuardedAgent>[0]['lookup']) => {
    const dispatcher = createGuardedAgent({
      ...LIMITS,
      allowPrivate: false,
      ...(lookup === undefined ? {} : { lookup }),
    });
    const error = await request(url, { method: 'POST', dispatcher }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    await dispatcher.destroy();
    return error;
  };

  test.each([
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:7f00:1]/',
    'https://0x7f000001/',
    'https://2130706433/',
    'https://169.254.169.254/latest/meta-data/',
  ])('does not call %s', async (url) => expect(await refusalOf(url)).toBeInstanceOf(AddressRefused));

  test('does not speak plain http', async () =>
    expect(await refusalOf('http://example.org/')).toBeInstanceOf(AddressRefused));

  test('does not follow a name to where it may not go, not even when one of its addresses is public', async () => {
    const error = await refusalOf('https://push.example/', (_name, _options, callback) =>
      callback(null, [
        { address: '8.8.8.8', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]),
    );
    expect(error).toBeInstanceOf(AddressRefused);
  });

  test('in development calls this machine, takes no large answer, and follows no redirect', async () => {
    const server = createServer((incoming, answer) => {
      if (incoming.url === '/away') answer.writeHead(302, { location: '/' }).end();
      else answer.end('x'.repeat(5000));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const dispatcher = createGuardedAgent({ ...LIMITS, allowPrivate: true });
    expect((await request(`${url}/away`, { dispatcher })).statusCode).toBe(302);
    await expect(request(url, { dispatcher }).then(({ body }) => body.text())).rejects.toThrow();
    await dispatcher.destroy();
    server.close();
  });
});
