/** What machines call of AWS, by their policies, and by which way. */

import type { Machines } from './machines.ts';
import type { Topology } from './model.ts';
import type { IamRole, Statement } from './roles.ts';
import { keyOf } from './values.ts';

/** Services whose endpoint has another name than their actions. `es` is no endpoint: the search domain has addresses of its own. */
const ENDPOINT_NAMES: Readonly<Record<string, string | undefined>> = { ses: 'email', es: undefined };

/** What AWS's own policies let a machine call as soon as it runs. */
const MANAGED_POLICIES: Readonly<Record<string, readonly string[]>> = {
  'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore': ['ssm', 'ssmmessages', 'ec2messages'],
  'arn:aws:iam::aws:policy/EC2InstanceProfileForImageBuilder': ['imagebuilder', 's3', 'logs', 'kms'],
};

/** The services that a role calls, by the names of their endpoints, in their order. @throws RangeError for an unknown policy of AWS's own. */
export function servicesCalled({ description, statements, managedPolicies }: IamRole): readonly string[] {
  const own = statements
    .filter((statement) => statement.effect === 'Allow' && !isThroughAnotherService(statement))
    .flatMap(({ actions }) => actions.map((action) => action.split(':')[0] ?? ''))
    .flatMap((prefix) => (prefix in ENDPOINT_NAMES ? (ENDPOINT_NAMES[prefix] ?? []) : [prefix]));
  const managed = managedPolicies.flatMap((arn) => {
    const services = MANAGED_POLICIES[arn];
    if (services === undefined)
      throw new RangeError(`${description}: what ${arn} lets a machine call is not known here`);
    return services;
  });
  return [...new Set([...own, ...managed])].sort();
}

/** The IAM role of machines. @throws RangeError where it is none of ours. */
export function roleOf({ roles }: Topology, { key, iamRole }: Machines): IamRole {
  const role = roles.find((one) => iamRole !== undefined && one.key === keyOf(iamRole));
  if (role === undefined) throw new RangeError(`${key} has no role of ours`);
  return role;
}

/** A key is used by EC2 in the machine's name; the machine itself never speaks to KMS. */
function isThroughAnotherService({ conditions }: Statement): boolean {
  return conditions.some(({ key }) => key === 'kms:ViaService');
}
