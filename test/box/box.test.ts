/** The box as a person starts it: what it prints, keeps, refuses and survives. Slow: it starts whole boxes. */

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createAccountsClient } from '../../app/client/client.ts';
import { processesBelow, runStart, startBox, type TestBox } from '../support/box.ts';

const START_MS = 60_000;
const HEAL_MS_MAX = 20_000;
const PASSWORD = 'a password of the box';

const address = () => `box-${randomBytes(6).toString('hex')}@example.org`;
const clientOf = ({ accountsUrl }: TestBox) => createAccountsClient({ url: accountsUrl });

describe('a box at its first start', () => {
  let box: TestBox;
  beforeAll(async () => {
    box = await startBox();
  }, START_MS);
  afterAll(async () => {
    await box?.stop();
  }, START_MS);

  test('prints one plain line on standard output, and JSON lines on standard error', () => {
    expect(box.printed()).toMatch(/^ready http:\/\/127\.0\.0\.1:\d+ http:\/\/127\.0\.0\.1:\d+ in \d+ ms\n$/);
    const others = box
      .logs()
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('ready '));
    expect(others.length).toBeGreaterThan(3);
    for (const line of others) expect(JSON.parse(line)).toHaveProperty('msg');
  });

  test('keeps its folder and every secret to its owner', async () => {
    const modeOf = async (...path: string[]) => ((await stat(join(box.dataFolder, ...path))).mode & 0o777).toString(8);
    expect(await modeOf()).toBe('700');
    expect(await modeOf('secrets')).toBe('700');
    const secrets = await readdir(join(box.dataFolder, 'secrets'));
    expect(secrets.sort()).toEqual([
      'key-set.json',
      'sealing-keyring.json',
      'webhead-dbwriter.json',
      'webhead-keysigner.json',
    ]);
    for (const secret of secrets) expect(await modeOf('secrets', secret)).toBe('600');
    expect(await modeOf('accounts.sqlite')).toBe('600');
  });

  test('runs each role in a process of its own, webheads on each core, on loopback', async () => {
    const commands = (await box.processes()).map(({ command }) => /(\S+)\.js/.exec(command)?.[1]?.split('/').at(-1));
    const count = (name: string) => commands.filter((command) => command === name).length;
    expect(['keysigner', 'dbwriter', 'mail-sink', 'stretcher'].map(count)).toEqual([1, 1, 1, 1]);
    expect(count('webhead')).toBeGreaterThanOrEqual(2);
  });

  test('refuses a second box on its folder, and goes on', async () => {
    const second = await runStart(['--data', box.dataFolder, '--port', '0', '--mail-port', '0']);
    expect(second).toEqual({ code: 64, out: '', err: `another box runs on the data folder ${box.dataFolder}\n` });
    expect((await fetch(`${box.accountsUrl}/__heartbeat__`)).status).toBe(200);
  });

  test('refuses a port that is taken, by its number', async () => {
    const { port } = new URL(box.accountsUrl);
    const folder = `${box.dataFolder}-second`;
    const second = await runStart(['--data', folder, '--port', port, '--mail-port', '0']);
    await rm(folder, { recursive: true });
    expect(second).toEqual({ code: 64, out: '', err: `port ${port} cannot be used\n` });
  });

  test.each(['mail-sink', 'keysigner', 'dbwriter', 'stretcher', 'webhead'])(
    'starts %s again after a kill, where it was before',
    async (role) => {
      const client = clientOf(box);
      const killed = (await box.processes()).find(({ command }) => command.includes(`/${role}.js`))?.pid ?? 0;
      process.kill(killed, 'SIGKILL');
      await healed(async () => {
        const pids = (await box.processes()).filter(({ command }) => command.includes(`/${role}.js`));
        expect(pids.map(({ pid }) => pid)).not.toContain(killed);
        expect(pids.length).toBeGreaterThan(0);
        expect((await fetch(`${box.mailUrl}/__lbheartbeat__`)).status).toBe(200);
        expect((await fetch(`${box.accountsUrl}/__heartbeat__`)).status).toBe(200);
      });
      await healed(() => client.createAccount({ email: address(), password: PASSWORD }));
    },
    HEAL_MS_MAX + START_MS,
  );
});

test(
  'a box on a terminal writes its log for people',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'picl-idp-test-'));
    const start = `${process.execPath} tools/start.ts --data ${folder} --port 0 --mail-port 0`;
    const terminal = spawn('script', ['-qec', start, '/dev/null'], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    const ended = new Promise((resolve) => terminal.once('close', resolve));
    await healed(async () => expect(printed).toMatch(/^ready /m), START_MS);
    const box = (await processesBelow(terminal.pid ?? 0)).find(({ command }) => /node.*\/box\.js/.test(command));
    process.kill(box?.pid ?? 0, 'SIGTERM');
    await ended;
    await rm(folder, { recursive: true });
    expect(stripVTControlCharacters(printed)).toMatch(/INFO: keysigner: listening/);
  },
  2 * START_MS,
);

