/** What counts as an e-mail address, and when two of them are one account's. Pure: browsers use it too. */

const EMAIL_CHARACTERS_MAX = 255;
/** Controls, formatting, surrogates, private use, unassigned, and the two separators. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/u;
const BEYOND_ASCII = /[\u{80}-\u{10ffff}]/gu;
const LOCAL_PART = /^[a-zA-Z0-9.!#$%&'*+\-/=?^_`{|}~]+$/;
/** Labels of letters, digits and inner hyphens, at least two; no empty label, none that begins or ends with a hyphen. */
const DOMAIN = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)+$/;

/** The form in which an address is unique: the lower case of the whole of it. */
export function normalizeEmail(email: string): string {
  return email.toLowerCase();
}

/**
 * Whether a text is an address that an account can have: at most 255 characters, a local part and a dotted domain. Both may
 * be international: a character beyond ASCII counts as a letter, as it does in the ASCII form that mail servers use.
 * Controls, lone surrogates and what has no agreed meaning are refused. The address is stored as it was typed.
 */
export function isEmailAddress(email: string): boolean {
  if (email.length > EMAIL_CHARACTERS_MAX || INVISIBLE.test(email)) return false;
  const ascii = email.replace(BEYOND_ASCII, 'x');
  const at = ascii.indexOf('@');
  return at >= 1 && LOCAL_PART.test(ascii.slice(0, at)) && DOMAIN.test(ascii.slice(at + 1));
}
