/** A region without a recorded image stops the app of all environments, and not the app of releases, which bakes one. */

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { build, type Plugin } from 'esbuild';
import recorded from '../../regions/recorded-images.json' with { type: 'json' };

const run = promisify(execFile);

/** Below the project's folder, since that is from where the bundle finds its packages. */
let folder: string;
beforeAll(() => {
  mkdirSync('.build', { recursive: true });
  folder = resolve(mkdtempSync('.build/without-images-'));
  mkdirSync(join(folder, 'release'));
  writeFileSync(join(folder, 'release/release.json'), '{}');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The record of this project with one image less. */
const WITHOUT_OREGON = {
  ...recorded,
  service: recorded.service.map(({ amis: { 'us-west-2': _oregon, ...amis }, ...record }) => ({ ...record, amis })),
};
const RELEASE = () => ({ folder: join(folder, 'release'), contentHash: '0'.repeat(64) });

/** Another record, and a release that is not built for this. */
const plugin = (record: unknown): Plugin => ({
  name: 'another record',
  setup({ onLoad }) {
    onLoad({ filter: /\/regions\/recorded-images\.json$/ }, () => ({
      contents: JSON.stringify(record),
      loader: 'json',
    }));
    onLoad({ filter: /\/tools\/release\.ts$/ }, () => ({
      contents: `export const buildRelease = () => (${JSON.stringify(RELEASE())});`,
      loader: 'ts',
    }));
  },
});

/** Runs an app of `bin/`. @returns names of the stacks it wrote. */
async function stacksOf(app: 'idp' | 'release', record: unknown): Promise<readonly string[]> {
  const outfile = join(folder, `${app}.cjs`);
  const assembly = join(folder, `${app}.out`);
  rmSync(assembly, { recursive: true, force: true });
  const options = { bundle: true, platform: 'node', format: 'cjs', packages: 'external', logLevel: 'error' } as const;
  await build({ ...options, entryPoints: [`bin/${app}.ts`], outfile, plugins: [plugin(record)] });
  const env = { ...process.env, NODE_OPTIONS: '', CDK_OUTDIR: assembly, CDK_VALIDATION: 'false' };
  await run(process.execPath, [outfile], { env });
  return readdirSync(assembly).flatMap((file) => /^(.+)\.template\.json$/.exec(file)?.[1] ?? []);
}

test('the app of all environments names the region whose image is not recorded', async () => {
  await expect(stacksOf('idp', WITHOUT_OREGON)).rejects.toThrow(
    'recorded-images.service[0].amis.us-west-2: is missing',
  );
});

test('the app of releases has its stacks all the same, and without any record', async () => {
  const releases = ['release-us-east-1', 'release-us-east-2', 'release-us-west-2'];
  expect(await stacksOf('release', WITHOUT_OREGON)).toEqual(releases);
  expect(await stacksOf('release', { service: [], ring: [] })).toEqual(releases);
});

test('with every image recorded the app of all environments has the stacks of releases, too', async () => {
  expect(await stacksOf('idp', recorded)).toEqual(
    expect.arrayContaining(['dev-us-east-1-box', 'prod-us-west-2-services', 'release-us-west-2']),
  );
});
