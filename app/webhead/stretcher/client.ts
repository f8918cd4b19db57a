/** How a webhead has a password stretched: by the process that does only that. */

import { connect, type Socket } from 'node:net';
import { stretchPassword, type VerifierVersion } from '../../accounts/verifier.ts';
import type { StretchedPassword } from '../../storage/commands/values.ts';
import { readMessages, stretcherAnswer, writeMessage } from './wire.ts';

/** No room in the queue, or no stretcher there now. */
export class StretcherBusy extends Error {
  override readonly name = 'StretcherBusy';
}

export interface PasswordToStretch {
  /** 64 hex characters, as is the salt. */
  readonly authPW: string;
  readonly authSalt: string;
  readonly verifierVersion: VerifierVersion;
  /** When it aborts before the password's turn has come, the password is not stretched. */
  readonly signal: AbortSignal;
}

export interface Stretcher {
  /** @throws StretcherBusy */
  stretch(password: PasswordToStretch): Promise<StretchedPassword>;
  close(): Promise<void>;
}

/** Beyond the longest wait in the queue: a hash takes under a second even on a loaded machine, and clients wait 30 s for their answer. */
const HASH_MS_MAX = 5_000;

interface StretchedKeys {
  readonly verifyHash: string;
  readonly wrapwrapKey: string;
}

interface Waiting {
  readonly resolve: (keys: StretchedKeys) => void;
  readonly reject: (error: StretcherBusy) => void;
}

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
  const waiting = new Map<number, Waiting>();
  let socket: Socket | undefined;
  let lastId = 0;

  const settle = (id: number, end: (call: Waiting) => void) => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (call !== undefined) end(call);
  };

  /** Connects with the first call, and with the first one after the stretcher was lost. */
  const open = (): Socket => {
    if (socket !== undefined) return socket;
    const opened = connect(socketPath);
    let cause: Error | undefined;
    opened.on('error', (error) => {
      cause = error;
    });
    opened.on('close', () => {
      socket = undefined;
      for (const id of [...waiting.keys()])
        settle(id, ({ reject }) => reject(new StretcherBusy('the stretcher is gone', { cause })));
    });
    readMessages(opened, stretcherAnswer, (answer) => {
      settle(answer.id, ({ resolve, reject }) => {
        if ('refused' in answer) reject(new StretcherBusy(`the stretcher refused: ${answer.refused}`));
        else resolve({ verifyHash: answer.verifyHash, wrapwrapKey: answer.wrapwrapKey });
      });
    });
    socket = opened;
    return opened;
  };

  const ask = ({ authPW, authSalt, verifierVersion, signal }: PasswordToStretch & { verifierVersion: 1 | 2 }) => {
    if (waiting.size >= callsMax) throw new StretcherBusy(`more than ${callsMax} passwords wait to be stretched`);
    lastId += 1;
    const id = lastId;
    const { promise, resolve, reject } = Promise.withResolvers<StretchedKeys>();
    waiting.set(id, { resolve, reject });
    const leave = (reason: string) =>
      settle(id, (call) => {
        if (socket !== undefined) writeMessage(socket, { id, gone: true });
        call.reject(new StretcherBusy(reason));
      });
    const onAbort = () => leave('the client is gone');
    const timer = setTimeout(() => leave('the stretcher did not answer'), waitMsMax + HASH_MS_MAX);
    signal.addEventListener('abort', onAbort, { once: true });
    writeMessage(open(), { id, authPW, authSalt, verifierVersion });
    if (signal.aborted) onAbort();
    return promise.finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    });
  };

  return {
    stretch: async (password) => {
      const { authSalt, verifierVersion } = password;
      const keys = verifierVersion === 0 ? await stretchWeakly(password) : await ask({ ...password, verifierVersion });
      return { authSalt, verifierVersion, ...keys };
    },
    close: async () => {
      socket?.destroy();
    },
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
