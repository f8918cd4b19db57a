/** `npm run release -- bake`, `verify` and `record` as an operator calls them, on a copy of the project. EC2 is moto's, the bake of Image Builder ours. */

import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTagsCommand, EC2Client, RegisterImageCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { RecordedImages } from '../../regions/schema.ts';
import { currentContentHashes } from '../../tools/images/current-images.ts';
import { type ImageBuilder, startImageBuilder } from '../support/image-builder.ts';
import { MOTO_START_MS_MAX, type Moto, startMoto } from '../support/moto.ts';

const SLOW_MS_MAX = 120_000;
const ACCOUNT = '333333333333';
const FILE = 'regions/recorded-images.json';

let root: string;
let moto: Moto;
let imageBuilder: ImageBuilder;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'picl-idp-release-images-'));
  for (const part of ['app', 'lib', 'regions', 'tools', 'package.json', 'package-lock.json'])
    cpSync(join(process.cwd(), part), join(root, part), { recursive: true });
  symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'));
  moto = await startMoto({ accountId: ACCOUNT });
  imageBuilder = await startImageBuilder();
}, MOTO_START_MS_MAX);
afterAll(async () => {
  await moto?.stop();
  await imageBuilder?.stop();
  rmSync(root, { recursive: true });
});

const { service, ring }: RecordedImages = JSON.parse(readFileSync(FILE, 'utf8'));
/** The images that environments name, under a content that no sources have. */
const STANDING: RecordedImages = {
  service: service.slice(0, 1).map((image) => ({ ...image, contentHash: 'e'.repeat(64) })),
  ring: ring.slice(0, 1).map((image) => ({ ...image, contentHash: 'e'.repeat(64) })),
};
const standing = JSON.stringify(STANDING);
beforeEach(() => writeFileSync(join(root, FILE), standing));
const recorded = (): RecordedImages => JSON.parse(readFileSync(join(root, FILE), 'utf8'));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
const release = (...parameters: string[]) =>
  new Promise<Ended>((resolve) => {
    const env = { ...process.env, ...moto.environment, AWS_ENDPOINT_URL_IMAGEBUILDER: imageBuilder.url };
    const command = ['--disable-warning=ExperimentalWarning', 'tools/release-command.ts', ...parameters];
    execFile(process.execPath, command, { cwd: root, env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });

/** What the copy would give. Its steps are those of the project itself, which no test here changes. */
const contentHashes = () => currentContentHashes(root);

/** What a bake leaves behind in EC2. */
async function registerAmi(region: string, tags: Readonly<Record<string, string>>): Promise<string> {
  const { environment } = moto;
  const credentials = {
    accessKeyId: environment.AWS_ACCESS_KEY_ID,
    secretAccessKey: environment.AWS_SECRET_ACCESS_KEY,
  };
  const ec2 = new EC2Client({ region, endpoint: moto.url, credentials });
  const { ImageId = '' } = await ec2.send(new RegisterImageCommand({ Name: `image-${Math.random()}` }));
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  await ec2.send(new CreateTagsCommand({ Resources: [ImageId], Tags }));
  ec2.destroy();
  return ImageId;
}

/** Deploys the release stacks, as far as a bake can see. */
function deployPipelines(hashes: Readonly<Record<'service' | 'ring', string>>): void {
  imageBuilder.begin({
    contentHashOf: (kind) => hashes[kind],
    bake: async (region, kind) => {
      await registerAmi(region, { 'picl-idp:image': `release-${kind}`, 'picl-idp:content-hash': hashes[kind] });
      return { status: 'AVAILABLE' };
    },
  });
}

test(
  'a pipeline that was deployed from other sources is not run, and nothing is recorded',
  async () => {
    imageBuilder.begin({ contentHashOf: () => 'f'.repeat(64), bake: async () => ({ status: 'AVAILABLE' }) });
    const hashes = contentHashes();
    const { code, stdout } = await release('bake', '--region', 'us-east-2');
    expect(code).toBe(1);
    expect(stdout).toContain(
      `us-east-2 ring: the pipeline must bake content ${hashes.ring}, got ${'f'.repeat(64)}; deploy it first: npm run cdk:release -- deploy 'release-*'\n`,
    );
    expect(imageBuilder.started).toEqual([]);
    expect(recorded()).toEqual(STANDING);
  },
  SLOW_MS_MAX,
);

test(
  'a bake that fails is told with its reason, and nothing is recorded',
  async () => {
    const hashes = contentHashes();
    imageBuilder.begin({
      contentHashOf: (kind) => hashes[kind],
      bake: async () => ({ status: 'FAILED', reason: 'step node ended with 1' }),
    });
    const { code, stdout } = await release('bake', '--region', 'us-east-2');
    expect(code).toBe(1);
    expect(stdout).toContain('us-east-2 ring: the bake ended as FAILED: step node ended with 1\n');
    expect(stdout).toContain('ring: not recorded, since it is not baked in us-east-1, us-west-2, us-east-2 yet\n');
    expect(recorded()).toEqual(STANDING);
  },
  SLOW_MS_MAX,
);

test(
  'images are recorded once they are there in every region, whichever calls baked them, and verified then',
  async () => {
    const hashes = contentHashes();
    deployPipelines(hashes);
    const first = await release('bake', '--region', 'us-east-1', 'us-west-2');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain('us-east-1 service: available\n');
    expect(first.stdout).toContain('service: recorded\nring: not recorded, since it is not baked in us-east-2 yet\n');
    const second = await release('bake');
    expect(second.code).toBe(0);
    expect(second.stdout).toMatch(/^us-west-2 service: ami-[0-9a-f]+ is there already$/m);
    expect([...imageBuilder.started].sort()).toEqual([
      'us-east-1 ring',
      'us-east-1 service',
      'us-east-2 ring',
      'us-west-2 ring',
      'us-west-2 service',
    ]);

    const { service, ring } = recorded();
    expect(service[0]).toEqual({
      contentHash: hashes.service,
      owner: ACCOUNT,
      amis: { 'us-east-1': expect.stringMatching(/^ami-/), 'us-west-2': expect.stringMatching(/^ami-/) },
    });
    expect(Object.keys(ring[0]?.amis ?? {})).toEqual(['us-east-1', 'us-west-2', 'us-east-2']);
    // The image that ring nodes name, and one to go back to.
    expect(ring.slice(1)).toEqual(STANDING.ring);

    const verified = await release('verify');
    expect(verified.stdout.match(/: as recorded$/gm)).toHaveLength(5);
    expect(verified.stdout).toMatch(/^service\[1\]\.amis\.us-east-1 ami-\w+: there is no such image$/m);
    expect(verified.code).toBe(1);
  },
  SLOW_MS_MAX,
);

test(
  'an image of another content, kind or owner is told by verify with what it must be',
  async () => {
    const tags = { 'picl-idp:image': 'release-ring', 'picl-idp:content-hash': 'b'.repeat(64) };
    const ami = await registerAmi('us-east-1', tags);
    const record = { contentHash: 'a'.repeat(64), owner: '444444444444', amis: { 'us-east-1': ami } };
    writeFileSync(join(root, FILE), JSON.stringify({ service: [record], ring: [] }));
    const { code, stdout } = await release('verify');
    expect(code).toBe(1);
    expect(stdout).toBe(
      `service[0].amis.us-east-1 ${ami}: owner must be 444444444444, got ${ACCOUNT}; ` +
        `tag picl-idp:image must be release-service, got release-ring; ` +
        `tag picl-idp:content-hash must be ${'a'.repeat(64)}, got ${'b'.repeat(64)}\n`,
    );
  },
  SLOW_MS_MAX,
);

test(
  'credentials of another account bake nothing',
  async () => {
    const prod = join(root, 'regions/prod.ts');
    const text = readFileSync(prod, 'utf8');
    writeFileSync(prod, text.replace(`'${ACCOUNT}'`, "'444444444444'"));
    const refused = await release('bake');
    writeFileSync(prod, text);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain(
      `error: credentials must be of account 444444444444, which bakes, got ${ACCOUNT}\n`,
    );
  },
  SLOW_MS_MAX,
);

test.each(['app/units/picl-idp-webhead.service', 'app/webhead/main.ts'])(
  'one changed byte of %s changes both images, and is recorded beside those that stand',
  async (name) => {
    const before = contentHashes();
    const file = join(root, name);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, `${text}\n`);
    const after = contentHashes();
    const { code } = await release('record');
    writeFileSync(file, text);
    expect(code).toBe(0);
    expect(after.service).not.toBe(before.service);
    expect(after.ring).not.toBe(before.ring);
    expect(recorded()).toEqual({
      service: [{ ...STANDING.service[0], contentHash: after.service }],
      ring: [{ ...STANDING.ring[0], contentHash: after.ring }],
    });
  },
  SLOW_MS_MAX,
);

test(
  'ids that are given by hand come first, and those before them stay',
  async () => {
    const { service: contentHash } = contentHashes();
    const amis = { 'us-east-1': 'ami-0000000000000aaaa', 'us-west-2': 'ami-0000000000000bbbb' };
    const given = Object.entries(amis).map(([region, ami]) => `${region}=${ami}`);
    expect(await release('record', '--service', ...given)).toMatchObject({ code: 0 });
    expect(recorded().service).toEqual([{ contentHash, owner: ACCOUNT, amis }, ...STANDING.service]);
  },
  SLOW_MS_MAX,
);

test.each([
  [['record', '--service', 'us-east-1'], 'It must be REGION=AMI, for example us-east-1=ami-0123456789abcdef0.'],
  [['record', '--service', 'us-east-1=ami-00000000', 'us-east-1=ami-00000001'], 'It gives us-east-1 twice.'],
  [
    ['record', '--service', 'us-east-1=ami-00000000'],
    'error: --service must be given once for each of us-east-1, us-west-2; got us-east-1',
  ],
  [['bake', '--region', 'moon'], 'error: --region must be among us-east-1, us-west-2, us-east-2; got moon'],
])(
  '%p is refused, and the record stays as it is',
  async (parameters, message) => {
    const { code, stderr } = await release(...parameters);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(readFileSync(join(root, FILE), 'utf8')).toBe(standing);
  },
  SLOW_MS_MAX,
);
