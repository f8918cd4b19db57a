/** The text form in which ids, tokens, keys and sealed values cross the borders between rooms. */

/** Bytes as lower-case hexadecimal text, two characters a byte. */
export type Hex = string;
