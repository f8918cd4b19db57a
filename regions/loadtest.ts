/** loadtest: the whole topology at the smallest size that keeps three racks, for as long as a load test takes. */

import type { z } from 'zod';
import type { environmentSchema } from './schema.ts';

export const loadtest = {
  name: 'loadtest',
  account: '222222222222',
  regions: [
    {
      name: 'us-east-1',
      cidr: '10.40.0.0/16',
      zones: [
        { name: 'us-east-1a', id: 'use1-az1', slot: 0 },
        { name: 'us-east-1b', id: 'use1-az2', slot: 1 },
        { name: 'us-east-1c', id: 'use1-az4', slot: 2 },
      ],
      ringNodes: [
        { name: 'ring-1', zone: 'us-east-1a', address: '10.40.40.20', seed: true },
        { name: 'ring-2', zone: 'us-east-1b', address: '10.40.41.20', seed: true },
        { name: 'ring-3', zone: 'us-east-1c', address: '10.40.42.20', seed: true },
      ],
    },
    {
      name: 'us-west-2',
      cidr: '10.41.0.0/16',
      zones: [
        { name: 'us-west-2a', id: 'usw2-az1', slot: 0 },
        { name: 'us-west-2b', id: 'usw2-az2', slot: 1 },
        { name: 'us-west-2c', id: 'usw2-az3', slot: 2 },
      ],
      ringNodes: [
        { name: 'ring-4', zone: 'us-west-2a', address: '10.41.40.20', seed: true },
        { name: 'ring-5', zone: 'us-west-2b', address: '10.41.41.20', seed: true },
        { name: 'ring-6', zone: 'us-west-2c', address: '10.41.42.20', seed: true },
      ],
    },
  ],
  publicZone: { id: 'Z0LOAD789ABCDEFGHIJK', name: 'loadtest.idp.example.org' },
  accountsName: 'accounts.loadtest.idp.example.org',
  mail: { via: 'sink' },
  operatorsMailbox: 'operators@example.org',
  budgetDollarsAMonth: 400,
  images: 'built',
  keepsData: false,
  lifetime: { deletedAtHour: 3 },
  shape: {
    twoRegions: {
      clusters: {
        webhead: { instanceType: 't4g.small', machinesMin: 2, machinesMax: 6 },
        keysigner: { instanceType: 't4g.small', machinesMin: 2, machinesMax: 4 },
        dbwriter: { instanceType: 't4g.small', machinesMin: 2, machinesMax: 4 },
      },
      logRouters: { instanceType: 't4g.small', machines: 2 },
      ring: { instanceType: 'r7g.large', volumeGiB: 50, replicationFactor: 3 },
      witness: {
        none: 'A load test ends with its regions, and losing one of them is tested on the ring of the tests.',
      },
      natGateways: 'one',
      endpointZones: 'one',
      search: { instanceType: 't3.small.search', machines: 1, volumeGiB: 50, daysKept: 3 },
      generators: { instanceType: 'c7g.large', machinesMax: 5 },
      requestsPerAddressMax: 2000,
    },
  },
} as const satisfies z.input<typeof environmentSchema>;
