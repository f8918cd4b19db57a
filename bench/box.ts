/** The real box for a benchmark, and accounts in it. */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAccountsClient } from '../app/client/client.ts';
import { deriveTokenKeys } from '../app/client/onepw.ts';

const READY = /^ready (\S+) \S+ in (\d+) ms$/m;
const READY_MS_MAX = 60_000;
const ROOT = join(import.meta.dirname, '..');

export interface BenchBox {
  readonly url: string;
  readonly readyMs: number;
  readonly pid: number;
  readonly folder: string;
  stop(): Promise<void>;
}

export async function startBenchBox({
  folder,
  command = 'node',
}: {
  folder?: string;
  command?: 'node' | 'npm';
} = {}): Promise<BenchBox> {
  const data = folder ?? (await mkdtemp(join(tmpdir(), 'picl-idp-bench-')));
  const parameters = ['--port', '0', '--mail-port', '0', '--data', data];
  const child =
    command === 'npm'
      ? spawn('npm', ['start', '--', ...parameters], { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] })
      : spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'tools/start.ts', ...parameters], {
          cwd: ROOT,
          stdio: ['ignore', 'pipe', 'ignore'],
        });
  const [, url = '', readyMs = ''] = await readyLine(child);
  return {
    url,
    readyMs: Number(readyMs),
    pid: child.pid ?? 0,
    folder: data,
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      if (folder === undefined) await rm(data, { recursive: true, force: true });
    },
  };
}

function readyLine(child: ChildProcess): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error('the box did not get ready')), READY_MS_MAX);
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const ready = READY.exec(text);
      if (ready === null) return;
      clearTimeout(timer);
      resolve(ready);
    });
    child.once('exit', () => reject(new Error('the box ended')));
  });
}

export const BENCH_PASSWORD = 'a password for the benchmark';

/** Makes verified accounts. @returns what signs for their sessions */
export async function makeSigners(
  url: string,
  count: number,
): Promise<readonly { id: string; key: string; email: string }[]> {
  const client = createAccountsClient({ url });
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const email = `bench-${process.pid}-${Date.now()}-${index}@example.org`;
      const { sessionToken } = await client.createAccount({ email, password: BENCH_PASSWORD, preVerified: true });
      const { id, hawkKey } = deriveTokenKeys('sessionToken', sessionToken);
      return { id, key: Buffer.from(hawkKey).toString('hex'), email };
    }),
  );
}

/** Memory of a process and all below it: each page counted once, shared ones by share. MB */
export async function memoryOfTree(pid: number): Promise<number> {
  const pids = [pid, ...(await descendants(pid))];
  const sizes = await Promise.all(
    pids.map(async (one) => {
      const rollup = await readFile(`/proc/${one}/smaps_rollup`, 'utf8').catch(() => '');
      return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0);
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0) / 1024;
}

async function descendants(pid: number): Promise<number[]> {
  const text = await new Promise<string>((resolve) =>
    execFile('pgrep', ['-P', String(pid)], (_error, stdout) => resolve(stdout)),
  );
  const children = text.split('\n').filter(Boolean).map(Number);
  return [...children, ...(await Promise.all(children.map(descendants))).flat()];
}
