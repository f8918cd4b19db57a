/** The commands of `npm run release` that deal with machine images: bake, verify and record. */

import { EC2Client } from '@aws-sdk/client-ec2';
import { ImagebuilderClient } from '@aws-sdk/client-imagebuilder';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type Command, InvalidArgumentError } from 'commander';
import { type BakePlace, IMAGE_KINDS, type ImageKind } from '../../regions/derived.ts';
import { loadBakePlaces } from '../../regions/environments.ts';
import { type BakeParts, bakedAmis, bakeImages } from './bake.ts';
import { currentContentHashes } from './current-images.ts';
import { recordCurrent } from './record.ts';
import { namedInRegions, readRecordedImages, withNewest, writeRecordedImages } from './recorded-file.ts';
import { verifyImages } from './verify.ts';

const POLL_MS = 30_000;

type AmisByRegion = Readonly<Record<string, string>>;

/** @param root the project's folder, from which the program must run. */
export function addImageCommands(program: Command, root: string): void {
  program
    .command('bake')
    .description('Bakes the machine images in every region where releases bake, and records them once all are there.')
    .option('--region <region...>', 'bake in these regions only')
    .action(({ region }: { region?: readonly string[] }) => orRefuse(program, bake(root, region)));
  program
    .command('verify')
    .description('Compares each recorded image with its owner, state and tags in its region.')
    .action(() => orRefuse(program, verify(root)));
  program
    .command('record')
    .description('Writes the content of the sources beside image ids: those given, or those that stand.')
    .option('--service <region=ami...>', 'service image of a region, for each region', readAmi, {})
    .option('--ring <region=ami...>', 'ring image of a region, for each region', readAmi, {})
    .action((given: { service: AmisByRegion; ring: AmisByRegion }) => orRefuse(program, record(root, given)));
}

/** An operator is told what is wrong, not where in our code it showed. */
async function orRefuse(program: Command, action: Promise<void>): Promise<void> {
  await action.catch((error: unknown) => program.error(`error: ${error instanceof Error ? error.message : error}`));
}

async function bake(root: string, regions: readonly string[] | undefined): Promise<void> {
  const places = loadBakePlaces();
  const unknown = (regions ?? []).filter((name) => !places.some(({ region }) => region === name));
  if (unknown.length > 0)
    throw new RangeError(`--region must be among ${places.map(({ region }) => region).join(', ')}; got ${unknown}`);
  await checkAccount(places);
  const contentHashes = currentContentHashes(root);
  const parts: BakeParts = {
    ec2Of: (region) => new EC2Client({ region }),
    imageBuilderOf: (region) => new ImagebuilderClient({ region }),
    pollMs: POLL_MS,
    tell,
  };
  const chosen = places.filter(({ region }) => regions?.includes(region) ?? true);
  const faults = await bakeImages(parts, { places: chosen, contentHashes });
  for (const fault of faults) tell(fault);
  if (faults.length > 0) process.exitCode = 1;

  await recordBaked(root, parts, places, contentHashes);
}

/** Records each kind whose image is there in every region where releases bake, whoever baked it and when. */
async function recordBaked(
  root: string,
  parts: BakeParts,
  places: readonly BakePlace[],
  contentHashes: Readonly<Record<ImageKind, string>>,
): Promise<void> {
  const recorded = { ...readRecordedImages(root) };
  for (const kind of IMAGE_KINDS) {
    const contentHash = contentHashes[kind];
    const { amis, missing } = await bakedAmis(parts, places, { kind, contentHash });
    if (missing.length > 0) {
      tell(`${kind}: not recorded, since it is not baked in ${missing.join(', ')} yet`);
      continue;
    }
    const newest = { contentHash, owner: places[0]?.account ?? '', amis };
    recorded[kind] = withNewest(recorded[kind], newest, namedInRegions(root));
    tell(`${kind}: recorded`);
  }
  writeRecordedImages(root, recorded);
}

/** Images belong to whoever bakes them; with other credentials they would be nobody's in the environments. */
async function checkAccount(places: readonly BakePlace[]): Promise<void> {
  const account = places[0]?.account;
  const sts = new STSClient({ region: places[0]?.region ?? 'us-east-1' });
  const { Account: got } = await sts.send(new GetCallerIdentityCommand({}));
  if (got !== account) throw new Error(`credentials must be of account ${account}, which bakes, got ${got}`);
}

async function verify(root: string): Promise<void> {
  const verified = await verifyImages(readRecordedImages(root), (region) => new EC2Client({ region }));
  for (const { path, ami, faults } of verified) {
    tell(`${path} ${ami}: ${faults.length === 0 ? 'as recorded' : faults.join('; ')}`);
    if (faults.length > 0) process.exitCode = 1;
  }
}

async function record(root: string, given: Readonly<Record<ImageKind, AmisByRegion>>): Promise<void> {
  const contentHashes = currentContentHashes(root);
  const recorded = recordCurrent({
    recorded: readRecordedImages(root),
    places: loadBakePlaces(),
    contentHashes,
    given,
    isNamed: namedInRegions(root),
  });
  writeRecordedImages(root, recorded);
  for (const kind of IMAGE_KINDS) tell(`${kind}: ${contentHashes[kind]}`);
}

function readAmi(text: string, previous: AmisByRegion): AmisByRegion {
  const [, region, ami] = /^([a-z0-9-]+)=(ami-[0-9a-f]{8,17})$/.exec(text) ?? [];
  if (region === undefined || ami === undefined)
    throw new InvalidArgumentError('It must be REGION=AMI, for example us-east-1=ami-0123456789abcdef0.');
  if (previous[region] !== undefined) throw new InvalidArgumentError(`It gives ${region} twice.`);
  return { ...previous, [region]: ami };
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}
