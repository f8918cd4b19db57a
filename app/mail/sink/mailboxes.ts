/** The mails that the sink keeps: in memory, by mailbox, bounded in number, size and time. */

export interface SinkMail {
  readonly id: string;
  /** ms since the epoch */
  readonly receivedAt: number;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Mailboxes {
  add(mail: SinkMail, localParts: readonly string[]): void;
  /** Oldest first. */
  messages(localPart: string): readonly SinkMail[];
  /** Resolves with the box's messages as soon as it has any, or empty after the wait. */
  waitForMessages(localPart: string, waitMs: number): Promise<readonly SinkMail[]>;
  clear(localPart: string): void;
  /** Newest first. */
  recent(count: number): readonly SinkMail[];
  find(id: string): SinkMail | undefined;
}

const MESSAGES_A_BOX_MAX = 100;
const MESSAGES_MAX = 5000;
const AGE_MS_MAX = 24 * 3_600_000;

export function createMailboxes(now: () => number): Mailboxes {
  const boxes = new Map<string, SinkMail[]>();
  const all = new Map<string, SinkMail>();
  const waiting = new Map<string, Set<() => void>>();

  const forget = (mail: SinkMail) => {
    all.delete(mail.id);
    for (const [localPart, box] of boxes) {
      const left = box.filter(({ id }) => id !== mail.id);
      if (left.length === 0) boxes.delete(localPart);
      else if (left.length < box.length) boxes.set(localPart, left);
    }
  };

  const makeRoom = () => {
    for (const mail of all.values()) {
      if (all.size <= MESSAGES_MAX && now() - mail.receivedAt < AGE_MS_MAX) return;
      forget(mail);
    }
  };

  const messages = (localPart: string) => boxes.get(localPart.toLowerCase()) ?? [];

  return {
    messages,
    add: (mail, localParts) => {
      all.set(mail.id, mail);
      for (const localPart of localParts) {
        const key = localPart.toLowerCase();
        boxes.set(key, [...(boxes.get(key) ?? []), mail].slice(-MESSAGES_A_BOX_MAX));
        for (const wake of waiting.get(key) ?? []) wake();
      }
      makeRoom();
    },
    waitForMessages: (localPart, waitMs) => {
      const now = messages(localPart);
      if (now.length > 0 || waitMs === 0) return Promise.resolve(now);
      const key = localPart.toLowerCase();
      const { promise, resolve } = Promise.withResolvers<readonly SinkMail[]>();
      const wakers = waiting.get(key) ?? new Set();
      waiting.set(key, wakers);
      const wake = () => {
        clearTimeout(timer);
        wakers.delete(wake);
        if (wakers.size === 0) waiting.delete(key);
        resolve(messages(key));
      };
      const timer = setTimeout(wake, waitMs);
      wakers.add(wake);
      return promise;
    },
    clear: (localPart) => {
      for (const mail of messages(localPart)) all.delete(mail.id);
      boxes.delete(localPart.toLowerCase());
    },
    recent: (count) => [...all.values()].slice(-count).reverse(),
    find: (id) => all.get(id),
  };
}
