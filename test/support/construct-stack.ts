/** A stack for the test of one construct, with the context of the real app, and what templates say, of whatever stack. */

import { readFileSync } from 'node:fs';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { AssembledStack } from '../../app/operator/assembly.ts';
import { loadEnvironments } from '../../regions/environments.ts';
import type { Environment, Region } from '../../regions/schema.ts';

export interface Resource {
  readonly id: string;
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into templates without knowing the shape of each resource
  readonly Properties: any;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly UpdatePolicy?: any;
}

const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> };

export const [DEV, LOADTEST, PROD] = ['dev', 'loadtest', 'prod'].map(environmentNamed) as [
  Environment,
  Environment,
  Environment,
];

/** @param outdir where its assembly goes; to a folder of the CDK's own choice when nobody says. */
export function emptyApp(outdir?: string): App {
  // Synth validates; here it would take seconds for each template.
  process.env['CDK_VALIDATION'] = 'false';
  return new App({ context, ...(outdir === undefined ? {} : { outdir }) });
}

/** A stack in a region of an environment. @param scope where several stacks belong to one app. */
export function stackIn(environment: Environment, region: Region, scope = emptyApp()): Stack {
  return new Stack(scope, `${environment.name}-${region.name}-test`, {
    env: { account: environment.account, region: region.name },
  });
}

/** The region of an environment by its place in the data. */
export function regionOf(environment: Environment, index: number): Region {
  const region = environment.regions[index];
  if (region === undefined) throw new RangeError(`${environment.name} has no region ${index}`);
  return region;
}

/** The resources of a stack of a type, by the order of their ids. */
export function resourcesIn(stack: Stack | AssembledStack, type: string): readonly Resource[] {
  const { Resources: resources } = Stack.isStack(stack) ? Template.fromStack(stack).toJSON() : stack.template;
  return Object.entries(resources as Readonly<Record<string, Omit<Resource, 'id'>>>)
    .filter(([, { Type }]) => Type === type)
    .map(([id, resource]) => ({ id, ...resource }))
    .sort((left, right) => left.id.localeCompare(right.id));
}

/** The one resource of a type, or of those whose ids begin so. */
export function onlyIn(stack: Stack | AssembledStack, type: string, idPrefix = ''): Resource {
  const [first, ...others] = resourcesIn(stack, type).filter(({ id }) => id.startsWith(idPrefix));
  if (first === undefined || others.length > 0) {
    throw new RangeError(`${type} ${idPrefix}: got ${others.length + (first === undefined ? 0 : 1)}, wanted 1`);
  }
  return first;
}

function environmentNamed(name: string): Environment {
  const found = loadEnvironments().environments.find((environment) => environment.name === name);
  if (found === undefined) throw new RangeError(`there is no environment ${name}`);
  return found;
}
