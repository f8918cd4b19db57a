/** Settings of the program by which a machine takes what outlives it: its volume and its address. */

import { z } from 'zod';
import { absolutePath, type Environment, integerFrom, readConfig } from '../platform/config.ts';

const HOUR_MS = 3_600_000;

const TAG_ALLOWED = 'a tag as KEY=VALUE, each of letters, digits and _.:/@-';
/** A tag of a resource, which a template gives to one resource of its kind in a zone. */
export const tag = z
  .string({ error: TAG_ALLOWED })
  .regex(/^[\w.:/@-]{1,128}=[\w.:/@-]{1,256}$/, { error: TAG_ALLOWED })
  .transform((text) => ({ key: text.slice(0, text.indexOf('=')), value: text.slice(text.indexOf('=') + 1) }));

const REGION_ALLOWED = 'an AWS region, for example us-east-1';
const region = z.string({ error: REGION_ALLOWED }).regex(/^[a-z]{2}(-[a-z]+)+-\d$/, { error: REGION_ALLOWED });

/** Settings of `machine.js attach`. The topology renders the same schema. */
const ATTACH_SETTINGS = z.strictObject({
  ATTACH_REGION: region,
  ATTACH_VOLUME_TAG: tag.describe('which volume the machine takes: the one with this tag in its zone'),
  ATTACH_MOUNT_POINT: absolutePath.describe('where the file system of the volume is mounted'),
  ATTACH_ADDRESS_ALLOCATION_TAG: tag.optional().describe('which elastic address the machine takes; none when not set'),
  ATTACH_WAIT_MS_MAX: integerFrom(1, HOUR_MS).describe(
    'how long all waits may take together: for the machine before to let the volume go, and for the device to appear',
  ),
});

export type AttachConfig = Readonly<z.infer<typeof ATTACH_SETTINGS>>;

/**
 * Reads what a machine attaches from variables that begin with ATTACH_.
 * @throws one ConfigError that names every fault.
 */
export function readAttachConfig(environment: Environment): AttachConfig {
  return readConfig('ATTACH_', ATTACH_SETTINGS, environment);
}
