/** Names and ARNs as people read them: the same words in every environment and region. */

import { type AssembledStack, type PlacedResource, tagOf } from '../../app/operator/assembly.ts';
import type { Target } from './values.ts';

const ARN = /^arn:aws:([a-z0-9-]*):([a-z0-9-]*):(\d*|aws):(.+)$/;
/** How people call what ARNs name. */
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/^secretsmanager secret:(.*)-\?{6}$/, 'secret $1'],
  [/^logs log-group:/, 'log group '],
  [/^cloudformation stack\/(.*)\/\*$/, 'stack $1'],
  // What a reference stands for says its kind itself.
  [/^[a-z0-9]+ [a-z-]+\/(?=(volume|interface|address) of )/, ''],
  [/^ec2 (instance|volume|snapshot|network-interface)\/\*$/, 'any $1'],
  [/^kms key\/\*$/, 'any key'],
  [/^kms key\/mrk-\*$/, 'any key of several regions'],
  [/^backup backup-vault:/, 'vault '],
  [/^es domain\//, 'search domain '],
  [/^s3 /, 'bucket '],
  [/^sqs /, 'queue '],
  [/^iam root$/, 'the account itself, by policies of its own'],
  [/^iam role\/(.*\/)?/, 'role '],
];
/** Services of which an environment has one thing for all its regions. */
const ONCE = ['es'];
/** What CloudFormation's ids end in. */
const ID_HASH = /[0-9A-F]{8}$/;

/**
 * A text of a stack without what only tells one environment, region, node or release from another.
 * An ARN is shortened to its service and what follows the account; another region than the stack's own is told.
 */
export function readableText(text: string, stack: AssembledStack): string {
  const [, service, region, , rest] = ARN.exec(text) ?? [];
  if (service === undefined || rest === undefined) return withoutNames(text, stack);
  const isElsewhere = region !== '' && region !== stack.region && !ONCE.includes(service);
  const place = isElsewhere ? ' in other regions' : '';
  const named = `${service} ${withoutNames(rest, stack)}`;
  const form = FORMS.find(([pattern]) => pattern.test(named));
  return `${form === undefined ? named : named.replace(...form)}${place}`;
}

/** What a reference stands for: by the name that the resource is tagged with, its own name or description, or its id. */
export function referenceName({
  stack,
  id,
  resource,
}: Target | (PlacedResource & { readonly attribute: string })): string {
  const { Type: type, Properties: properties = {} } = resource;
  const kind = KINDS[type] ?? type.split('::').slice(1).join(' ');
  const own = ['Name', 'BucketName', 'QueueName', 'DomainName', 'BackupVaultName', 'PolicyName', 'Description']
    .map((property) => properties[property])
    .find((value) => typeof value === 'string');
  const name = tagOf(resource, 'Name') ?? own ?? id.replace(ID_HASH, '');
  return `${kind} ${withoutNames(String(name), stack).replace(/ of ENV in REGION$/, '')}`;
}

const KINDS: Readonly<Record<string, string>> = {
  'AWS::EC2::EIP': 'address of',
  'AWS::EC2::NetworkInterface': 'interface of',
  'AWS::EC2::Volume': 'volume of',
  'AWS::KMS::Key': 'key of',
  'AWS::KMS::ReplicaKey': 'key of',
  'AWS::OpenSearchService::Domain': 'search domain',
  'AWS::S3::Bucket': 'bucket',
  'AWS::S3::BucketPolicy': 'bucket by',
  'AWS::SNS::Topic': 'topic',
  'AWS::SNS::TopicPolicy': 'topic by',
  'AWS::SQS::Queue': 'queue',
  'AWS::SQS::QueuePolicy': 'queue by',
  'AWS::Logs::ResourcePolicy': 'log groups by',
};

function withoutNames(text: string, { environment = 'release', account, region }: AssembledStack): string {
  return (
    text
      // The operator's own domain: mail is sent in its name.
      .replaceAll(/(\bidentity\/|@)[a-z0-9-]+(\.[a-z0-9-]+)+/g, '$1ZONE')
      .replaceAll(new RegExp(`\\b${environment}\\b`, 'g'), 'ENV')
      .replaceAll(account, 'ACCOUNT')
      .replaceAll(region, 'REGION')
      .replaceAll(/\b[a-z]{2}-[a-z]+-\d\b/g, 'OTHER-REGION')
      .replaceAll(/\b(ring|log-router)-\d+\b/g, '$1-N')
      .replaceAll(/\b[0-9a-f]{64}\b/g, 'HASH')
  );
}
