/** prod: the whole topology, with data that outlives every machine and every stack. */

import type { z } from 'zod';
import type { environmentSchema } from './schema.ts';

export const prod = {
  name: 'prod',
  account: '333333333333',
  regions: [
    {
      name: 'us-east-1',
      cidr: '10.20.0.0/16',
      zones: [
        { name: 'us-east-1a', id: 'use1-az1', slot: 0 },
        { name: 'us-east-1b', id: 'use1-az2', slot: 1 },
        { name: 'us-east-1c', id: 'use1-az4', slot: 2 },
      ],
      ringNodes: [
        { name: 'ring-1', zone: 'us-east-1a', address: '10.20.40.20', seed: true, image: 'ami-00000000000000e02' },
        { name: 'ring-2', zone: 'us-east-1b', address: '10.20.41.20', seed: true, image: 'ami-00000000000000e02' },
        { name: 'ring-3', zone: 'us-east-1c', address: '10.20.42.20', seed: true, image: 'ami-00000000000000e02' },
      ],
    },
    {
      name: 'us-west-2',
      cidr: '10.21.0.0/16',
      zones: [
        { name: 'us-west-2a', id: 'usw2-az1', slot: 0 },
        { name: 'us-west-2b', id: 'usw2-az2', slot: 1 },
        { name: 'us-west-2c', id: 'usw2-az3', slot: 2 },
      ],
      ringNodes: [
        { name: 'ring-4', zone: 'us-west-2a', address: '10.21.40.20', seed: true, image: 'ami-00000000000000f02' },
        { name: 'ring-5', zone: 'us-west-2b', address: '10.21.41.20', seed: true, image: 'ami-00000000000000f02' },
        { name: 'ring-6', zone: 'us-west-2c', address: '10.21.42.20', seed: true, image: 'ami-00000000000000f02' },
      ],
    },
    {
      name: 'us-east-2',
      cidr: '10.22.0.0/16',
      zones: [{ name: 'us-east-2a', id: 'use2-az1', slot: 0 }],
      ringNodes: [
        { name: 'ring-7', zone: 'us-east-2a', address: '10.22.40.20', seed: false, image: 'ami-00000000000000d02' },
      ],
    },
  ],
  publicZone: { id: 'Z0PROD789ABCDEFGHIJK', name: 'idp.example.org' },
  accountsName: 'accounts.idp.example.org',
  mail: { via: 'ses', sender: 'accounts@idp.example.org' },
  operatorsMailbox: 'operators@example.org',
  budgetDollarsAMonth: 3500,
  images: 'recorded',
  keepsData: true,
  shape: {
    twoRegions: {
      clusters: {
        webhead: { instanceType: 'c7g.large', machinesMin: 3, machinesMax: 9 },
        keysigner: { instanceType: 'c7g.medium', machinesMin: 3, machinesMax: 6 },
        dbwriter: { instanceType: 'c7g.medium', machinesMin: 3, machinesMax: 6 },
      },
      logRouters: { instanceType: 't4g.small', machines: 2 },
      ring: { instanceType: 'm7g.xlarge', volumeGiB: 200, replicationFactor: 3 },
      witness: { region: 'us-east-2', instanceType: 'r7g.large', volumeGiB: 50 },
      natGateways: 'one-a-zone',
      endpointZones: 'all',
      search: { instanceType: 't3.medium.search', machines: 2, volumeGiB: 100, daysKept: 14 },
      requestsPerAddressMax: 2000,
    },
  },
} as const satisfies z.input<typeof environmentSchema>;
