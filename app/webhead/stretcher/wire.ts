/** How webheads and the stretcher talk over their socket: lines of JSON, many questions on one connection, answered in any order. */

import type { Socket } from 'node:net';
import { z } from 'zod';

/** The longest line is a question: two values of 64 characters and their names. */
const LINE_CHARACTERS_MAX = 1024;

const hex32 = z.string().regex(/^[0-9a-f]{64}$/);

/** A password to stretch, or the news that nobody waits for one any more. */
export const stretcherQuestion = z.union([
  z.strictObject({
    id: z.int(),
    authPW: hex32,
    authSalt: hex32,
    verifierVersion: z.union([z.literal(1), z.literal(2)]),
  }),
  z.strictObject({ id: z.int(), gone: z.literal(true) }),
]);

export const stretcherAnswer = z.union([
  z.strictObject({ id: z.int(), verifyHash: hex32, wrapwrapKey: hex32 }),
  z.strictObject({ id: z.int(), refused: z.string() }),
]);

export function writeMessage(
  socket: Socket,
  message: z.infer<typeof stretcherQuestion> | z.infer<typeof stretcherAnswer>,
): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}

/** Reads messages of a schema; a peer that sends anything else is cut off. */
export function readMessages<Schema extends z.ZodType>(
  socket: Socket,
  schema: Schema,
  onMessage: (message: z.infer<Schema>) => void,
): void {
  let rest = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const parsed = schema.safeParse(parseJson(line));
      if (parsed.success) onMessage(parsed.data);
      else socket.destroy();
    }
    if (rest.length > LINE_CHARACTERS_MAX) socket.destroy();
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
