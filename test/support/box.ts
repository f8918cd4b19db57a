/** The real box, as `npm start` runs it, for tests: on free ports, in a folder of its own. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const READY_MS_MAX = 60_000;
const STOP_MS_MAX = 40_000;
const ROOT = process.cwd();

export interface TestBox {
  readonly accountsUrl: string;
  readonly mailUrl: string;
  readonly dataFolder: string;
  /** The box's own process. */
  readonly pid: number;
  /** What the box printed on standard output. */
  printed(): string;
  /** Everything that the box and its processes printed. */
  logs(): string;
  /** The processes below the box, by what they run. */
  processes(): Promise<readonly { pid: number; command: string }[]>;
  /** Ends the box as Ctrl-C would, and removes its folder unless it is to be used again. @returns the exit code */
  stop(options?: { keepData?: boolean; signal?: 'SIGTERM' | 'SIGINT' }): Promise<number | null>;
  /** Ends the box's own process without a chance to stop anything. */
  kill(): Promise<void>;
}

export interface TestBoxOptions {
  readonly parameters?: readonly string[];
  /** Settings as variables, in place of any parameter. */
  readonly variables?: Readonly<Record<string, string>>;
  /** A folder of an earlier box. */
  readonly dataFolder?: string;
}

export async function startBox({ parameters = [], variables, dataFolder }: TestBoxOptions = {}): Promise<TestBox> {
  const folder = dataFolder ?? (await mkdtemp(join(tmpdir(), 'picl-idp-test-')));
  const asked = variables === undefined ? ['--data', folder, '--port', '0', '--mail-port', '0', ...parameters] : [];
  const own = variables && { BOX_DATA_FOLDER: folder, BOX_PORT: '0', BOX_MAIL_PORT: '0', ...variables };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'tools/start.ts', ...asked], {
    cwd: ROOT,
    env: { ...process.env, ...own },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { out: '', all: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.out += text;
    output.all += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.all += text;
  });
  const [, accountsUrl = '', mailUrl = ''] = await readyLine(child, output);
  return {
    accountsUrl,
    mailUrl,
    dataFolder: folder,
    pid: child.pid ?? 0,
    printed: () => output.out,
    logs: () => output.all,
    processes: () => processesBelow(child.pid ?? 0),
    stop: async ({ keepData = false, signal = 'SIGTERM' } = {}) => {
      const code = await ended(child, signal);
      if (!keepData) await rm(folder, { recursive: true, force: true });
      return code;
    },
    kill: async () => {
      await ended(child, 'SIGKILL');
    },
  };
}

const READY = /^ready (\S+) (\S+) in \d+ ms$/m;

async function readyLine(child: ChildProcess, output: { out: string; all: string }): Promise<RegExpExecArray> {
  const deadline = Date.now() + READY_MS_MAX;
  for (;;) {
    const ready = READY.exec(output.out);
    if (ready !== null) return ready;
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`the box did not get ready:\n${output.all}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
  return exit.finally(() => clearTimeout(timer));
}

/** Runs `npm start` with parameters or variables that it should refuse, or answer and leave. */
export async function runStart(
  parameters: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'tools/start.ts', ...parameters], {
    cwd: ROOT,
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: READY_MS_MAX,
  });
  const printed = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed.err += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...printed };
}

/** Every descendant of a process, from /proc. */
export async function processesBelow(pid: number): Promise<readonly { pid: number; command: string }[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const children = text.split(' ').filter(Boolean).map(Number);
  const found = await Promise.all(
    children.map(async (child) => {
      const command = await readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '');
      return [{ pid: child, command: command.replaceAll('\0', ' ').trim() }, ...(await processesBelow(child))];
    }),
  );
  return found.flat();
}
