/** What the client does when it is refused, held off or not answered; the service is a real one, on a clock that the test sets. */

import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type AccountsClientOptions, createAccountsClient } from '../../app/client/client.ts';
import { NetworkError } from '../../app/client/errors.ts';
import { StretcherBusy } from '../../app/webhead/stretcher/client.ts';
import { type AccountsService, startAccountsService } from '../support/accounts-service.ts';
import { PUBLIC_URL } from '../support/store-fixture.ts';

const PASSWORD = 'pässwörd';
const address = () => `${randomBytes(6).toString('hex')}@example.org`;

let accounts: AccountsService;
/** The paths asked for since the test began. */
let asked: string[] = [];
let waits: number[] = [];

beforeAll(async () => {
  accounts = await startAccountsService({ hawkSkewSeconds: 60, limits: true, development: true });
});
afterAll(() => accounts.close());
afterEach(() => {
  asked = [];
  waits = [];
});

/** A client of the service within this process. While it waits the clock goes on. */
const clientOf = (options: Partial<AccountsClientOptions> = {}) =>
  createAccountsClient({
    url: PUBLIC_URL,
    fetch: async (input, init) => {
      const { pathname, search } = new URL(String(input));
      asked.push(pathname);
      const { statusCode, body } = await accounts.app.inject({
        method: init?.method === 'POST' ? 'POST' : 'GET',
        url: pathname + search,
        headers: init?.headers as Record<string, string>,
        ...(typeof init?.body === 'string' ? { payload: init.body } : {}),
      });
      return new Response(body, { status: statusCode });
    },
    now: () => accounts.fixture.clock.now,
    pause: async (ms) => {
      waits.push(ms);
      accounts.fixture.clock.now += ms;
    },
    ...options,
  });

const signUp = async (email = address()) => ({
  email,
  ...(await clientOf().createAccount({ email, password: PASSWORD, preVerified: true })),
});

/** Makes the stretcher refuse so many times. */
const makeStretcherBusy = (times: number): void => {
  const { stretcher } = accounts.service;
  const { stretch } = stretcher;
  let left = times;
  Object.assign(stretcher, {
    stretch: async (...parameters: Parameters<typeof stretch>) => {
      if (left === 0) {
        Object.assign(stretcher, { stretch });
        return stretch(...parameters);
      }
      left -= 1;
      throw new StretcherBusy('busy for a test');
    },
  });
};

describe('a client whose clock is wrong', () => {
  test.each([-3_600_000, 3_600_000])(
    'by %i ms takes the time of the service, asks once more, and keeps it',
    async (wrongMs) => {
      const { sessionToken, email } = await signUp();
      asked = [];
      const client = clientOf({ now: () => accounts.fixture.clock.now + wrongMs });
      expect(await client.emailStatus(sessionToken)).toMatchObject({ email, verified: true });
      expect(asked).toEqual(['/v1/recovery_email/status', '/v1/recovery_email/status']);
      await client.sessionStatus(sessionToken);
      expect(asked).toHaveLength(3);
    },
  );

  test('and that jumps at every look is refused after one more try', async () => {
    const { sessionToken } = await signUp();
    asked = [];
    let looks = 0;
    const now = () => {
      looks += 1;
      return accounts.fixture.clock.now + looks * 3_600_000;
    };
    await expect(clientOf({ now }).emailStatus(sessionToken)).rejects.toMatchObject({ errno: 111 });
    expect(asked).toHaveLength(2);
  });
});

