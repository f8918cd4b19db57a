/** Data stacks of environments, synthesized alone with what they need, and what their templates say. */

import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ringImage, serviceImage } from '../../lib/image/machine-image.ts';
import { DataStack } from '../../lib/stacks/data-stack.ts';
import { LogsStack } from '../../lib/stacks/logs-stack.ts';
import { NetworkStack } from '../../lib/stacks/network-stack.ts';
import { witnessRegion } from '../../regions/derived.ts';
import { loadEnvironments } from '../../regions/environments.ts';
import { type Environment, environmentSchema } from '../../regions/schema.ts';

export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into templates without knowing the shape of each resource
  readonly Properties: any;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly UpdatePolicy?: unknown;
}

/** Resources of one template by their logical ids. */
export type Resources = Readonly<Record<string, Resource>>;

const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> };
export const [PROD, LOADTEST] = ['prod', 'loadtest'].map(environmentNamed) as [Environment, Environment];

/** prod with a reason in the place of its witness. */
export const PROD_WITHOUT_WITNESS = environmentSchema.parse({
  ...PROD,
  regions: PROD.regions.slice(0, 2),
  shape: {
    twoRegions: {
      ...('twoRegions' in PROD.shape ? PROD.shape.twoRegions : {}),
      witness: { none: 'This environment of a test has only two regions.' },
    },
  },
});

const synthesized = new Map<string, ReadonlyMap<string, Resources>>();

/** The data stack of each region by the region's name. @param contentHash of the release that is in the images. */
export function dataResources(environment: Environment, contentHash = 'a'.repeat(64)): ReadonlyMap<string, Resources> {
  const key = JSON.stringify([environment, contentHash]);
  const known = synthesized.get(key) ?? synthesize(environment, contentHash);
  synthesized.set(key, known);
  return known;
}

function synthesize(environment: Environment, contentHash: string): ReadonlyMap<string, Resources> {
  process.env['CDK_VALIDATION'] = 'false';
  const scope = new App({ context });
  const release = { folder: '.', contentHash };
  const images = { service: serviceImage(release), ring: ringImage(release) };
  let primaryLogs: LogsStack | undefined;
  const stacks = environment.regions.map((region) => {
    const shared = { environment, region };
    const networkStack = new NetworkStack(scope, { ...shared, natGateways: 'one', endpointZones: 'one' });
    const logsStack =
      region === witnessRegion(environment)
        ? undefined
        : new LogsStack(scope, { ...shared, networkStack, image: images.service, primaryLogs });
    primaryLogs ??= logsStack;
    return [region.name, new DataStack(scope, { ...shared, networkStack, logsStack, image: images.ring })] as const;
  });
  return new Map(stacks.map(([region, stack]) => [region, Template.fromStack(stack).toJSON().Resources as Resources]));
}

export function resourcesOfType(resources: Resources, type: string): readonly (Resource & { readonly id: string })[] {
  return Object.entries(resources)
    .filter(([, { Type }]) => Type === type)
    .map(([id, resource]) => ({ id, ...resource }));
}

/** The literal value of a tag. */
export function tagOf({ Properties }: Resource, key: string): string | undefined {
  const tags = (Properties.Tags ?? []) as readonly { readonly Key: string; readonly Value: string }[];
  return tags.find((tag) => tag.Key === key)?.Value;
}

function environmentNamed(name: string): Environment {
  const environment = loadEnvironments().environments.find((one) => one.name === name);
  if (environment === undefined) throw new RangeError(`there is no environment ${name}`);
  return environment;
}
