/** The synthesized assembly as data: what the CDK's app wrote into `cdk.out`, for whoever asks the templates questions. */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';

/** A value of a template: JSON, in which an object of one key such as `Ref` or `Fn::GetAtt` stands for what is known later. */
export type TemplateValue =
  | string
  | number
  | boolean
  | null
  | readonly TemplateValue[]
  | { readonly [key: string]: TemplateValue };
export type Properties = Readonly<Record<string, TemplateValue>>;

export interface Resource {
  readonly Type: string;
  readonly Properties?: Properties;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly UpdatePolicy?: Properties;
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: TemplateValue; readonly Export?: TemplateValue }>>;
}

export interface AssembledStack {
  readonly name: string;
  /** Nothing for a stack that belongs to no environment, such as `release-us-east-1`. */
  readonly environment: string | undefined;
  readonly layer: string | undefined;
  readonly account: string;
  readonly region: string;
  /** Names of the stacks that are deployed before it. */
  readonly dependencies: readonly string[];
  readonly terminationProtection: boolean;
  /** The role with which CloudFormation makes resources, which the bootstrap of the account made. */
  readonly executionRoleArn: string | undefined;
  /** What the bootstrap must be at least, and the parameter that says what it is. */
  readonly bootstrap: { readonly versionMin: number; readonly versionParameter: string } | undefined;
  readonly template: Template;
}

/** A resource with the names under which people find it. */
export interface PlacedResource {
  readonly stack: AssembledStack;
  readonly id: string;
  readonly resource: Resource;
}

/** The assembly is not there, or not as the CDK writes it, or has no such environment. The message says what to do. */
class AssemblyRefused extends Error {
  override readonly name = 'AssemblyRefused';
}

const MANIFEST = 'manifest.json';
const STACK_TYPE = 'aws:cloudformation:stack';

const stackArtifact = z.object({
  type: z.literal(STACK_TYPE),
  environment: z.string().regex(/^aws:\/\/\d{12}\/[a-z0-9-]+$/),
  dependencies: z.array(z.string()).default([]),
  properties: z.object({
    templateFile: z.string(),
    stackName: z.string().optional(),
    terminationProtection: z.boolean().default(false),
    cloudFormationExecutionRoleArn: z.string().optional(),
    requiresBootstrapStackVersion: z.number().optional(),
    bootstrapStackVersionSsmParameter: z.string().optional(),
  }),
});
const manifestSchema = z.object({ artifacts: z.record(z.string(), z.looseObject({ type: z.string() })) });
const templateSchema = z.looseObject({
  Resources: z.record(z.string(), z.looseObject({ Type: z.string() })).default({}),
});

/**
 * Reads every stack of an assembly, in the order of the manifest.
 * @param folder as `cdk synth` wrote it, for example `cdk.out`.
 * @throws AssemblyRefused that says how to make one.
 */
export function readAssembly(folder: string): readonly AssembledStack[] {
  const { artifacts } = readJson(folder, MANIFEST, manifestSchema);
  const stacks = Object.entries(artifacts).filter(([, { type }]) => type === STACK_TYPE);
  const stackIds = new Set(stacks.map(([id]) => id));
  return stacks.map(([id, artifact]) => {
    const { environment, dependencies, properties } = checked(stackArtifact, artifact, `${id} in ${MANIFEST}`);
    const [, account = '', region = ''] = /^aws:\/\/(\d{12})\/(.+)$/.exec(environment) ?? [];
    const name = properties.stackName ?? id;
    return {
      name,
      ...partsOfName(name, region),
      account,
      region,
      dependencies: dependencies.filter((dependency) => stackIds.has(dependency)),
      terminationProtection: properties.terminationProtection,
      executionRoleArn: literalRoleArn(properties.cloudFormationExecutionRoleArn),
      bootstrap: bootstrapOf(properties),
      template: readJson(folder, properties.templateFile, templateSchema) as unknown as Template,
    };
  });
}

/** The stacks of one environment. @throws AssemblyRefused that lists the environments there are. */
export function stacksOf(stacks: readonly AssembledStack[], environment: string): readonly AssembledStack[] {
  const own = stacks.filter((stack) => stack.environment === environment);
  if (own.length > 0) return own;
  const known = [...new Set(stacks.flatMap((stack) => stack.environment ?? []))].sort();
  throw new AssemblyRefused(
    `environment: got "${environment}", allowed: ${known.join(', ') || 'none, the assembly has no environment'}`,
  );
}

/** All resources of stacks, or those of some types. */
export function resourcesOf(stacks: readonly AssembledStack[], ...types: readonly string[]): readonly PlacedResource[] {
  return stacks.flatMap((stack) =>
    Object.entries(stack.template.Resources)
      .filter(([, { Type }]) => types.length === 0 || types.includes(Type))
      .map(([id, resource]) => ({ stack, id, resource })),
  );
}

/** The id of the resource of the same template that a value refers to, by `Ref` or by `Fn::GetAtt`. */
export function referredId(value: TemplateValue | undefined): string | undefined {
  const { Ref: ref, 'Fn::GetAtt': attribute } = members(value);
  if (typeof ref === 'string') return ref;
  const [id] = Array.isArray(attribute) ? attribute : String(attribute ?? '').split('.');
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/** A value as an object; nothing in it when it is none. */
export function members(value: TemplateValue | undefined): Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Properties) : {};
}

/** A value as a list; empty when it is none. */
export function items(value: TemplateValue | undefined): readonly TemplateValue[] {
  return Array.isArray(value) ? value : [];
}

/** The literal value of a resource's tag. */
export function tagOf({ Properties: properties }: Resource, key: string): string | undefined {
  const tag = items(properties?.['Tags'])
    .map(members)
    .find((one) => one['Key'] === key);
  return typeof tag?.['Value'] === 'string' ? tag['Value'] : undefined;
}

/** `<environment>-<region>-<layer>`: other names belong to no environment. */
function partsOfName(name: string, region: string): Pick<AssembledStack, 'environment' | 'layer'> {
  const middle = `-${region}-`;
  const at = name.indexOf(middle);
  if (at <= 0) return { environment: undefined, layer: undefined };
  return { environment: name.slice(0, at), layer: name.slice(at + middle.length) };
}

function bootstrapOf({
  requiresBootstrapStackVersion: versionMin,
  bootstrapStackVersionSsmParameter: versionParameter,
}: z.infer<typeof stackArtifact>['properties']): AssembledStack['bootstrap'] {
  return versionMin === undefined || versionParameter === undefined ? undefined : { versionMin, versionParameter };
}

/** The CDK leaves the partition for the command line to fill in. */
function literalRoleArn(arn: string | undefined): string | undefined {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the CDK's placeholder
  return arn?.replace('${AWS::Partition}', 'aws');
}

function readJson<Schema extends z.ZodType>(folder: string, file: string, schema: Schema): z.infer<Schema> {
  const path = resolve(join(folder, file));
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AssemblyRefused(`assembly: ${path} cannot be read; "npm run synth" makes the assembly`, { cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AssemblyRefused(`assembly: ${path} is not JSON; "npm run synth" makes the assembly anew`, { cause });
  }
  return checked(schema, value, path);
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`);
  throw new AssemblyRefused(`assembly: ${what} is not as the CDK writes it: ${faults.join('; ')}`);
}
