/** Assemblies for tests of what reads them, written by the CDK itself as `npm run synth` has them written. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack, type StackProps } from 'aws-cdk-lib';

export interface TestAssembly {
  readonly folder: string;
  remove(): void;
}

/** What a stack of a test holds. */
export type Build = (stack: Stack, app: App) => void;

/**
 * Writes an assembly whose stacks stand in one account.
 * @param stacks by name, for example `prod-us-east-1-secrets`: the region is read from it.
 */
export function writeAssembly(account: string, stacks: Readonly<Record<string, Build>>): TestAssembly {
  const folder = mkdtempSync(join(tmpdir(), 'picl-idp-assembly-'));
  // The CDK's own check of the templates would take longer than all of these tests.
  process.env['CDK_VALIDATION'] = 'false';
  const app = new App({ outdir: folder, analyticsReporting: false });
  for (const [name, build] of Object.entries(stacks)) {
    const [region = 'us-east-1'] = /[a-z]{2}-[a-z]+-\d/.exec(name) ?? [];
    const props: StackProps = { env: { account, region } };
    build(new Stack(app, name, props), app);
  }
  app.synth();
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
