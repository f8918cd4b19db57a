/** The endpoints by which machines reach AWS without the internet: each names the roles that need it. */

import { idpKeysInKms } from '../../regions/derived.ts';
import type { Environment } from '../../regions/schema.ts';
import type { MachineRole } from '../machine/machine-role.ts';

export interface EndpointRow {
  /** The service as AWS names it in endpoints, for example `secretsmanager`. */
  readonly service: string;
  readonly kind: 'Interface' | 'Gateway';
  readonly roles: readonly MachineRole[];
  readonly why: string;
}

/** Every endpoint that an environment of two regions has, and who needs it. A row that no role uses, or a call without its row, fails the tests. */
export const ENDPOINTS: readonly EndpointRow[] = [
  {
    service: 'secretsmanager',
    kind: 'Interface',
    roles: ['webhead', 'keysigner', 'dbwriter', 'ring-node'],
    why: 'secrets are read at start',
  },
  {
    service: 'ec2',
    kind: 'Interface',
    roles: ['ring-node', 'log-router'],
    why: 'a machine takes its own volume and address',
  },
  {
    service: 'ssm',
    kind: 'Interface',
    roles: ['webhead', 'dbwriter', 'ring-node', 'log-router', 'generator', 'mail-sink'],
    why: 'operators and State Manager',
  },
  {
    service: 'ssmmessages',
    kind: 'Interface',
    roles: ['webhead', 'dbwriter', 'ring-node', 'log-router', 'generator', 'mail-sink'],
    why: "operators' sessions and commands",
  },
  { service: 's3', kind: 'Gateway', roles: ['log-router'], why: 'the long copy of the logs' },
];

const KMS_ROW: EndpointRow = {
  service: 'kms',
  kind: 'Interface',
  roles: ['keysigner'],
  why: 'certificates are signed where the key lies',
};

/** The rows that hold in an environment: one more where the key that signs certificates lies in KMS. */
export function endpointsOf(environment: Environment): readonly EndpointRow[] {
  return idpKeysInKms(environment).length > 0 ? [...ENDPOINTS, KMS_ROW] : ENDPOINTS;
}

/** Whether a role reaches AWS by interface endpoints. */
export function usesInterfaceEndpoints(role: MachineRole): boolean {
  return ENDPOINTS.some(({ kind, roles }) => kind === 'Interface' && roles.includes(role));
}
