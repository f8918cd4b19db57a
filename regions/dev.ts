/** dev: one machine with every process on it. */

import type { z } from 'zod';
import type { environmentSchema } from './schema.ts';

export const dev = {
  name: 'dev',
  account: '111111111111',
  regions: [
    {
      name: 'us-east-1',
      cidr: '10.30.0.0/16',
      zones: [{ name: 'us-east-1a', id: 'use1-az1', slot: 0 }],
      ringNodes: [],
    },
  ],
  publicZone: { id: 'Z0DEV6789ABCDEFGHIJK', name: 'dev.idp.example.org' },
  accountsName: 'accounts.dev.idp.example.org',
  mail: { via: 'ses', sender: 'accounts@dev.idp.example.org' },
  operatorsMailbox: 'operators@example.org',
  budgetDollarsAMonth: 30,
  images: 'built',
  keepsData: false,
  shape: { oneMachine: { instanceType: 't4g.small', volumeGiB: 10 } },
} as const satisfies z.input<typeof environmentSchema>;
