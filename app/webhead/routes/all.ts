/** Every route of the JSON API. */

import type { Route } from '../route.ts';
import type { WebheadService } from '../service.ts';
import { accountRoutes } from './account.ts';
import { accountLockRoutes } from './account-lock.ts';
import { deviceRoutes } from './devices.ts';
import { miscRoutes } from './misc.ts';
import { passwordRoutes } from './password.ts';
import { recoveryEmailRoutes } from './recovery-email.ts';
import { sessionRoutes } from './session.ts';

export function allRoutes(service: WebheadService): readonly Route[] {
  return [
    ...accountRoutes(service),
    ...accountLockRoutes(service),
    ...sessionRoutes(service),
    ...recoveryEmailRoutes(service),
    ...passwordRoutes(service),
    ...deviceRoutes(service),
    ...miscRoutes(service),
  ];
}
