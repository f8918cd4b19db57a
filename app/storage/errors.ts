/** The failures of a store that no caller can act on except by waiting. */

/**
 * The store cannot answer now: it is missing, full, locked, or its quorum is gone. Nothing of a refused write was stored,
 * unless `outcomeUnknown` says that it may have been.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  readonly outcomeUnknown: boolean;
  constructor(
    message: string,
    { outcomeUnknown = false, ...options }: ErrorOptions & { outcomeUnknown?: boolean } = {},
  ) {
    super(message, options);
    this.outcomeUnknown = outcomeUnknown;
  }
}
