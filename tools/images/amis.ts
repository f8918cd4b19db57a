/** Machine images as EC2 knows them in a region. */

import { DescribeImagesCommand, type EC2Client, type Image } from '@aws-sdk/client-ec2';
import { imageTags, RELEASE_OWNER } from '../../lib/image/image-names.ts';
import type { ImageKind } from '../../regions/derived.ts';

export interface ImageContent {
  readonly kind: ImageKind;
  readonly contentHash: string;
}

/** The newest image of our own of a content that can be started from; undefined when there is none. */
export async function findBakedAmi(ec2: EC2Client, content: ImageContent): Promise<string | undefined> {
  const tags = Object.entries(imageTags(RELEASE_OWNER, content));
  const { Images: found = [] } = await ec2.send(
    new DescribeImagesCommand({
      Owners: ['self'],
      Filters: [
        { Name: 'state', Values: ['available'] },
        ...tags.map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] })),
      ],
    }),
  );
  const [newest] = found.toSorted((left, right) => (right.CreationDate ?? '').localeCompare(left.CreationDate ?? ''));
  return newest?.ImageId;
}

/** The image of an id. Asked by a filter: asked by name, one that is not there would be an error. */
export async function describeAmi(ec2: EC2Client, id: string): Promise<Image | undefined> {
  const { Images: found = [] } = await ec2.send(
    new DescribeImagesCommand({ Filters: [{ Name: 'image-id', Values: [id] }] }),
  );
  return found[0];
}

/** What is wrong with an image that was recorded for a content and an owner: sentences, none when all is right. */
export function amiFaults(
  image: Image | undefined,
  { kind, contentHash, owner }: ImageContent & { readonly owner: string },
): string[] {
  if (image === undefined) return ['there is no such image'];
  const tagOf = (key: string) => image.Tags?.find(({ Key }) => Key === key)?.Value ?? 'none';
  const wanted = [
    ['owner', owner, image.OwnerId ?? 'none'],
    ['state', 'available', image.State ?? 'none'],
    ...Object.entries(imageTags(RELEASE_OWNER, { kind, contentHash })).map(([key, value]) => [
      `tag ${key}`,
      value,
      tagOf(key),
    ]),
  ] as const;
  return wanted.filter(([, must, is]) => must !== is).map(([what, must, is]) => `${what} must be ${must}, got ${is}`);
}
