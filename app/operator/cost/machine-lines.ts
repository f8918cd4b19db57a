/** What machines cost: themselves, their disks, their metrics, their public addresses. */

import { type MachineGroup, machinesRunning } from '../machines.ts';
import type { CostLine } from './lines.ts';
import { MACHINES, PRICES } from './prices.ts';

const GROUP_OF_ROLE: Readonly<Record<string, string>> = {
  webhead: 'webheads',
  keysigner: 'keysigners',
  dbwriter: 'dbwriters',
  tokenserver: 'token servers',
  'ring-node': 'ring nodes',
  'log-router': 'log routers',
  generator: 'generators',
  'mail-sink': 'mail sink',
  box: 'the machine',
};

/** Under which head a role's machines and volumes stand. */
export function groupOfRole(role: string): string {
  return GROUP_OF_ROLE[role] ?? role;
}

/** @throws Error that names the type when it has no price. */
export function machineLines(group: MachineGroup): readonly CostLine[] {
  const { role, instanceType, diskGiB, monitored, publicAddress } = group;
  const price = MACHINES[instanceType];
  if (price === undefined) {
    throw new Error(`instance type: got ${instanceType} (${group.id}), allowed: ${Object.keys(MACHINES).join(', ')}`);
  }
  const quantity = machinesRunning(group);
  const head = groupOfRole(role);
  const disks = diskGiB.reduce((sum, gib) => sum + gib, 0);
  return [
    { group: head, what: instanceType, quantity, price },
    { group: head, what: 'disks of machines', quantity: quantity * disks, price: PRICES.gp3 },
    ...(monitored ? [{ group: head, what: 'metrics every minute', quantity, price: PRICES.detailedMonitoring }] : []),
    ...(publicAddress ? [{ group: head, what: 'public address', quantity, price: PRICES.publicAddress }] : []),
  ].filter((line) => line.quantity > 0);
}
