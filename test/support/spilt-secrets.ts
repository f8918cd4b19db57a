/** Looking for what should never stand in a log. */

/** An address, as it is or as a URL has it. */
const ADDRESS = /[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+/gi;
/** 32 bytes and more in hex: every token, its id, every key, bundle and authPW. Hashes of public things are shorter in our logs. */
const LONG_HEX = /\b[0-9a-f]{64,}\b/gi;
const HAWK_HEADER = /\b(?:Hawk id|mac|nonce)=/gi;

/**
 * Finds what logs tell and should not.
 * @param known further secrets, word for word: passwords, codes of mails.
 * @returns each find, with the line that it stands in.
 */
export function spiltSecrets(logs: string, known: readonly string[]): readonly { secret: string; line: string }[] {
  return logs.split('\n').flatMap((line) => {
    const shapes = [ADDRESS, LONG_HEX, HAWK_HEADER].flatMap((shape) => line.match(shape) ?? []);
    const words = known.filter((secret) => line.includes(secret));
    return [...shapes, ...words].map((secret) => ({ secret, line }));
  });
}
