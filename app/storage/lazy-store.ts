/** A store that is opened when it is first needed, and again until that succeeds: services start without it. */

import { StoreUnavailable } from './errors.ts';

interface Closable {
  close(): Promise<void>;
}

/** A failed attempt to open is not repeated by every request that comes. */
const RETRY_MS = 250;

/**
 * Stands for a store that may not be there yet. Every method opens it first where need be; while it cannot be opened, every
 * method throws StoreUnavailable.
 */
export function createLazyStore<Store extends Closable>(open: () => Promise<Store>, now: () => number): Store {
  let opened: Promise<Store> | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;
  let closed = false;

  const store = (): Promise<Store> => {
    if (closed) return Promise.reject(new StoreUnavailable('the store is closed'));
    if (opened === undefined) {
      if (now() - failedAt < RETRY_MS) return Promise.reject(new StoreUnavailable('the store could not be opened'));
      opened = open().catch((cause: unknown) => {
        opened = undefined;
        failedAt = now();
        throw new StoreUnavailable('the store cannot be opened', { cause });
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
