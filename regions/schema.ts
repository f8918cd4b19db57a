/** What an environment is: everything that differs between environments and regions, as one schema. */

import { isIPv4 } from 'node:net';
import { z } from 'zod';

/** Messages say what is allowed, and read on from `must be`. */
const name = (allowed: string, pattern: RegExp) => z.string({ error: allowed }).regex(pattern, { error: allowed });

const domainName = name('a domain name in lower case', /^(?=.{4,200}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/);
const amiId = name('an image id, for example ami-0123456789abcdef0', /^ami-[0-9a-f]{8,17}$/);
const instanceType = name('an instance type, for example c7g.large', /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/);
const address = z.string({ error: 'an IPv4 address' }).refine(isIPv4, { error: 'an IPv4 address' });
const mailbox = name('an e-mail address', /^[^\s@<>]{1,64}@[a-z0-9.-]{4,190}$/);
const whole = (min: number, max: number) => {
  const allowed = `a whole number from ${min} to ${max}`;
  return z.int({ error: allowed }).min(min, { error: allowed }).max(max, { error: allowed });
};
/** The /16 is 10.N.0.0. */
const privateNetwork = /^10\.(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])\.0\.0\/16$/;
const sentence = z
  .string({ error: 'a sentence' })
  .regex(/^\S.{20,300}[.]$/, { error: 'a sentence of 20 to 300 characters' });

const regionName = name('a region, for example us-east-1', /^[a-z]{2}(-[a-z]+)+-\d$/);
const zoneName = name('a zone, for example us-east-1a', /^[a-z]{2}(-[a-z]+)+-\d[a-z]$/);
const trueOrFalse = z.boolean({ error: 'true or false' });
const listOf = <Item extends z.ZodType>(
  item: Item,
  { min, max, allowed }: { readonly min: number; readonly max: number; readonly allowed: string },
) => z.array(item, { error: allowed }).min(min, { error: allowed }).max(max, { error: allowed });

const zone = z.strictObject({
  /** As this account calls it; accounts differ. */
  name: zoneName,
  /** As AWS calls it everywhere: the rack of the ring nodes in it, for life. */
  id: name('a zone id, for example use1-az1', /^[a-z]{2,4}\d-az\d$/),
  /** Its place in the network plan: never changed, never used again. */
  slot: whole(0, 7),
});

const ringNode = z.strictObject({
  name: name('ring-1, ring-2 and so on', /^ring-[1-9]\d?$/),
  zone: zoneName,
  /** Outlives every machine that bears it. */
  address,
  /** One of the nodes that others ask for the ring when they start. */
  seed: trueOrFalse,
  /** The image of its machine, where images are recorded: a new image reaches a node when this line changes. */
  image: amiId.optional(),
});

const region = z.strictObject({
  name: regionName,
  cidr: name('a /16 within 10.0.0.0/8, for example 10.20.0.0/16', privateNetwork),
  zones: listOf(zone, { min: 1, max: 6, allowed: 'from 1 to 6 zones' }),
  ringNodes: listOf(ringNode, { min: 0, max: 30, allowed: 'at most 30 ring nodes' }),
});

/** A cluster of machines without state. */
const clusterSize = z.strictObject({
  instanceType,
  machinesMin: whole(1, 50),
  machinesMax: whole(1, 100),
});

const ring = z.strictObject({
  instanceType,
  volumeGiB: whole(10, 4000),
  /** Replicas of each row in each region. */
  replicationFactor: whole(1, 5),
});

/** A decision that must be made: a region that breaks ties, or the reason why none does. */
const witness = z.union(
  [
    z.strictObject({ region: regionName, instanceType, volumeGiB: whole(10, 4000) }),
    z.strictObject({ none: sentence }),
  ],
  { error: 'region, instanceType and volumeGiB, or none with a sentence' },
);

const images = z.enum(['built', 'recorded'], { error: 'built or recorded' });

const lifetime = z.union(
  [
    /** Hour of the day at which the first pass of the deletion begins. UTC */
    z.strictObject({ deletedAtHour: whole(0, 23) }),
    /** Why it is left running until somebody destroys it. */
    z.strictObject({ kept: sentence }),
  ],
  { error: 'deletedAtHour, or kept with a sentence' },
);

const idpKeyName = name('idp-1, idp-2 and so on', /^idp-[1-9]\d?$/);
const idpKeyNames = (max: number) => listOf(idpKeyName, { min: 1, max, allowed: `from 1 to ${max} keys` });

