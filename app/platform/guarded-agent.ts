/** The one way out to addresses that strangers choose: nothing private can be reached through it, no answer is large, and no wait long. */

import { lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector, type Dispatcher } from 'undici';

/** The address is not one that the internet routes, or the URL is not one we call. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

/** IANA's special-purpose registries for IPv4 and IPv6: what is not the public internet. */
const REFUSED_RANGES = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  // Everything but global unicast (2000::/3), and within that what only wraps or documents other addresses.
  ['::', 3],
  ['4000::', 2],
  ['8000::', 1],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const satisfies readonly (readonly [string, number])[];

// Two lists: one list would hold an IPv4 address to the IPv6 ranges too, by its mapped form.
const refused = { ipv4: new BlockList(), ipv6: new BlockList() };
for (const [address, prefix] of REFUSED_RANGES) {
  const family = address.includes(':') ? 'ipv6' : 'ipv4';
  refused[family].addSubnet(address, prefix, family);
}

/** Whether the internet routes an address. Mapped and translated IPv4 addresses are refused with the rest of their ranges. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  const name = family === 4 ? 'ipv4' : 'ipv6';
  return !refused[name].check(address, name);
}

export interface GuardedAgentOptions {
  readonly connectionsMax: number;
  readonly timeoutMs: number;
  readonly answerBytesMax: number;
  /** Development only: plain http and private addresses are called too. */
  readonly allowPrivate: boolean;
  readonly lookup?: LookupFunction;
}

/**
 * Makes an undici dispatcher that checks the address when it connects, so that a DNS answer cannot change between check and use.
 * It follows no redirect. Refusals reject with AddressRefused. The time limit is on each wait; whoever asks bounds the whole.
 */
export function createGuardedAgent(options: GuardedAgentOptions): Dispatcher {
  const { connectionsMax, timeoutMs, answerBytesMax, allowPrivate, lookup = systemLookup as LookupFunction } = options;
  const connect = buildConnector({ timeout: timeoutMs, lookup: allowPrivate ? lookup : guardedLookup(lookup) });
  return new Agent({
    connections: connectionsMax,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: answerBytesMax,
    keepAliveTimeout: 1000,
    keepAliveMaxTimeout: 1000,
    connect: (target, callback) => {
      const hostname = target.hostname.replace(/^\[(.*)\]$/, '$1');
      if (!allowPrivate && target.protocol !== 'https:') {
        callback(new AddressRefused('only https is called'), null);
      } else if (!allowPrivate && isIP(hostname) !== 0 && !isPublicAddress(hostname)) {
        // A literal address is never looked up, so it is judged here.
        callback(new AddressRefused('the address is not public'), null);
      } else {
        connect(target, callback);
      }
    },
  });
}

function guardedLookup(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, options, (error, address, family) => {
      const addresses = typeof address === 'string' ? [address] : (address ?? []).map((entry) => entry.address);
      if (error === null && !addresses.every(isPublicAddress)) {
        callback(new AddressRefused('the name leads to an address that is not public'), []);
        return;
      }
      callback(error, address, family);
    });
  };
}
