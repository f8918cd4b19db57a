/** Settings of a ring node: its place in the ring, which it keeps for life, and where its own things are found. */

import { z } from 'zod';
import { tag } from '../machine/config.ts';
import {
  absolutePath,
  addresses,
  type Environment,
  fixedPort,
  integerFrom,
  ipv4,
  oneOf,
  readConfig,
  regionName,
  secretReference,
  text,
} from '../platform/config.ts';

const SEEDS_MAX = 12;

/** Settings of a ring node. The topology renders the same schema, so a template cannot forget or invent one. */
const RING_NODE_SETTINGS = z
  .strictObject({
    RING_NODE_NAME: text('ring-1, ring-2 and so on', (value) => /^ring-[1-9]\d?$/.test(value)),
    RING_NODE_ADDRESS: ipv4.describe('where it is reached, on an interface that outlives its machine'),
    RING_NODE_INTERFACE_TAG: tag.describe('which network interface is this node’s: the one with this tag'),
    RING_NODE_CLUSTER: text('1 to 48 letters, digits and hyphens', (value) => /^[\w-]{1,48}$/.test(value)).describe(
      "the ring's name: a node of another ring is refused",
    ),
    RING_NODE_DATA_CENTRE: regionName.describe("the region's name, for life"),
    RING_NODE_RACK: text('a zone id, for example use1-az1', (value) => /^[a-z0-9-]{1,32}$/.test(value)).describe(
      'the id of its zone, for life: zone names differ between accounts',
    ),
    RING_NODE_SEEDS: addresses(SEEDS_MAX).describe(
      'whom nodes ask for the ring when they start: the same list on every node',
    ),
    RING_NODE_REPLICATION_FACTOR: integerFrom(1, 5).describe('replicas of each row in this data centre'),
    RING_NODE_HOLDS: oneOf('everything', 'claims').describe(
      "which rows this data centre has: a witness's has claims only",
    ),
    RING_NODE_DATA_FOLDER: absolutePath.describe('where its volume is mounted'),
    RING_NODE_CQL_PORT: fixedPort.describe('where clients reach it, over TLS'),
    RING_NODE_STORAGE_PORT: fixedPort.describe('where other ring nodes reach it, over TLS'),
    RING_NODE_HEALTH_PORT: fixedPort.describe('where it says whether it is well'),
    RING_NODE_SECRET: secretReference.describe("the node's certificates and keys"),
  })
  .check(({ value, issues }) => {
    const ports = ['RING_NODE_CQL_PORT', 'RING_NODE_STORAGE_PORT', 'RING_NODE_HEALTH_PORT'] as const;
    for (const [index, name] of ports.entries()) {
      const before = ports.slice(0, index).find((other) => value[other] === value[name]);
      if (before === undefined) continue;
      issues.push({ code: 'custom', input: value, path: [name], message: `a port other than ${before}` });
    }
  });

export type RingNodeConfig = Readonly<z.infer<typeof RING_NODE_SETTINGS>>;

/**
 * Reads a ring node's settings from variables that begin with RING_NODE_.
 * @throws one ConfigError that names every fault.
 */
export function readRingNodeConfig(environment: Environment): RingNodeConfig {
  return readConfig('RING_NODE_', RING_NODE_SETTINGS, environment);
}
