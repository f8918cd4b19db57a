/** What a security group lets through, in lines that a test can write out. */

import type { Topology } from '../../../tools/topology/model.ts';
import type { Rule } from '../../../tools/topology/security-groups.ts';

/**
 * The rules of a group, one line each, in their order as text: `in PORT from SOURCE` or `out PORT to DESTINATION`.
 * A group of the same stack is named by its bearer, another one by stack and bearer.
 * @throws RangeError where a stack has not exactly one group of that bearer.
 */
export function rulesOf({ groups }: Topology, stackName: string, bearer: string): readonly string[] {
  const [group, ...others] = groups.filter(({ stack, name }) => stack.name === stackName && name === bearer);
  if (group === undefined || others.length > 0) throw new RangeError(`${stackName} must have one group of ${bearer}`);
  const peerOf = ({ peer }: Rule) => {
    if ('cidr' in peer) return peer.cidr;
    if ('prefixList' in peer) return peer.prefixList;
    const found = groups.find(({ key }) => key === peer.group);
    return found?.stack.name === stackName ? found.name : `${found?.stack.name} ${found?.name}`;
  };
  return group.rules
    .map((rule) => {
      const { way, protocol, fromPort, toPort } = rule;
      const port = protocol === 'tcp' && fromPort === toPort ? fromPort : `${protocol} ${fromPort}-${toPort}`;
      return `${way} ${port} ${way === 'in' ? 'from' : 'to'} ${peerOf(rule)}`;
    })
    .sort();
}
