/** Arithmetic on IPv4 ranges such as `10.20.40.0/21`. */

interface Range {
  readonly first: number;
  readonly last: number;
}

export const EVERYWHERE = '0.0.0.0/0';

/** Whether every address of one range is in another. An address alone is a range of one. */
export function covers(outer: string, inner: string): boolean {
  const [around, within] = [rangeOf(outer), rangeOf(inner)];
  return around.first <= within.first && within.last <= around.last;
}

/** How many leading bits a range fixes: of several that cover an address, a route table takes the longest. */
export function prefixLength(cidr: string): number {
  return Number(cidr.split('/')[1] ?? 32);
}

function rangeOf(cidr: string): Range {
  const [address = ''] = cidr.split('/');
  const size = 2 ** (32 - prefixLength(cidr));
  const number = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  if (!Number.isInteger(number) || !Number.isInteger(size))
    throw new RangeError(`got ${cidr}, allowed: a range of IPv4`);
  const first = Math.floor(number / size) * size;
  return { first, last: first + size - 1 };
}
