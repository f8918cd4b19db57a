/** Routes without an account. */

import { z } from 'zod';
import { defineRoute, type Route } from '../route.ts';
import type { WebheadService } from '../service.ts';

const RANDOM_BYTES = 32;

export function miscRoutes({ random }: WebheadService): readonly Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/get_random_bytes',
      summary: 'Random bytes for clients whose own source is poor.',
      authentication: 'none',
      answer: z.object({ data: z.string() }),
      errors: [],
      handle: async () => ({ data: random(RANDOM_BYTES).toString('hex') }),
    }),
  ];
}
