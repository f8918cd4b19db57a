/** The whole topology of an environment, read from its templates: what tests ask and documents show. */

import type { AssembledStack } from '../../app/operator/assembly.ts';
import { type Balancers, readBalancers } from './balancers.ts';
import { type Flow, readFlows } from './flows.ts';
import { type Machines, readMachines } from './machines.ts';
import { type Networks, readNetworks } from './network.ts';
import { type IamRole, readRoles } from './roles.ts';
import { readSecurityGroups, type SecurityGroup } from './security-groups.ts';
import { createValues, type Values } from './values.ts';

export interface Topology extends Balancers {
  readonly stacks: readonly AssembledStack[];
  readonly values: Values;
  readonly networks: Networks;
  readonly machines: readonly Machines[];
  readonly groups: readonly SecurityGroup[];
  readonly flows: readonly Flow[];
  readonly roles: readonly IamRole[];
}

/**
 * @param stacks of one environment, or of releases: references lead nowhere else.
 * @throws RangeError for whatever refers to what is not there, or is written in a way that this model does not know.
 */
export function readTopology(stacks: readonly AssembledStack[]): Topology {
  const values = createValues(stacks);
  const networks = readNetworks(stacks, values);
  const machines = readMachines(stacks, values, networks);
  const groups = readSecurityGroups(stacks, values, { networks, machines });
  return {
    stacks,
    values,
    networks,
    machines,
    groups,
    flows: readFlows(groups, networks),
    roles: readRoles(stacks, values),
    ...readBalancers(stacks, values, { networks, machines }),
  };
}
