/** Stacks of logs and of generators, synthesized with what they need, and what their templates say. */

import { readFileSync } from 'node:fs';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { serviceImage } from '../../lib/image/machine-image.ts';
import { GeneratorsStack } from '../../lib/stacks/generators-stack.ts';
import { LogsStack } from '../../lib/stacks/logs-stack.ts';
import { NetworkStack } from '../../lib/stacks/network-stack.ts';
import { servingRegions } from '../../regions/derived.ts';
import { loadEnvironments } from '../../regions/environments.ts';
import type { Environment, Region } from '../../regions/schema.ts';

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
const IMAGE = serviceImage({ folder: '.', contentHash: 'a'.repeat(64) });

export const [PROD, LOADTEST] = ['prod', 'loadtest'].map(environmentNamed) as [Environment, Environment];

function emptyApp(): App {
  process.env['CDK_VALIDATION'] = 'false';
  return new App({ context });
}

export interface LogsStacks {
  readonly networks: readonly NetworkStack[];
  /** The primary region's first. */
  readonly logs: readonly LogsStack[];
}

export function logsStacks(environment: Environment, scope = emptyApp()): LogsStacks {
  const networks: NetworkStack[] = [];
  const logs: LogsStack[] = [];
  for (const region of servingRegions(environment)) {
    const networkStack = new NetworkStack(scope, { environment, region, natGateways: 'one', endpointZones: 'one' });
    const [primaryLogs] = logs;
    networks.push(networkStack);
    logs.push(new LogsStack(scope, { environment, region, networkStack, image: IMAGE, primaryLogs }));
  }
  return { networks, logs };
}

/** The logs of one region, as if it were the first. */
export function logsAlone(environment: Environment, region: Region): LogsStack {
  const scope = emptyApp();
  const networkStack = new NetworkStack(scope, { environment, region, natGateways: 'one', endpointZones: 'one' });
  return new LogsStack(scope, { environment, region, networkStack, image: IMAGE, primaryLogs: undefined });
}

/** The generators of an environment, and its network and logs in the primary region. */
export function generatorsStack(environment: Environment): GeneratorsStack {
  const scope = emptyApp();
  const { networks, logs } = logsStacks(environment, scope);
  const [[networkStack], [logsStack], [region]] = [networks, logs, environment.regions];
  if (networkStack === undefined || logsStack === undefined || region === undefined) throw new Error('no region');
  return new GeneratorsStack(scope, { environment, region, networkStack, logsStack, image: IMAGE });
}

export function resourcesOf(stack: Stack): Resources {
  return Template.fromStack(stack).toJSON().Resources as Resources;
}

export function ofType(resources: Resources, type: string): readonly (Resource & { readonly id: string })[] {
  return Object.entries(resources)
    .filter(([, { Type }]) => Type === type)
    .map(([id, resource]) => ({ id, ...resource }));
}

/** The one resource of a type. */
export function only(resources: Resources, type: string): Resource & { readonly id: string } {
  const [first, ...others] = ofType(resources, type);
  if (first === undefined || others.length > 0) throw new Error(`${type}: got ${others.length + (first ? 1 : 0)}`);
  return first;
}

/** What a security group's bearers may do, one line a rule: `in PORT from SOURCE` or `out PORT to DESTINATION`. */
export function rulesOf(resources: Resources, bearer: string): readonly string[] {
  const group = ofType(resources, 'AWS::EC2::SecurityGroup').find(
    ({ Properties }) => Properties.GroupDescription === bearer,
  );
  const isOf = ({ Properties: { GroupId } }: Resource) =>
    group !== undefined && GroupId['Fn::GetAtt']?.[0] === group.id;
  const line = (direction: string, { Properties }: Resource) =>
    `${direction.split(' ')[0]} ${Properties.FromPort} ${direction.split(' ')[1]} ${peerOf(resources, Properties)}`;
  return [
    ...ofType(resources, 'AWS::EC2::SecurityGroupIngress')
      .filter(isOf)
      .map((rule) => line('in from', rule)),
    ...ofType(resources, 'AWS::EC2::SecurityGroupEgress')
      .filter(isOf)
      .map((rule) => line('out to', rule)),
  ].sort();
}

// biome-ignore lint/suspicious/noExplicitAny: properties of rules of either direction
function peerOf(resources: Resources, properties: any): string {
  const group = properties.SourceSecurityGroupId ?? properties.DestinationSecurityGroupId;
  if (group === undefined) {
    return properties.CidrIp ?? properties.DestinationPrefixListId ?? properties.SourcePrefixListId;
  }
  const id = group['Fn::GetAtt']?.[0];
  return id === undefined
    ? // A group of another stack, by the name of its export.
      String(group['Fn::ImportValue']).replace(/:.*(RoutersBalancer|Endpoints).*/, ' $1')
    : resources[id]?.Properties.GroupDescription;
}

/** The settings that a machine's user data writes into one file. */
export function settingsOf(template: Resource, file: string): Readonly<Record<string, string>> {
  const script = template.Properties.LaunchTemplateData.UserData['Fn::Base64'] as string;
  const [, text = ''] = script.match(new RegExp(`/${file}\\.env <<'END'\\n(.*?)\\nEND`, 's')) ?? [];
  return Object.fromEntries(text.split('\n').map((line) => line.split(/=(.*)/s, 2) as [string, string]));
}

function environmentNamed(name: string): Environment {
  const found = loadEnvironments().environments.find((environment) => environment.name === name);
  if (found === undefined) throw new Error(`no environment ${name}`);
  return found;
}