/** The keys that sign certificates, where they lie in AWS KMS. How they follow each other stands in lib/secrets/idp-keys.ts. */
const idpKeysInKms = z.strictObject({
  /** All that there are, in each region that serves. A name belongs to one key for ever. */
  keys: idpKeyNames(8),
  /** Those by which relying services may judge certificates; the one that signs first. */
  published: idpKeyNames(4),
});

const twoRegions = z.strictObject({
  clusters: z.strictObject({
    webhead: clusterSize,
    keysigner: clusterSize,
    dbwriter: clusterSize,
  }),
  /** In each region that serves. */
  logRouters: z.strictObject({ instanceType, machines: whole(1, 50) }),
  ring,
  witness,
  natGateways: z.enum(['one', 'one-a-zone'], { error: 'one or one-a-zone' }),
  endpointZones: z.enum(['one', 'all'], { error: 'one or all' }),
  /**
   * Chosen before the first deploy, for the other key was never published: a later choice ends every certificate.
   * Absent: keysigners read the key from a secret and hold it in memory.
   */
  idpKeysInKms: idpKeysInKms.optional(),
  search: z.strictObject({
    instanceType: name('an OpenSearch instance type, for example t3.small.search', /^[a-z0-9]+\.[a-z0-9]+\.search$/),
    machines: whole(1, 9),
    volumeGiB: whole(10, 3000),
    daysKept: whole(1, 90),
  }),
  /** Machines that make load; none of them runs until an operator raises the group. */
  generators: z.strictObject({ instanceType, machinesMax: whole(1, 50) }).optional(),
  /** Requests that one address may send within five minutes before it is told to wait. */
  requestsPerAddressMax: whole(100, 2_000_000),
});

const oneMachine = z.strictObject({
  instanceType,
  volumeGiB: whole(8, 500),
});

/** One environment: dev is one machine, loadtest and prod are two regions. */
export const environmentSchema = z.strictObject({
  name: name('dev, loadtest, prod or another short name', /^[a-z][a-z0-9]{1,15}$/),
  account: name('twelve digits', /^\d{12}$/),
  /** The first one is the primary: what exists once in an environment lies there. */
  regions: listOf(region, { min: 1, max: 3, allowed: 'from 1 to 3 regions' }),
  publicZone: z.strictObject({
    id: name('a hosted zone id, for example Z0123456789ABCDEFGHIJ', /^Z[A-Z0-9]{8,31}$/),
    name: domainName,
  }),
  /** How clients reach the accounts service. */
  accountsName: domainName,
  mail: z.discriminatedUnion(
    'via',
    [z.strictObject({ via: z.literal('ses'), sender: mailbox }), z.strictObject({ via: z.literal('sink') })],
    { error: 'ses with its sender, or sink' },
  ),
  /** Who hears of alarms and of the budget. */
  operatorsMailbox: mailbox,
  budgetDollarsAMonth: whole(1, 100_000),
  images,
  /** Stateful resources outlive their stacks, and stacks refuse to be deleted. */
  keepsData: trueOrFalse,
  /** When an environment of two regions that keeps no data deletes itself: a rule asks for it there, and only there. */
  lifetime: lifetime.optional(),
  shape: z.union([z.strictObject({ oneMachine }), z.strictObject({ twoRegions })], {
    error: 'oneMachine or twoRegions',
  }),
});

export type Environment = Readonly<z.infer<typeof environmentSchema>>;
export type Region = Environment['regions'][number];
export type Zone = Region['zones'][number];
export type RingNode = Region['ringNodes'][number];
export type TwoRegions = z.infer<typeof twoRegions>;
export type OneMachine = z.infer<typeof oneMachine>;
export type ClusterSize = z.infer<typeof clusterSize>;

const record = z.strictObject({
  contentHash: name('64 hexadecimal digits', /^[0-9a-f]{64}$/),
  owner: name('twelve digits', /^\d{12}$/),
  amis: z.record(regionName, amiId),
});

/** The images that a release step baked and wrote down, newest first. */
export const recordedImagesSchema = z.strictObject({
  service: listOf(record, { min: 0, max: 1000, allowed: 'at most 1000 images' }),
  ring: listOf(record, { min: 0, max: 1000, allowed: 'at most 1000 images' }),
});

export type RecordedImages = Readonly<z.infer<typeof recordedImagesSchema>>;
