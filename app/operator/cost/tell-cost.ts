/** `picl-idp cost`, as people and programs read it. */

import { readAssembly, stacksOf } from '../assembly.ts';
import { type EnvironmentOptions, EXIT_FAULT, EXIT_OK, type Output } from '../options.ts';
import { type CostLine, dollarsOf } from './lines.ts';
import { type EnvironmentCost, priceEnvironment } from './price-environment.ts';

export interface CostOptions extends EnvironmentOptions {
  readonly requestsPerSecond?: number;
}

const WHAT_WIDTH = 56;
const DOLLARS_WIDTH = 12;

/** @returns the exit code: 1 when a type of resource has no price. */
export function tellCost(environment: string, options: CostOptions, output: Output): number {
  const stacks = stacksOf(readAssembly(options.assembly), environment);
  const cost = priceEnvironment(stacks, options);
  if (options.json) output.log(JSON.stringify({ environment, ...forPrograms(cost) }));
  else for (const line of forPeople(environment, cost)) output.log(line);
  return cost.unknown.length === 0 ? EXIT_OK : EXIT_FAULT;
}

function forPrograms(cost: EnvironmentCost) {
  const { dollarsAMonth, groups, requestsPerSecond, notPriced, unknown } = cost;
  return {
    dollarsAMonth: cents(dollarsAMonth),
    requestsPerSecond,
    groups: groups.map(({ group, dollarsAMonth: ofGroup, lines }) => ({
      group,
      dollarsAMonth: cents(ofGroup),
      lines: lines.map((line) => ({
        what: line.what,
        quantity: line.quantity,
        dollarsEach: line.price.dollars,
        per: line.price.per,
        dollarsAMonth: cents(dollarsOf(line)),
        assumed: line.assumed === true,
        recalled: line.price.recalled === true,
      })),
    })),
    notPriced,
    unknown,
  };
}

function* forPeople(environment: string, cost: EnvironmentCost) {
  yield `${environment}: ${money(cost.dollarsAMonth)} $ a month, on demand, at ${cost.requestsPerSecond} requests a second on average`;
  for (const { group, dollarsAMonth, lines } of cost.groups) {
    yield '';
    yield `${group.padEnd(WHAT_WIDTH)}${money(dollarsAMonth).padStart(DOLLARS_WIDTH)}`;
    for (const line of lines) {
      const what = `  ${amount(line)} ${line.what}`.padEnd(WHAT_WIDTH);
      yield `${what}${money(dollarsOf(line)).padStart(DOLLARS_WIDTH)}  ${explanation(line)}`;
    }
  }
  yield '';
  yield 'Not priced here:';
  for (const { type, count, reason } of cost.notPriced) yield `  ${count} x ${type}: ${reason}`;
  yield '  tax, support, discounts, and what t4g machines ask when they are busier than their baseline';
  for (const { type, count } of cost.unknown) yield `  NO PRICE IS KNOWN for ${count} x ${type}: the total lacks it`;
}

function explanation({ price, assumed }: CostLine): string {
  const notes = [assumed === true ? 'assumed' : '', price.recalled === true ? 'price from memory' : ''];
  const said = notes.filter((note) => note !== '').join(', ');
  return `${price.dollars} $/${price.per}${said === '' ? '' : `  (${said})`}`;
}

function amount({ quantity, price: { per } }: CostLine): string {
  const figure = quantity.toLocaleString('en-US', { maximumFractionDigits: quantity < 10 ? 2 : 0 });
  if (per === 'hour' || per === 'month') return `${figure} x`;
  return per === 'million' ? `${figure} million` : `${figure} ${per.replace('-month', '')}`;
}

function money(dollars: number): string {
  return dollars.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

function cents(dollars: number): number {
  return Math.round(dollars * 100) / 100;
}
