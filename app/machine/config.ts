/** Settings of the program by which a machine takes what outlives it: its volume and its address. */

import { z } from 'zod';
import { absolutePath, type Environment, integerFrom, readConfig, text } from '../platform/config.ts';

const HOUR_MS = 3_600_000;

/** A tag of a resource, which a template gives to one resource of its kind in a zone. */
export const tag = text('a tag as KEY=VALUE, each of letters, digits and _.:/@-', (value) =>
  /^[\w.:/@-]{1,128}=[\w.:/@-]{1,256}$/.test(value),
).transform((value) => ({ key: value.slice(0, value.indexOf('=')), value: value.slice(value.indexOf('=') + 1) }));

/** Stricter than platform's: a machine asks AWS about itself, and what else calls itself a region, or a zone, is no place to ask. */
const region = text('an AWS region, for example us-east-1', (value) => /^[a-z]{2}(-[a-z]+)+-\d$/.test(value));

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
