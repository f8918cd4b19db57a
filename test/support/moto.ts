/** Moto, a model of AWS's APIs, as a server of its own process for tests of what calls AWS. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

// Why moto and not a stub of ours: a stub answers as its writer believes that AWS does, so a test against it holds our
// belief to itself. Moto parses the SDK's real requests, keeps state between calls, refuses what AWS refuses, and is
// held to AWS by many others. It is a model all the same: what it lacks is said where a test meets it.
const MOTO_VERSION = '5.2.5';

/** How long a first start may take, which installs moto from PyPI. For the time limit of the `beforeAll` that starts it. */
export const MOTO_START_MS_MAX = 300_000;

const ACCOUNT_ID = '123456789012';
const OUTPUT_CHARACTERS_MAX = 4_000;

/** A setting of the AWS SDK that is empty is one that is not set. */
export interface MotoEnvironment extends Readonly<Record<string, string>> {
  readonly AWS_ENDPOINT_URL: string;
  readonly AWS_ACCESS_KEY_ID: string;
  readonly AWS_SECRET_ACCESS_KEY: string;
  readonly AWS_SESSION_TOKEN: string;
  readonly AWS_PROFILE: string;
  readonly AWS_EC2_METADATA_DISABLED: string;
}

export interface Moto {
  readonly url: string;
  /** What leads a process, or a client, of the AWS SDK here and nowhere else. The region is for the caller to name. */
  readonly environment: MotoEnvironment;
  stop(): Promise<void>;
}

/**
 * Starts moto on a free port of 127.0.0.1, with nothing in it but each region's default network.
 * It ends with this process, however this process ends: it reads its standard input, and stops when that closes.
 * @param accountId twelve digits; what MOTO_ACCOUNT_ID says when not given, else 123456789012.
 * @throws Error with what it printed, when python3 is missing or cannot make a virtual environment.
 */
export async function startMoto({ accountId }: { accountId?: string } = {}): Promise<Moto> {
  const folder = join(process.cwd(), '.cache', `moto-${MOTO_VERSION}`);
  const child = spawn('python3', [join(process.cwd(), 'test/support/moto-server.py'), folder, MOTO_VERSION], {
    env: { ...process.env, MOTO_ACCOUNT_ID: accountId ?? process.env['MOTO_ACCOUNT_ID'] ?? ACCOUNT_ID },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const url = `http://127.0.0.1:${await portOf(child)}`;
  return {
    url,
    environment: {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: 'moto',
      AWS_SECRET_ACCESS_KEY: 'moto',
      AWS_SESSION_TOKEN: '',
      AWS_PROFILE: '',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}

async function portOf(child: ChildProcess): Promise<number> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk).slice(-OUTPUT_CHARACTERS_MAX);
    // What is written while the environment is made is its progress; a server that runs has nothing to say to a reader.
    if (/^moto .*: making/.test(String(chunk))) process.stderr.write(chunk);
  });
  if (child.stdout === null) throw new TypeError('moto needs a pipe for its standard output');
  const lines = createInterface({ input: child.stdout });
  const timer = setTimeout(() => child.kill('SIGKILL'), MOTO_START_MS_MAX);
  try {
    return await new Promise<number>((resolve, reject) => {
      lines.once('line', (line) => resolve(Number(line)));
      child.once('error', (error) => reject(new Error(startFault(error.message), { cause: error })));
      child.once('close', () => reject(new Error(startFault(said))));
    });
  } finally {
    clearTimeout(timer);
  }
}

function startFault(said: string): string {
  const remedy = 'it needs python3 >= 3.10 with venv (tools/install-test-packages.sh) and PyPI on its first start';
  return `moto ${MOTO_VERSION} did not start: ${remedy}. It said:\n${said}`;
}
