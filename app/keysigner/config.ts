/** Settings of the keysigner. */

import { z } from 'zod';
import {
  absolutePath,
  type Environment,
  hostname,
  httpUrl,
  integerFrom,
  logLevel,
  oneOf,
  port,
  readConfig,
  regionName,
  secretReference,
} from '../platform/config.ts';

const DAY_MS = 86_400_000;
const KMS_KEYS_MAX = 4;

const kmsKeyIds = z
  .string()
  .transform((text) => text.split(','))
  .refine((ids) => ids.length <= KMS_KEYS_MAX && ids.every((id) => /^[\w/:.-]{1,256}$/.test(id)), {
    error: `up to ${KMS_KEYS_MAX} key ids or ARNs with commas between them, the one that signs first`,
  });

const DOMAIN_ALLOWED =
  'the host of the public URL as a browser writes it, with its port when that is not the default one';

/** Whether the text is a URL's `host`: what certificates name must be what relying services compare it with. */
function isHost(text: string): boolean {
  return ['https', 'http'].some((scheme) => URL.parse(`${scheme}://${text}`)?.host === text);
}

/** Settings of the keysigner. The topology renders the same schema, so a template cannot forget or invent one. */
const KEYSIGNER_SETTINGS = z
  .strictObject({
    KEYSIGNER_LISTEN_HOST: hostname,
    KEYSIGNER_PORT: port.describe('TCP port that the internal load balancer forwards to'),
    KEYSIGNER_URL: httpUrl.describe('how callers reach the keysigners: host and port are under their signature'),
    KEYSIGNER_TLS_CERTIFICATE_FILE: absolutePath.optional(),
    KEYSIGNER_TLS_PRIVATE_KEY_FILE: absolutePath.optional(),
    KEYSIGNER_LOG_LEVEL: logLevel,
    KEYSIGNER_DOMAIN: z.string({ error: DOMAIN_ALLOWED }).max(255).refine(isHost, { error: DOMAIN_ALLOWED }),
    KEYSIGNER_BACKEND: oneOf('memory', 'kms').describe('where the private key lies'),
    KEYSIGNER_KEY_SET_SECRET: secretReference.optional().describe('the key set of the back end memory'),
    KEYSIGNER_KMS_KEY_IDS: kmsKeyIds.optional(),
    KEYSIGNER_KMS_REGION: regionName.optional(),
    KEYSIGNER_WEBHEAD_SECRET: secretReference.describe('shared with the webheads'),
    KEYSIGNER_DURATION_MS_MAX: integerFrom(1, DAY_MS).describe('longest life of a certificate'),
    KEYSIGNER_SIGNATURES_PER_MINUTE_PER_UID: integerFrom(1, 1_000_000),
    KEYSIGNER_SIGNATURES_PER_MINUTE_PER_CALLER: integerFrom(1, 100_000_000),
    KEYSIGNER_SIGNATURES_MAX: integerFrom(1, 10_000).describe('signatures in flight before the answer is 503'),
    KEYSIGNER_DRAIN_MS: integerFrom(0, 20_000).describe('how long callers are told to go elsewhere before a stop'),
  })
  .check(({ value, issues }) => {
    const need = (path: string, message: string) =>
      issues.push({ code: 'custom', input: value, path: [path], message });
    if (value.KEYSIGNER_BACKEND === 'memory') {
      if (value.KEYSIGNER_KEY_SET_SECRET === undefined)
        need('KEYSIGNER_KEY_SET_SECRET', 'is needed by the back end memory');
    } else {
      if (value.KEYSIGNER_KMS_KEY_IDS === undefined) need('KEYSIGNER_KMS_KEY_IDS', 'is needed by the back end kms');
      if (value.KEYSIGNER_KMS_REGION === undefined) need('KEYSIGNER_KMS_REGION', 'is needed by the back end kms');
    }
    if ((value.KEYSIGNER_TLS_CERTIFICATE_FILE === undefined) !== (value.KEYSIGNER_TLS_PRIVATE_KEY_FILE === undefined)) {
      need('KEYSIGNER_TLS_CERTIFICATE_FILE', 'goes with KEYSIGNER_TLS_PRIVATE_KEY_FILE');
    }
  });

export type KeysignerConfig = Readonly<z.infer<typeof KEYSIGNER_SETTINGS>>;

/**
 * Reads a keysigner's settings from variables that begin with KEYSIGNER_.
 * @throws one ConfigError that names every fault.
 */
export function readKeysignerConfig(environment: Environment): KeysignerConfig {
  return readConfig('KEYSIGNER_', KEYSIGNER_SETTINGS, environment);
}
