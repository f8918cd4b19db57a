/** Writes the assembly of all environments for tools and tests, quickly: without validation, and around a release that was not built. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { createTopology } from '../../lib/stacks/topology.ts';
import { loadEnvironments } from '../../regions/environments.ts';

/** Hash of the release that nobody built: what is read from this assembly does not depend on what machines run. */
const CONTENT_HASH = '0'.repeat(64);

/**
 * @param root the project's folder.
 * @param folder where the assembly goes; it is made.
 * @param contentHash names the release in templates: 64 hexadecimal digits.
 */
export function synthesize(root: string, folder: string, contentHash: string = CONTENT_HASH): void {
  const release = join(folder, 'release');
  mkdirSync(release, { recursive: true });
  writeFileSync(join(release, 'release.json'), JSON.stringify({ contentHash }));
  const { context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as { context: Record<string, unknown> };
  process.env['CDK_VALIDATION'] = 'false';
  const app = new App({ context, outdir: folder, analyticsReporting: false });
  createTopology(app, loadEnvironments(), { folder: release, contentHash });
  app.synth();
}
