/** Names by which images, pipelines and tools know each other. */

import type { ImageKind } from '../../regions/derived.ts';
import type { MachineImage } from './machine-image.ts';

/** Whose the images are that a release step bakes: of no environment. */
export const RELEASE_OWNER = 'release';

/** On images: whose and of which kind, for example `release-service`. */
export const IMAGE_TAG = 'picl-idp:image';
/** On images and on pipelines: the content hash, 64 hexadecimal digits. */
export const CONTENT_HASH_TAG = 'picl-idp:content-hash';

/** Both are required by Image Builder on the machine that bakes; without them a build ends at its time limit, without a reason. */
export const INSTANCE_PROFILE_POLICIES = [
  'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore',
  'arn:aws:iam::aws:policy/EC2InstanceProfileForImageBuilder',
] as const;

/** Ids of the constructs that make images: another one makes an image anew. */
export const IMAGE_IDS: Readonly<Record<ImageKind, string>> = { service: 'Service', ring: 'Ring' };

/** Of a pipeline, and the beginning of every other name of its parts. */
export function pipelineName(owner: string, kind: ImageKind): string {
  return `picl-idp-${owner}-${kind}`;
}

/** The literal ARN of the pipeline that bakes a kind of image for releases. */
export function releasePipelineArn({
  account,
  region,
  kind,
}: {
  readonly account: string;
  readonly region: string;
  readonly kind: ImageKind;
}): string {
  return `arn:aws:imagebuilder:${region}:${account}:image-pipeline/${pipelineName(RELEASE_OWNER, kind)}`;
}

/** What an image, and what makes it, says of itself. */
export function imageTags(owner: string, { kind, contentHash }: Pick<MachineImage, 'kind' | 'contentHash'>) {
  return { [IMAGE_TAG]: `${owner}-${kind}`, [CONTENT_HASH_TAG]: contentHash };
}
