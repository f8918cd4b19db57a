/** The two machine images: what is in them, the hash that names them, and how a launch template finds them. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageKind } from '../../regions/derived.ts';
import type { Environment, RecordedImages, Region, RingNode } from '../../regions/schema.ts';
import { componentDocument, type Step } from './component-document.ts';
import { BASE_IMAGE, CASSANDRA, readNodePins } from './pins.ts';

/** A built release of `app/`. */
export interface Release {
  readonly folder: string;
  /** Hash of everything that decides its bytes: 64 hexadecimal digits. */
  readonly contentHash: string;
}

export interface ImageComponent {
  readonly name: string;
  /** What Image Builder reads. */
  readonly document: string;
  readonly takesRelease: boolean;
  /** SHA-256 of the document: 64 hexadecimal digits. */
  readonly contentHash: string;
}

/** All that decides what is in an image. */
export interface MachineImage {
  readonly kind: ImageKind;
  /** Where the image begins, as a recipe names it. */
  readonly baseImage: string;
  readonly diskGiB: number;
  /** In the order in which they run. */
  readonly components: readonly ImageComponent[];
  readonly release: Release;
  /** SHA-256 over all of the above: 64 hexadecimal digits. It names the image wherever images are named. */
  readonly contentHash: string;
}

export type Images = Readonly<Record<ImageKind, MachineImage>>;

/**
 * What machines start from. The service image is that of every machine but ring nodes: each role of the release is
 * there, and user data chooses one. The ring image has Java, Cassandra's jars, and the release with Node, by which a
 * machine takes its volume and address. No unit of Cassandra is in it: the node's own program is not part of the release yet.
 */
export function imagesOf(release: Release): Images {
  return { service: machineImage('service', release), ring: machineImage('ring', release) };
}

/** Disk of the machine that an image is made on, and the least of a machine that starts from it. */
const DISK_GIB = 8;

function machineImage(kind: ImageKind, release: Release): MachineImage {
  const components = stepsOf(kind).map((step) => {
    const document = componentDocument(step);
    return { name: step.name, document, takesRelease: step.takesRelease, contentHash: sha256(document) };
  });
  const content = {
    kind,
    baseImage: BASE_IMAGE,
    diskGiB: DISK_GIB,
    components: components.map(({ name, contentHash }) => [name, contentHash]),
    release: release.contentHash,
  };
  const { baseImage, diskGiB } = content;
  return { kind, baseImage, diskGiB, components, release, contentHash: sha256(JSON.stringify(content)) };
}

/** The steps of an image in their order. */
function stepsOf(kind: ImageKind): readonly Step[] {
  const { version, integrities } = readNodePins(process.cwd());
  const node = {
    NODE_VERSION: version,
    NODE_INTEGRITY_ARM64: integrities.arm64,
    NODE_INTEGRITY_X64: integrities.x64,
  };
  const cassandra = { CASSANDRA_VERSION: CASSANDRA.version, CASSANDRA_JARS_SHA256: CASSANDRA.jarsSha256 };
  const checked = { IMAGE_KIND: kind, NODE_VERSION: version };
  return [
    step('base'),
    step('node', { variables: node }),
    step('release', { takesRelease: true }),
    kind === 'ring' ? step('ring', { variables: cassandra }) : step('service'),
    step('clean-up'),
    step('check', {
      phase: 'test',
      variables: kind === 'ring' ? { ...checked, CASSANDRA_VERSION: CASSANDRA.version } : checked,
    }),
  ];
}

function step(name: string, given: Partial<Step> = {}): Step {
  const script = readFileSync(join(process.cwd(), 'lib/image/steps', `${name}.sh`), 'utf8');
  return { name, script, variables: {}, phase: 'build', takesRelease: false, ...given };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * The parameter in which a deploy finds the image that it baked. Image Builder writes it, and may do so only below
 * `/imagebuilder/`: its service-linked role is allowed nothing else. From memory: the name may have 1,011 characters.
 */
export function imageParameterName(environment: Pick<Environment, 'name'>, image: MachineImage): string {
  return `/imagebuilder/picl-idp/${environment.name}/image/${image.kind}/${image.contentHash}`;
}

export interface ServiceImageIdOptions {
  readonly environment: Environment;
  readonly region: Region;
  readonly images: Images;
  readonly recordedImages: RecordedImages;
}

/**
 * What a launch template says the image of a machine without a ring node is. Built images are a parameter's name, so no
 * stack exports an image id that another one would hold fast; recorded ones are literal ids, which a reviewer sees change.
 * @throws RangeError when images are recorded and this one is not.
 */
export function serviceImageId({ environment, region, images, recordedImages }: ServiceImageIdOptions): string {
  if (environment.images === 'built') return builtImageId(environment, images.service);
  const id = recordedImages.service[0]?.amis[region.name];
  if (id === undefined) throw notRecorded(`service image of region ${region.name}`, environment);
  return id;
}

export interface RingImageIdOptions {
  readonly environment: Environment;
  readonly ringNode: RingNode;
  readonly images: Images;
}

/** The same of a ring node's machine: where images are recorded, each node names its own. */
export function ringImageId({ environment, ringNode, images }: RingImageIdOptions): string {
  if (environment.images === 'built') return builtImageId(environment, images.ring);
  if (ringNode.image === undefined) throw notRecorded(`ring image of ring node ${ringNode.name}`, environment);
  return ringNode.image;
}

function builtImageId(environment: Environment, image: MachineImage): string {
  return `resolve:ssm:${imageParameterName(environment, image)}`;
}

function notRecorded(what: string, { name }: Environment): RangeError {
  return new RangeError(`the ${what} in ${name} must be recorded, and is not`);
}