describe('a client that is held off', () => {
  test('logs in after the time that a busy service asks for', async () => {
    const { email, uid } = await signUp();
    makeStretcherBusy(2);
    expect(await clientOf().login({ email, password: PASSWORD })).toMatchObject({ uid });
    expect(waits).toEqual([5000, 5000]);
  });

  test('gives up after the tries that it was given', async () => {
    const { email } = await signUp();
    asked = [];
    makeStretcherBusy(3);
    const login = clientOf({ retriesMax: 2 }).login({ email, password: PASSWORD });
    await expect(login).rejects.toMatchObject({ errno: 201, statusCode: 503, extras: { retryAfter: 5 } });
    expect(asked).toHaveLength(3);
  });

  test('does not make an account twice, for it cannot know that it was not made', async () => {
    makeStretcherBusy(1);
    const created = clientOf().createAccount({ email: address(), password: PASSWORD });
    await expect(created).rejects.toMatchObject({ errno: 201 });
    expect(asked).toEqual(['/v1/account/create']);
    expect(waits).toEqual([]);
  });

  test('is told at once to come back in a quarter of an hour', async () => {
    const client = clientOf();
    const ask = () => client.accountExists(address());
    for (let times = 0; times < 5; times += 1) expect(await ask()).toBe(false);
    await expect(ask()).rejects.toMatchObject({ errno: 114, statusCode: 429, extras: { retryAfter: 900 } });
    expect(waits).toEqual([]);
  });

  test('waits for that long when it may', async () => {
    expect(await clientOf({ retryAfterMsMax: 900_000 }).accountExists(address())).toBe(false);
    expect(waits).toEqual([900_000]);
  });
});

describe('a refusal', () => {
  test('says why by its number, its name and what else it tells', async () => {
    const { email } = await signUp();
    const error = await clientOf()
      .login({ email, password: 'another' })
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: 'AccountsError', errno: 103, statusCode: 400, extras: { email } });
    expect(String(error)).toBe('AccountsError: Incorrect password');
  });

  test('of another case is answered with the stored one, and the typed one is told too', async () => {
    const { email, uid } = await signUp();
    asked = [];
    expect(await clientOf().login({ email: email.toUpperCase(), password: PASSWORD })).toMatchObject({ uid });
    expect(asked).toEqual(['/v1/account/login', '/v1/account/login']);
    await clientOf().destroyAccount({ email: email.toUpperCase(), password: PASSWORD });
    await expect(clientOf().login({ email, password: PASSWORD })).rejects.toMatchObject({ errno: 102 });
  });

  test('of a changed request is a bad MAC', async () => {
    const { sessionToken } = await signUp();
    const client = createAccountsClient({
      url: 'http://elsewhere.example:9000',
      now: () => accounts.fixture.clock.now,
      fetch: async (input, init) => {
        const { statusCode, body } = await accounts.app.inject({
          url: new URL(String(input)).pathname,
          headers: init?.headers as Record<string, string>,
        });
        return new Response(body, { status: statusCode });
      },
    });
    await expect(client.sessionStatus(sessionToken)).rejects.toMatchObject({ errno: 109 });
  });
});

describe('what is no answer of the service', () => {
  /** Asks something that listens on a free port. */
  const ask = async (listener: RequestListener, options: Partial<AccountsClientOptions> = {}) => {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bound = server.address();
    const url = `http://127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`;
    try {
      return await createAccountsClient({ url, ...options }).supportDocument();
    } finally {
      server.closeAllConnections();
      server.close();
    }
  };

  test('is a NetworkError: a page of a proxy', () =>
    expect(ask((_request, response) => response.writeHead(502).end('<html>'))).rejects.toThrow(NetworkError));

  test('is a NetworkError: JSON without an errno', () =>
    expect(ask((_request, response) => response.writeHead(502).end('{"message":"no"}'))).rejects.toThrow(
      'the answer was 502 without an errno',
    ));

  test('is a NetworkError: a redirect, which is not followed', () =>
    expect(ask((_request, response) => response.writeHead(302, { location: '/elsewhere' }).end())).rejects.toThrow(
      NetworkError,
    ));

  test('is a NetworkError: silence, after the time-out', () =>
    expect(ask(() => undefined, { timeoutMs: 50 })).rejects.toThrow('the service did not answer'));

  test('is a NetworkError: half an answer', () =>
    expect(
      ask((_request, response) => response.writeHead(200, { 'content-length': 100 }).write('{'), { timeoutMs: 50 }),
    ).rejects.toThrow(NetworkError));

  test('is a NetworkError: nobody there', () =>
    expect(createAccountsClient({ url: 'http://127.0.0.1:1' }).supportDocument()).rejects.toThrow(NetworkError));
});
