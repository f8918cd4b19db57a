/** Keysigners: they alone sign certificates, with a key that they hold or that KMS does, and reach nothing else of AWS but their secrets. */

import { readKeysignerConfig } from '../../app/keysigner/config.ts';
import { idpKeysInKms, twoRegionsOf } from '../../regions/derived.ts';
import type { Environment, Region } from '../../regions/schema.ts';
import type { ClusterPlan } from '../cluster/cluster.ts';
import { textSettings } from '../machine/user-data.ts';
import { idpKeyAlias, internalName, secretReference } from '../names.ts';
import { DAY_MS, listenSettings } from './machine-settings.ts';
import { readsSecrets } from './reads-secrets.ts';
import { signsInKms } from './signs-in-kms.ts';

/** @throws ConfigError that names each setting that a keysigner would refuse. */
export function keysignerPlan(environment: Environment, region: Region): ClusterPlan {
  const name = internalName(environment, 'keysigner');
  const inKms = idpKeysInKms(environment).length > 0;
  const settings = textSettings({
    ...listenSettings('KEYSIGNER'),
    KEYSIGNER_URL: `https://${name}`,
    KEYSIGNER_DOMAIN: environment.accountsName,
    ...keySettings(environment, region),
    KEYSIGNER_WEBHEAD_SECRET: secretReference(environment, 'webhead-keysigner'),
    KEYSIGNER_DURATION_MS_MAX: DAY_MS,
    KEYSIGNER_SIGNATURES_PER_MINUTE_PER_UID: 120,
    KEYSIGNER_SIGNATURES_PER_MINUTE_PER_CALLER: 60_000,
    KEYSIGNER_SIGNATURES_MAX: 256,
  });
  readKeysignerConfig(settings);
  return {
    role: 'keysigner',
    subnets: 'keysigner',
    settings,
    statements: [
      readsSecrets(environment, region, inKms ? ['webhead-keysigner'] : ['idp-key-set', 'webhead-keysigner']),
      ...signsInKms(environment, region),
    ],
    // Who can open a session on this machine can carry the key away.
    sessions: false,
    exposure: 'internal',
    domainNames: [name],
    scalesWithLoad: false,
  };
}

/** Where a keysigner finds the key. */
function keySettings(environment: Environment, region: Region): Record<string, string> {
  const { idpKeysInKms: kms } = twoRegionsOf(environment);
  if (kms === undefined) {
    return {
      KEYSIGNER_BACKEND: 'memory',
      KEYSIGNER_KEY_SET_SECRET: secretReference(environment, 'idp-key-set'),
    };
  }
  return {
    KEYSIGNER_BACKEND: 'kms',
    KEYSIGNER_KMS_KEY_IDS: kms.published.map((key) => idpKeyAlias(environment, key)).join(','),
    KEYSIGNER_KMS_REGION: region.name,
  };
}
