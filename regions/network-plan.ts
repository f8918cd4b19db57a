/** The network plan, by arithmetic alone: where each kind of subnet lies in each zone, for ever. */

/**
 * Places in the plan. A region is a /16; each kind of subnet owns eight /24 of it, one for each zone slot. A subnet's address depends on its
 * own kind and slot only, so it never moves when a kind or a zone is added. Never renumbered; a place
 * that is given up stays empty.
 */
const SUBNET_PLACES = {
  public: 0,
  webhead: 1,
  keysigner: 2,
  dbwriter: 3,
  tokenserver: 4,
  ring: 5,
  logRouter: 6,
  search: 7,
  endpoint: 8,
  imageBuilder: 9,
  generator: 10,
  box: 11,
} as const;

export type SubnetKind = keyof typeof SUBNET_PLACES;

const ZONE_SLOTS = 8;
/** AWS keeps the first four addresses of a subnet, and the last one. */
const RESERVED_FIRST = 4;
const LAST_OCTET = 255;
/** Balancers with addresses of their own stand here in each of their subnets, within a /29 that nothing else is given. */
const BALANCER_HOST = 10;
const BALANCERS_FIRST = 8;
const BALANCERS_PREFIX = 29;
/** Ring nodes stand in the sixteen addresses from here, a /28 of each ring subnet that nothing else is given. */
const RING_NODES_FIRST = 16;
const RING_NODES_COUNT = 16;
const RING_NODES_PREFIX = 28;

/**
 * The subnet of a kind in a zone slot, for example `10.20.40.0/24`.
 * @throws RangeError when the slot is no whole number from 0 to 7.
 */
export function subnetCidr(regionCidr: string, { kind, slot }: { kind: SubnetKind; slot: number }): string {
  if (!isZoneSlot(slot)) throw new RangeError(`zone slot must be from 0 to ${ZONE_SLOTS - 1}, got ${slot}`);
  const [first, second] = regionCidr.split('.');
  return `${first}.${second}.${SUBNET_PLACES[kind] * ZONE_SLOTS + slot}.0/24`;
}

/** Whether a number is the slot of a zone. */
export function isZoneSlot(slot: number): boolean {
  return Number.isInteger(slot) && slot >= 0 && slot < ZONE_SLOTS;
}

/** The address at which a balancer with literal addresses stands in its /24. */
export function balancerAddress(cidr: string): string {
  return cidr.replace(/\d+\/24$/, String(BALANCER_HOST));
}

/** The part of a /24 that is kept for balancers with literal addresses, for example `10.20.40.8/29`. */
export function balancersCidr(cidr: string): string {
  return cidr.replace(/\d+\/24$/, `${BALANCERS_FIRST}/${BALANCERS_PREFIX}`);
}

/** The part of a ring subnet, a /24, that is kept for ring nodes, for example `10.20.40.16/28`. */
export function ringNodesCidr(cidr: string): string {
  return cidr.replace(/\d+\/24$/, `${RING_NODES_FIRST}/${RING_NODES_PREFIX}`);
}

/** Whether an address is among those that its /24 keeps for ring nodes. */
export function isRingNodeAddress(address: string): boolean {
  const host = hostOf(address);
  return host >= RING_NODES_FIRST && host < RING_NODES_FIRST + RING_NODES_COUNT;
}

/** Whether an address lies in a /24. */
export function isInSubnet(address: string, cidr: string): boolean {
  return address.slice(0, address.lastIndexOf('.')) === cidr.slice(0, cidr.lastIndexOf('.'));
}

/** Whether AWS keeps an address of a /24 for itself. */
export function isReserved(address: string): boolean {
  const host = hostOf(address);
  return host < RESERVED_FIRST || host === LAST_OCTET;
}

function hostOf(address: string): number {
  return Number(address.slice(address.lastIndexOf('.') + 1));
}
