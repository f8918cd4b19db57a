/** `verify`: whether the images that are recorded are what the record says, asked of EC2 in every region. */

import type { EC2Client } from '@aws-sdk/client-ec2';
import { IMAGE_KINDS } from '../../regions/derived.ts';
import type { RecordedImages } from '../../regions/schema.ts';
import { amiFaults, describeAmi } from './amis.ts';

export interface VerifiedImage {
  /** Where it stands in the record, for example `service[0].amis.us-east-1`. */
  readonly path: string;
  readonly ami: string;
  readonly faults: readonly string[];
}

/** Compares each recorded image with its owner, state and tags. Throws what EC2 throws. */
export async function verifyImages(
  recorded: RecordedImages,
  ec2Of: (region: string) => EC2Client,
): Promise<readonly VerifiedImage[]> {
  const entries = IMAGE_KINDS.flatMap((kind) =>
    recorded[kind].flatMap(({ contentHash, owner, amis }, index) =>
      Object.entries(amis).map(([region, ami]) => ({ kind, contentHash, owner, region, ami, index })),
    ),
  );
  return Promise.all(
    entries.map(async ({ kind, contentHash, owner, region, ami, index }) => ({
      path: `${kind}[${index}].amis.${region}`,
      ami,
      faults: amiFaults(await describeAmi(ec2Of(region), ami), { kind, contentHash, owner }),
    })),
  );
}
