/** Webheads: the public face of the accounts service. They read the store and write through dbwriters only. */

import { readWebheadConfig } from '../../app/webhead/config.ts';
import { instanceTypeFacts } from '../../regions/aws-facts.ts';
import { twoRegionsOf } from '../../regions/derived.ts';
import type { Environment, Region } from '../../regions/schema.ts';
import type { ClusterPlan } from '../cluster/cluster.ts';
import { textSettings } from '../machine/user-data.ts';
import { accountsUrl, internalName, regionalAccountsName, secretReference } from '../names.ts';
import { listenSettings, ringSettings, SESSION_IDLE_MS } from './machine-settings.ts';
import { readsSecrets } from './reads-secrets.ts';

const HOUR_MS = 3_600_000;

/** @throws ConfigError that names each setting that a webhead would refuse. */
export function webheadPlan(environment: Environment, region: Region): ClusterPlan {
  const url = accountsUrl(environment);
  const { vcpus: processors } = instanceTypeFacts(twoRegionsOf(environment).clusters.webhead.instanceType);
  const settings = textSettings({
    WEBHEAD_ENVIRONMENT: 'production',
    ...listenSettings('WEBHEAD'),
    WEBHEAD_PROCESSES: processors,
    WEBHEAD_PUBLIC_URL: url,
    WEBHEAD_CONTENT_URL: `${url}/pages`,
    WEBHEAD_PAGES_FOLDER: '/opt/picl-idp/release/pages',
    ...ringSettings('WEBHEAD', environment, region),
    WEBHEAD_DBWRITER_URL: `https://${internalName(environment, 'dbwriter')}`,
    WEBHEAD_DBWRITER_SECRET: secretReference(environment, 'webhead-dbwriter'),
    WEBHEAD_KEYSIGNER_URL: `https://${internalName(environment, 'keysigner')}`,
    WEBHEAD_KEYSIGNER_SECRET: secretReference(environment, 'webhead-keysigner'),
    WEBHEAD_CALLS_MAX: 256,
    // Above the 2 s after which a dbwriter gives the ring up, so that its answer arrives.
    WEBHEAD_CALL_MS_MAX: 2500,
    WEBHEAD_VERIFIER_VERSION: 2,
    WEBHEAD_STRETCHER_THREADS: processors,
    WEBHEAD_STRETCHER_WAITING_MAX: 100,
    WEBHEAD_STRETCHER_WAIT_MS_MAX: 15_000,
    WEBHEAD_LIMITS: true,
    // One balancer stands in front.
    WEBHEAD_CLIENT_ADDRESS_DEPTH: 1,
    WEBHEAD_CORS_ORIGIN: '*',
    WEBHEAD_REDIRECT_DOMAIN: environment.publicZone.name,
    WEBHEAD_SESSION_IDLE_MS: SESSION_IDLE_MS,
    WEBHEAD_SESSION_TOUCH_AFTER_MS: HOUR_MS,
  });
  readWebheadConfig(settings);
  return {
    role: 'webhead',
    subnets: 'webhead',
    settings,
    statements: [readsSecrets(environment, region, ['webhead-dbwriter', 'webhead-keysigner', 'ring-role/webhead'])],
    sessions: true,
    exposure: 'public',
    domainNames: [environment.accountsName, regionalAccountsName(environment, region)],
    scalesWithLoad: true,
  };
}
