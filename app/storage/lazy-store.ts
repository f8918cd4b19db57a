/** A store that is opened when it is first needed, and again until that succeeds: services start without it. */

import type { Log } from '../platform/log.ts';
import { StoreUnavailable } from './errors.ts';

interface Closable {
  close(): Promise<void>;
}

/** A failed attempt to open is not repeated by every request that comes. */
const RETRY_MS = 250;
/** The reason is told as often, and not by each call that is refused for it. */
const TELL_EVERY_MS = 60_000;

/**
 * Stands for a store that may not be there yet. Every method opens it first where need be; while it cannot be opened, every
 * method throws StoreUnavailable, and the log has the reason.
 */
export function createLazyStore<Store extends Closable>(
  open: () => Promise<Store>,
  { now, log }: { now: () => number; log: Log },
): Store {
  let opened: Promise<Store> | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;
  let toldAt = Number.NEGATIVE_INFINITY;
  let closed = false;

  const store = (): Promise<Store> => {
    if (closed) return Promise.reject(new StoreUnavailable('the store is closed'));
    if (opened === undefined) {
      if (now() - failedAt < RETRY_MS) return Promise.reject(new StoreUnavailable('the store cannot be opened'));
      opened = open().catch((error: unknown) => {
        opened = undefined;
        failedAt = now();
        if (failedAt - toldAt >= TELL_EVERY_MS) {
          toldAt = failedAt;
          log.error({ err: error }, 'the store cannot be opened');
        }
        throw new StoreUnavailable('the store cannot be opened');
      });
    }
    return opened;
  };

  const methods = new Map<string, (...parameters: unknown[]) => Promise<unknown>>();
  const close = async () => {
    closed = true;
    await opened?.then((value) => value.close()).catch(() => undefined);
  };
  methods.set('close', close);
  return new Proxy({} as Store, {
    get: (_target, name) => {
      if (typeof name !== 'string' || name === 'then') return undefined;
      const known = methods.get(name);
      if (known !== undefined) return known;
      const method = async (...parameters: unknown[]) => {
        const value = (await store()) as Record<string, unknown>;
        return (value[name] as (...all: unknown[]) => unknown)(...parameters);
      };
      methods.set(name, method);
      return method;
    },
  });
}
