/** `bake`: runs the pipelines of the release stacks and finds what they made. Begun again, it bakes only what is missing. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { EC2Client } from '@aws-sdk/client-ec2';
import {
  GetImageCommand,
  GetImagePipelineCommand,
  type ImagebuilderClient,
  StartImagePipelineExecutionCommand,
} from '@aws-sdk/client-imagebuilder';
import { CONTENT_HASH_TAG, releasePipelineArn } from '../../lib/image/image-names.ts';
import type { BakePlace, ImageKind } from '../../regions/derived.ts';
import { findBakedAmi, type ImageContent } from './amis.ts';

/** Baking, testing and distributing take some half an hour together; what takes so long is stuck. */
const BAKE_MS_MAX = 2 * 3_600_000;
/** States in which an image stays. */
const ENDED = ['AVAILABLE', 'FAILED', 'CANCELLED', 'DEPRECATED', 'DELETED', 'DISABLED'];

export interface BakeParts {
  readonly ec2Of: (region: string) => EC2Client;
  readonly imageBuilderOf: (region: string) => ImagebuilderClient;
  /** Between two looks at a bake. Milliseconds. */
  readonly pollMs: number;
  readonly tell: (line: string) => void;
}

export interface BakeOptions {
  /** Where to bake, and which kinds. */
  readonly places: readonly BakePlace[];
  readonly contentHashes: Readonly<Record<ImageKind, string>>;
}

/**
 * Bakes every image that is not there yet, all at once, and waits for them.
 * @returns what went wrong, as sentences that begin with region and kind; none when every image is there.
 */
export async function bakeImages(parts: BakeParts, { places, contentHashes }: BakeOptions): Promise<string[]> {
  const jobs = places.flatMap(({ account, region, kinds }) =>
    kinds.map((kind) => ({ account, region, kind, contentHash: contentHashes[kind] })),
  );
  const ended = await Promise.allSettled(jobs.map((job) => bakeImage(parts, job)));
  return ended.flatMap((end, index) => {
    const { region, kind } = jobs[index] ?? { region: '', kind: '' };
    return end.status === 'fulfilled' ? [] : [`${region} ${kind}: ${end.reason?.message ?? end.reason}`];
  });
}

export interface BakedAmis {
  /** Image ids by region. */
  readonly amis: Readonly<Record<string, string>>;
  /** Regions where that kind is baked, and where no such image is. */
  readonly missing: readonly string[];
}

/** The images of a content that stand where releases bake. */
export async function bakedAmis(
  { ec2Of }: Pick<BakeParts, 'ec2Of'>,
  places: readonly BakePlace[],
  content: ImageContent,
): Promise<BakedAmis> {
  const regions = places.filter(({ kinds }) => kinds.includes(content.kind)).map(({ region }) => region);
  const found = await Promise.all(
    regions.map(async (region) => ({ region, ami: await findBakedAmi(ec2Of(region), content) })),
  );
  return {
    amis: Object.fromEntries(found.flatMap(({ region, ami }) => (ami === undefined ? [] : [[region, ami]]))),
    missing: found.filter(({ ami }) => ami === undefined).map(({ region }) => region),
  };
}

interface BakeJob extends ImageContent {
  readonly account: string;
  readonly region: string;
}

async function bakeImage(parts: BakeParts, job: BakeJob): Promise<void> {
  const { ec2Of, imageBuilderOf, tell } = parts;
  const { region, kind, contentHash } = job;
  const standing = await findBakedAmi(ec2Of(region), job);
  if (standing !== undefined) {
    tell(`${region} ${kind}: ${standing} is there already`);
    return;
  }
  const imageBuilder = imageBuilderOf(region);
  const imagePipelineArn = releasePipelineArn(job);
  const { imagePipeline } = await imageBuilder.send(new GetImagePipelineCommand({ imagePipelineArn }));
  const deployed = imagePipeline?.tags?.[CONTENT_HASH_TAG] ?? 'none';
  if (deployed !== contentHash) {
    const remedy = "deploy it first: npm run cdk:release -- deploy 'release-*'";
    throw new Error(`the pipeline must bake content ${contentHash}, got ${deployed}; ${remedy}`);
  }
  const { imageBuildVersionArn } = await imageBuilder.send(
    new StartImagePipelineExecutionCommand({ imagePipelineArn }),
  );
  if (imageBuildVersionArn === undefined) throw new Error('Image Builder began no image');
  await waitForImage(parts, { ...job, imageBuildVersionArn });
}

async function waitForImage(
  { imageBuilderOf, pollMs, tell }: BakeParts,
  { region, kind, imageBuildVersionArn }: BakeJob & { readonly imageBuildVersionArn: string },
): Promise<void> {
  const imageBuilder = imageBuilderOf(region);
  const deadline = Date.now() + BAKE_MS_MAX;
  let told = '';
  for (;;) {
    const { image } = await imageBuilder.send(new GetImageCommand({ imageBuildVersionArn }));
    const { status = 'unknown', reason } = image?.state ?? {};
    if (status !== told) tell(`${region} ${kind}: ${status.toLowerCase()}`);
    told = status;
    if (status === 'AVAILABLE') return;
    if (ENDED.includes(status)) throw new Error(`the bake ended as ${status}: ${reason ?? 'no reason given'}`);
    if (Date.now() > deadline)
      throw new Error(
        `the bake must end within ${BAKE_MS_MAX / 60_000} minutes and is ${status}: ${imageBuildVersionArn}`,
      );
    await sleep(pollMs);
  }
}
