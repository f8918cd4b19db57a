/** How a role reads its settings: one schema, one prefix, every fault named at once. */

import { isIP, isIPv4 } from 'node:net';
import { z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings that are missing, wrong or unknown. The message has one line a fault. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`settings are wrong:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

/** A value that is never repeated in a fault: whoever mistypes a secret must not find it in a log. */
const SENSITIVE_NAME = /_(SECRET|PASSWORD|KEY)(_|$)/;

const TYPO_DISTANCE_MAX = 3;

/**
 * Reads the settings of one role from the variables that begin with its prefix.
 * @param prefix for example `DBWRITER_`; variables that do not begin with it are not looked at.
 * @returns the settings under their variables' names, frozen.
 * @throws ConfigError that names every fault: variable, what it got, what is allowed.
 */
export function readConfig<Settings extends z.ZodType>(
  prefix: string,
  settings: Settings,
  environment: Environment,
): Readonly<z.infer<Settings>> {
  const own = Object.entries(environment).filter(
    ([name, value]) => name.startsWith(prefix) && value !== undefined && value !== '',
  );
  const known = settingNames(settings);
  // Told apart, so that a misspelt name does not keep the rules between settings from being looked at.
  const misspelt = own.map(([name]) => name).filter((name) => !known.includes(name));
  const named = Object.fromEntries(own.filter(([name]) => known.includes(name)));
  const parsed = settings.safeParse(named);
  if (parsed.success && misspelt.length === 0)
    return Object.freeze(parsed.data as object) as Readonly<z.infer<Settings>>;
  const issues = parsed.success ? [] : parsed.error.issues;
  throw new ConfigError([
    ...issues.map((issue) => faultLine(issue, named)),
    ...misspelt.map((name) => misspeltLine(name, known)),
  ]);
}

function faultLine(issue: z.core.$ZodIssue, named: Readonly<Record<string, string | undefined>>): string {
  const name = String(issue.path[0] ?? 'settings');
  const value = named[name];
  if (issue.code === 'custom' && value === undefined) return `${name}: ${issue.message}`;
  const got =
    value === undefined ? 'is missing' : SENSITIVE_NAME.test(name) ? 'got a value that is not shown' : `got "${value}"`;
  return `${name}: ${got}, allowed: ${issue.message.replace(/^allowed: /, '')}`;
}

function misspeltLine(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return `${name}: is no setting${nearest === undefined ? '' : `, did you mean ${nearest}?`}`;
}

function settingNames(settings: z.ZodType): string[] {
  return settings instanceof z.ZodObject ? Object.keys(settings.shape) : [];
}

function nearestName(name: string, known: readonly string[]): string | undefined {
  const [nearest] = known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .filter(({ distance }) => distance <= TYPO_DISTANCE_MAX)
    .sort((left, right) => left.distance - right.distance);
  return nearest?.candidate;
}

function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [leftIndex, leftCharacter] of [...left].entries()) {
    const next = [leftIndex + 1];
    for (const [rightIndex, rightCharacter] of [...right].entries()) {
      const change = (row[rightIndex] ?? 0) + (leftCharacter === rightCharacter ? 0 : 1);
      next.push(Math.min(change, (row[rightIndex + 1] ?? 0) + 1, (next[rightIndex] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

/** A setting's text, judged by `accept`; `allowed` is what a fault says. */
export function text(allowed: string, accept: (value: string) => boolean) {
  return z.string({ error: allowed }).refine(accept, { error: allowed });
}

/** A whole number within bounds, both included. */
export function integerFrom(min: number, max: number) {
  const allowed = `a whole number from ${min} to ${max}`;
  return text(allowed, (value) => /^\d{1,15}$/.test(value) && Number(value) >= min && Number(value) <= max).transform(
    Number,
  );
}

/** A TCP port; 0 lets the system choose a free one. */
export const port = integerFrom(0, 65_535);

/** A TCP port that both sides know. */
export const fixedPort = integerFrom(1, 65_535);

/** `true` or `false`. */
export const flag = text('true or false', (value) => value === 'true' || value === 'false').transform(
  (value) => value === 'true',
);

export function oneOf<const Values extends readonly [string, ...string[]]>(...values: Values) {
  return z.enum(values, { error: values.join(' or ') });
}

/** An address or name to listen on or to connect to. */
export const hostname = text(
  'a host name or an address',
  (value) => isIP(value) !== 0 || /^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,252}[a-zA-Z0-9])?$/.test(value),
);

export const ipv4 = text('an IPv4 address', isIPv4);

/** A list of IPv4 addresses, each of which stands once. */
export function addresses(max: number) {
  const allowed = `1 to ${max} different IPv4 addresses with commas between them`;
  return z
    .string({ error: allowed })
    .transform((value): readonly string[] => value.split(','))
    .refine((list) => list.length <= max && list.every(isIPv4) && new Set(list).size === list.length, {
      error: allowed,
    });
}

/** An http or https URL without query and without a slash at its end. */
export const httpUrl = text('an http or https URL without query and without a slash at its end', (value) => {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && !/[?#@]/.test(value) && !value.endsWith('/');
});

/** A region of AWS, or what a test or a single machine calls its own. */
export const regionName = text('a region, for example us-east-1', (value) => /^[a-z0-9-]{1,32}$/.test(value));

/** A plain address, without a name beside it. */
export const mailAddress = text('an e-mail address', (value) => /^[^\s@<>]{1,64}@[a-zA-Z0-9.-]{1,190}$/.test(value));

export const absolutePath = text('an absolute path', (value) => value.startsWith('/'));

/** Where a secret lies: a file that only its owner can read, or a secret of AWS Secrets Manager. */
export const secretReference = text('file:/ABSOLUTE/PATH or secretsmanager:NAME', (value) =>
  /^(file:\/.+|secretsmanager:[\w/+=.@:-]{1,512})$/.test(value),
);

export const logLevel = oneOf('debug', 'info', 'warn', 'error');
