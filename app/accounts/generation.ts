/** The generation of an account: raised by every password set, carried by every token, and what kills the older ones. */

/**
 * The generation that a password set gives an account.
 * @param now ms since the epoch.
 * @param seen the account's generation before; the result exceeds it even when this writer's clock is behind.
 */
export function nextGeneration(now: number, seen: number): number {
  return Math.max(now, seen + 1);
}

/**
 * How a token stands to the account that was read with it. `newer` means that the account's row that was read is behind
 * the token: the reader must confirm with every region before it refuses. `older` is final.
 */
export function compareGeneration(
  token: { generation: number },
  account: { generation: number },
): 'same' | 'older' | 'newer' {
  if (token.generation === account.generation) return 'same';
  return token.generation < account.generation ? 'older' : 'newer';
}