describe('a box that ends', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'leaves with 0 on %s, and no process of it stays',
    async (signal) => {
      const box = await startBox();
      const processes = await box.processes();
      expect(processes.length).toBeGreaterThanOrEqual(6);
      expect(await box.stop({ signal })).toBe(0);
      expect(processes.filter(({ pid }) => isAlive(pid))).toEqual([]);
    },
    START_MS,
  );

  test(
    'that is killed takes its processes along, and the next one finds accounts, keys and secrets as they were',
    async () => {
      const first = await startBox();
      const { port } = new URL(first.accountsUrl);
      const email = address();
      const { sessionToken } = await clientOf(first).createAccount({ email, password: PASSWORD, preVerified: true });
      const secretsBefore = await readSecrets(first.dataFolder);
      const documentBefore = await clientOf(first).supportDocument();
      const processes = await first.processes();
      await first.kill();
      const second = await startBox({ dataFolder: first.dataFolder, parameters: ['--port', port] });
      try {
        expect(second.accountsUrl).toBe(first.accountsUrl);
        expect(await readSecrets(second.dataFolder)).toEqual(secretsBefore);
        expect(await clientOf(second).supportDocument()).toEqual(documentBefore);
        expect(await clientOf(second).emailStatus(sessionToken)).toMatchObject({ email, verified: true });
        await healed(async () => expect(processes.filter(({ pid }) => isAlive(pid))).toEqual([]));
      } finally {
        await second.stop();
      }
    },
    2 * START_MS,
  );
});

describe('the command line', () => {
  test('tells all options by --help', async () => {
    const { code, out } = await runStart(['--help']);
    expect(code).toBe(0);
    for (const option of [
      '--port',
      '--mail-port',
      '--data',
      '--public-url',
      '--production',
      '--smtp',
      '--ses',
      '--sender',
    ])
      expect(out).toContain(option);
  });

  test.each([
    [['--port', '65536'], '0 to 65535'],
    [['--mail-port', 'x'], '0 to 65535'],
    [['--public-url', 'ftp://example.org'], 'an http or https URL'],
    [['--smtp', 'example.org'], 'HOST:PORT'],
    [['--prot', '1'], "unknown option '--prot'"],
    [['--data', '/dev/null/data'], '/dev/null/data cannot be used'],
  ])('refuses %j', async (parameters, message) => {
    const { code, out, err } = await runStart(parameters);
    expect(code).not.toBe(0);
    expect(out).toBe('');
    expect(err).toContain(message);
  });

  test('refuses all that is unsafe in production, by name', async () => {
    const { code, err } = await runStart(['--production']);
    expect(code).toBe(64);
    expect(err.trimEnd().split('\n')).toEqual([
      '--public-url: is missing; production needs an https URL',
      '--smtp: is missing, and so is --ses; production sends real mail by one of the two',
      '--sender: got "no-reply@localhost.localdomain", allowed: an address of yours in production',
    ]);
  });

  test('is not needed, but variables that lack a setting are refused, and none is taken from a laptop', async () => {
    const { code, out, err } = await runStart([], { BOX_PRODUCTION: 'true', BOX_PUBLIC_ULR: 'https://example.org' });
    expect([code, out]).toEqual([78, '']);
    for (const fault of ['BOX_PORT: is missing', 'BOX_DATA_FOLDER: is missing', 'did you mean BOX_PUBLIC_URL?'])
      expect(err).toContain(fault);
  });

  test.each([
    [
      'options',
      {
        parameters: [
          ...['--production', '--public-url', 'https://accounts.example.org', '--smtp', 'mail.example.org:587'],
          ...['--sender', 'no-reply@example.org'],
        ],
      },
    ],
    [
      'variables',
      {
        variables: {
          BOX_PRODUCTION: 'true',
          BOX_PUBLIC_URL: 'https://accounts.example.org',
          BOX_SES_REGION: 'us-east-1',
          BOX_MAIL_SENDER: 'no-reply@example.org',
        },
      },
    ],
  ])(
    'turns the development switches round in production, which %s ask for',
    async (_what, asked) => {
      const box = await startBox(asked);
      try {
        expect(box.accountsUrl).toBe('https://accounts.example.org');
        const port = /"service":"webhead-primary".*"port":(\d+)/.exec(box.logs())?.[1];
        const response = await fetch(`http://127.0.0.1:${port}/v1/account/create`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ email: address(), authPW: '0'.repeat(64), preVerified: true }),
        });
        expect([response.status, await response.json()]).toMatchObject([400, { errno: 107 }]);
      } finally {
        await box.stop();
      }
    },
    START_MS,
  );
});

/** Waits until it no longer throws. */
async function healed(ask: () => Promise<unknown>, msMax = HEAL_MS_MAX): Promise<void> {
  const deadline = Date.now() + msMax;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await wait(100);
    }
  }
}

async function readSecrets(dataFolder: string): Promise<Record<string, string>> {
  const folder = join(dataFolder, 'secrets');
  const names = await readdir(folder);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
