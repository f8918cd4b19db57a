/** One run of a CDK app: its stacks around the release of these sources, judged by every rule, written to the assembly. */

import { App, Validations } from 'aws-cdk-lib';
import { buildRelease, type Release } from '../tools/release.ts';

/** @param createStacks makes the stacks of the app, whose machines run `release`. */
export async function synthesize(createStacks: (app: App, release: Release) => void): Promise<void> {
  const root = process.cwd();
  const release = buildRelease({ root, releases: `${root}/dist` });
  // Stack traces hold this folder's path, so that two checkouts would differ; nobody reads the tree, and both take time.
  const context = { 'aws:cdk:disable-creation-stack-traces': true };
  const app = new App({ stackTraces: false, treeMetadata: false, analyticsReporting: false, context });
  // The CDK's own switch for its rules is ours for the rule pack, which is not even loaded then.
  if (process.env['CDK_VALIDATION'] !== 'false') {
    const { AwsSolutionsChecks } = await import('cdk-nag');
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  }
  createStacks(app, release);
  app.synth();
}
