/** A line of a bill: so much of something at a price. */

import { HOURS_A_MONTH, type Price } from './prices.ts';

export interface CostLine {
  /** What it belongs to, for example `ring nodes`. */
  readonly group: string;
  readonly what: string;
  /** In the price's unit, but hourly prices: then how many run all month. */
  readonly quantity: number;
  readonly price: Price;
  /** Follows from the assumed traffic, not from a template. */
  readonly assumed?: true;
}

/** Dollars a month. */
export function dollarsOf({ quantity, price }: CostLine): number {
  return quantity * price.dollars * (price.per === 'hour' ? HOURS_A_MONTH : 1);
}

export function totalOf(lines: readonly CostLine[]): number {
  return lines.reduce((sum, line) => sum + dollarsOf(line), 0);
}

/** Lines for one thing, that only differ in their place, become one. */
export function merged(lines: readonly CostLine[]): readonly CostLine[] {
  return [...Map.groupBy(lines, ({ group, what, price }) => `${group}\0${what}\0${price.dollars}`).values()]
    .flatMap(([first, ...others]) => (first === undefined ? [] : [{ first, others }]))
    .map(({ first, others }) => ({
      ...first,
      quantity: others.reduce((sum, { quantity }) => sum + quantity, first.quantity),
    }));
}
