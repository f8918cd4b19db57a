/** IAM roles as the templates write them: who may take each, and what each may do. */

import {
  type AssembledStack,
  items,
  members,
  type PlacedResource,
  type Properties,
  resourcesOf,
  type TemplateValue,
} from '../../app/operator/assembly.ts';
import { keyOf, type Target, type Values } from './values.ts';

export interface Statement {
  readonly effect: string;
  /** Names of whom it is about, where the policy stands on a resource: `*`, a service or an ARN. */
  readonly principals: readonly string[];
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** By operator and key, as IAM writes them. */
  readonly conditions: readonly {
    readonly operator: string;
    readonly key: string;
    readonly values: readonly string[];
  }[];
}

export interface IamRole extends PlacedResource {
  readonly key: string;
  readonly description: string;
  /** Who may take it. */
  readonly trusted: readonly Statement[];
  readonly statements: readonly Statement[];
  /** ARNs of AWS's own policies. */
  readonly managedPolicies: readonly string[];
}

/** How a reference is written in ARNs. */
export type Naming = (target: Target) => string;

export function readRoles(stacks: readonly AssembledStack[], values: Values, naming?: Naming): readonly IamRole[] {
  return resourcesOf(stacks, 'AWS::IAM::Role').map((place) => {
    const properties = place.resource.Properties ?? {};
    const read = (document: TemplateValue | undefined) => readStatements(document, place.stack, values, naming);
    return {
      ...place,
      key: keyOf(place),
      description: String(properties['Description'] ?? place.id),
      trusted: read(properties['AssumeRolePolicyDocument']),
      statements: items(properties['Policies']).flatMap((policy) => read(members(policy)['PolicyDocument'])),
      managedPolicies: items(properties['ManagedPolicyArns']).map((arn) => values.text(arn, place.stack)),
    };
  });
}

/** A policy on a resource: who else may do what with it. */
export interface ResourcePolicy extends PlacedResource {
  readonly statements: readonly Statement[];
}

/** Where each kind of resource has its policy. */
const POLICY_PROPERTIES: Readonly<Record<string, string>> = {
  'AWS::KMS::Key': 'KeyPolicy',
  'AWS::KMS::ReplicaKey': 'KeyPolicy',
  'AWS::SQS::QueuePolicy': 'PolicyDocument',
  'AWS::SNS::TopicPolicy': 'PolicyDocument',
  'AWS::S3::BucketPolicy': 'PolicyDocument',
  'AWS::OpenSearchService::Domain': 'AccessPolicies',
  'AWS::Logs::ResourcePolicy': 'PolicyDocument',
  'AWS::Backup::BackupVault': 'AccessPolicy',
  'AWS::SecretsManager::ResourcePolicy': 'ResourcePolicy',
  'AWS::EC2::VPCEndpoint': 'PolicyDocument',
};

export function readResourcePolicies(
  stacks: readonly AssembledStack[],
  values: Values,
  naming?: Naming,
): readonly ResourcePolicy[] {
  return resourcesOf(stacks, ...Object.keys(POLICY_PROPERTIES)).flatMap((place) => {
    const document = place.resource.Properties?.[POLICY_PROPERTIES[place.resource.Type] ?? ''];
    if (document === undefined) return [];
    const parsed = typeof document === 'string' ? (JSON.parse(document) as TemplateValue) : document;
    return [{ ...place, statements: readStatements(parsed, place.stack, values, naming) }];
  });
}

function readStatements(
  document: TemplateValue | undefined,
  stack: AssembledStack,
  values: Values,
  naming?: Naming,
): readonly Statement[] {
  const texts = (value: TemplateValue | undefined) => listOf(value).map((one) => values.text(one, stack, naming));
  return items(members(document)['Statement']).map((statement) => {
    const {
      Effect: effect,
      Principal: principal,
      Action: action,
      Resource: resource,
      Condition: condition,
    } = members(statement);
    return {
      effect: String(effect),
      principals: principalsOf(principal).flatMap(texts),
      actions: texts(action),
      resources: texts(resource),
      conditions: conditionsOf(members(condition), texts),
    };
  });
}

function principalsOf(principal: TemplateValue | undefined): readonly TemplateValue[] {
  if (principal === undefined) return [];
  return typeof principal === 'string' ? [principal] : Object.values(members(principal));
}

function conditionsOf(
  condition: Properties,
  texts: (value: TemplateValue | undefined) => readonly string[],
): Statement['conditions'] {
  return Object.entries(condition).flatMap(([operator, tests]) =>
    Object.entries(members(tests)).map(([key, value]) => ({ operator, key, values: texts(value) })),
  );
}

/** IAM takes a list of one as the one. */
function listOf(value: TemplateValue | undefined): readonly TemplateValue[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
