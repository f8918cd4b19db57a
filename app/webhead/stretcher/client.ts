/** How a webhead has a password stretched: by the process that does only that. */

import { Pool } from 'undici';
import { stretchPassword, type VerifierVersion } from '../../accounts/verifier.ts';
import type { StretchedPassword } from '../../storage/commands/values.ts';

/** No room in the queue, or no stretcher there now. */
export class StretcherBusy extends Error {
  override readonly name = 'StretcherBusy';
}

export interface PasswordToStretch {
  /** 64 hex characters, as is the salt. */
  readonly authPW: string;
  readonly authSalt: string;
  readonly verifierVersion: VerifierVersion;
}

export interface Stretcher {
  /** @throws StretcherBusy */
  stretch(password: PasswordToStretch): Promise<StretchedPassword>;
  close(): Promise<void>;
}

/** Beyond the longest wait in the queue: a hash takes under a second even on a loaded machine. */
const HASH_MS_MAX = 15_000;
const ANSWER_BYTES_MAX = 1024;

/** @param waitMsMax the queue's own limit. */
export function connectStretcher({
  socketPath,
  waitMsMax,
  callsMax,
}: {
  socketPath: string;
  waitMsMax: number;
  /** Calls of this process in flight and waiting; one more is refused at once. */
  callsMax: number;
}): Stretcher {
  const timeoutMs = waitMsMax + HASH_MS_MAX;
  const pool = new Pool('http://stretcher.invalid', {
    socketPath,
    connections: callsMax,
    pipelining: 1,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: ANSWER_BYTES_MAX,
    keepAliveTimeout: 60_000,
  });
  let calls = 0;

  const ask = async (password: PasswordToStretch): Promise<{ verifyHash: string; wrapwrapKey: string }> => {
    if (calls >= callsMax) throw new StretcherBusy(`more than ${callsMax} passwords wait to be stretched`);
    calls += 1;
    try {
      const { statusCode, body } = await pool.request({ method: 'POST', path: '/', body: JSON.stringify(password) });
      const text = await body.text();
      if (statusCode !== 200) throw new StretcherBusy(`the stretcher answered ${statusCode}`);
      return JSON.parse(text);
    } catch (cause) {
      if (cause instanceof StretcherBusy) throw cause;
      throw new StretcherBusy('the stretcher is gone', { cause });
    } finally {
      calls -= 1;
    }
  };

  return {
    stretch: async (password) => {
      const { authSalt, verifierVersion } = password;
      const keys = verifierVersion === 0 ? await stretchWeakly(password) : await ask(password);
      return { authSalt, verifierVersion, ...keys };
    },
    close: () => pool.destroy(),
  };
}

/** Version 0 costs nothing and is for test suites only: done on the spot. */
async function stretchWeakly({ authPW, authSalt }: PasswordToStretch) {
  const keys = await stretchPassword({
    authPW: Buffer.from(authPW, 'hex'),
    authSalt: Buffer.from(authSalt, 'hex'),
    verifierVersion: 0,
  });
  return { verifyHash: keys.verifyHash.toString('hex'), wrapwrapKey: keys.wrapwrapKey.toString('hex') };
}
