/** The network plan: nothing overlaps, and nothing ever moves. */

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  balancerAddress,
  balancersCidr,
  isInSubnet,
  isReserved,
  isRingNodeAddress,
  ringNodesCidr,
  type SubnetKind,
  subnetCidr,
} from '../../regions/network-plan.ts';

/** Written out, for the addresses of machines that run depend on it: a line that changes here moves a subnet there. */
const FIRST_SUBNETS: Readonly<Record<SubnetKind, string>> = {
  public: '10.20.0.0/24',
  webhead: '10.20.8.0/24',
  keysigner: '10.20.16.0/24',
  dbwriter: '10.20.24.0/24',
  tokenserver: '10.20.32.0/24',
  ring: '10.20.40.0/24',
  logRouter: '10.20.48.0/24',
  search: '10.20.56.0/24',
  endpoint: '10.20.64.0/24',
  imageBuilder: '10.20.72.0/24',
  generator: '10.20.80.0/24',
  box: '10.20.88.0/24',
};
const KINDS = Object.keys(FIRST_SUBNETS) as readonly SubnetKind[];
const SLOTS = [0, 1, 2, 3, 4, 5, 6, 7];
const KIND = fc.constantFrom(...KINDS);
const SLOT = fc.constantFrom(...SLOTS);
const REGION = fc.nat(255).map((second) => `10.${second}.0.0/16`);

describe('subnets', () => {
  test.each(KINDS)('the first subnet for %s stands where it always stood', (kind) => {
    expect(subnetCidr('10.20.0.0/16', { kind, slot: 0 })).toBe(FIRST_SUBNETS[kind]);
  });

  test('the last zone slot of a kind ends before the next kind begins', () => {
    expect(subnetCidr('10.21.0.0/16', { kind: 'ring', slot: 7 })).toBe('10.21.47.0/24');
    expect(subnetCidr('10.21.0.0/16', { kind: 'logRouter', slot: 0 })).toBe('10.21.48.0/24');
  });

  test('of all kinds and zones never overlap, and all lie in their region', () =>
    fc.assert(
      fc.property(REGION, (cidr) => {
        const subnets = KINDS.flatMap((kind) => SLOTS.map((slot) => subnetCidr(cidr, { kind, slot })));
        // Each is a /24, so two overlap only when they are the same.
        expect(new Set(subnets).size).toBe(KINDS.length * SLOTS.length);
        const prefix = cidr.replace('0.0/16', '');
        expect(subnets.filter((subnet) => !(subnet.startsWith(prefix) && isWhole24(subnet)))).toEqual([]);
      }),
    ));

  test('stay where they are when kinds or zones are added', () =>
    fc.assert(
      fc.property(
        REGION,
        fc.uniqueArray(KIND),
        fc.uniqueArray(SLOT),
        KIND,
        SLOT,
        (cidr, kinds, slots, newKind, newSlot) => {
          const before = plan(cidr, kinds, slots);
          const after = plan(cidr, [newKind, ...kinds], [newSlot, ...slots]);
          expect([...before].filter(([place, subnet]) => after.get(place) !== subnet)).toEqual([]);
        },
      ),
    ));

  test.each([-1, 8, 1.5, Number.NaN])('slot %p is refused', (slot) => {
    expect(() => subnetCidr('10.20.0.0/16', { kind: 'ring', slot })).toThrow(
      new RangeError(`zone slot must be from 0 to 7, got ${slot}`),
    );
  });
});

describe('addresses of a ring subnet', () => {
  const subnet = '10.20.41.0/24';

  test('the sixteen for ring nodes are one /28, without those of AWS and without that of the balancer', () => {
    const hosts = Array.from({ length: 256 }, (_, host) => `10.20.41.${host}`);
    const forNodes = hosts.filter(isRingNodeAddress);
    expect(ringNodesCidr(subnet)).toBe('10.20.41.16/28');
    expect([forNodes[0], forNodes.at(-1), forNodes.length]).toEqual(['10.20.41.16', '10.20.41.31', 16]);
    expect(hosts.filter(isReserved)).toEqual(['10.20.41.0', '10.20.41.1', '10.20.41.2', '10.20.41.3', '10.20.41.255']);
    expect(balancersCidr(subnet)).toBe('10.20.41.8/29'); // that is, .8 to .15
    expect(balancerAddress(subnet)).toBe('10.20.41.10');
    expect(forNodes.filter(isReserved)).toEqual([]);
    expect(forNodes).not.toContain(balancerAddress(subnet));
  });

  test('an address of the next subnet is outside', () => {
    expect(isInSubnet('10.20.41.255', subnet)).toBe(true);
    expect(isInSubnet('10.20.42.0', subnet)).toBe(false);
    expect(isInSubnet('10.21.41.20', subnet)).toBe(false);
  });
});

function isWhole24(cidr: string): boolean {
  const [third = '', last] = cidr.split('.').slice(2);
  return Number(third) <= 255 && last === '0/24';
}

function plan(cidr: string, kinds: readonly SubnetKind[], slots: readonly number[]): ReadonlyMap<string, string> {
  return new Map(kinds.flatMap((kind) => slots.map((slot) => [`${kind} ${slot}`, subnetCidr(cidr, { kind, slot })])));
}
