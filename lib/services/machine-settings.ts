/** What the settings of several roles have in common. */

import type { Environment, Region } from '../../regions/schema.ts';
import { secretReference } from '../names.ts';
import { CQL_PORT, MACHINES_PORT } from '../ports.ts';

export const DAY_MS = 86_400_000;
/** A session that nobody used for so long is dead. */
export const SESSION_IDLE_MS = 28 * DAY_MS;
/** How long a machine that leaves still tells its balancer so, before it closes. */
const DRAIN_MS = 2000;

/** Where a service listens, and the certificate that its machine made at boot. */
export function listenSettings(role: string): Record<string, string | number> {
  return {
    [`${role}_LISTEN_HOST`]: '0.0.0.0',
    [`${role}_PORT`]: MACHINES_PORT,
    [`${role}_TLS_CERTIFICATE_FILE`]: '/run/picl-idp/tls/certificate.pem',
    [`${role}_TLS_PRIVATE_KEY_FILE`]: '/run/picl-idp/tls/private-key.pem',
    [`${role}_LOG_LEVEL`]: 'info',
    [`${role}_DRAIN_MS`]: DRAIN_MS,
  };
}

/** How a role finds the ring nodes of its region, with the rights of its own login. */
export function ringSettings(
  role: 'WEBHEAD' | 'DBWRITER',
  environment: Environment,
  region: Region,
): Record<string, string | number> {
  const login = role === 'WEBHEAD' ? 'ring-role/webhead' : 'ring-role/dbwriter';
  return {
    [`${role}_STORE`]: 'cassandra',
    // A driver dials every node itself: a balancer in that path would hide which one it speaks to.
    [`${role}_CASSANDRA_CONTACT_POINTS`]: region.ringNodes.map(({ address }) => address).join(','),
    [`${role}_CASSANDRA_PORT`]: CQL_PORT,
    [`${role}_CASSANDRA_DATA_CENTRE`]: region.name,
    [`${role}_CASSANDRA_ROLE_SECRET`]: secretReference(environment, login),
    [`${role}_CASSANDRA_REQUESTS_MAX`]: 1024,
    [`${role}_CASSANDRA_REQUEST_MS_MAX`]: 2000,
  };
}
