/** The policy that CloudFormation works with when it deploys, made from what the templates hold: an operator names it at bootstrap. */

import { type AssembledStack, items, members, resourcesOf } from '../app/operator/assembly.ts';
import { allowed, type PolicyStatement, policy } from '../lib/machine/policy.ts';

/** What making, changing and removing the resources of one of CloudFormation's services asks of AWS. */
interface Service {
  readonly actions: readonly string[];
  /** One for all regions: a condition on the region would be one on where AWS has put it. */
  readonly isGlobal?: boolean;
}

/** By the middle part of the types of resources. Roles and buckets have statements of their own, which name them. */
const SERVICES: Readonly<Record<string, Service>> = {
  AutoScaling: { actions: ['autoscaling:*'] },
  Backup: { actions: ['backup:*', 'backup-storage:MountCapsule'] },
  Budgets: { actions: ['budgets:*'], isGlobal: true },
  CertificateManager: { actions: ['acm:*'] },
  CloudWatch: { actions: ['cloudwatch:*'] },
  EC2: { actions: ['ec2:*'] },
  ElasticLoadBalancingV2: { actions: ['elasticloadbalancing:*'] },
  IAM: { actions: [] },
  ImageBuilder: { actions: ['imagebuilder:*'] },
  KMS: { actions: ['kms:*'] },
  Logs: { actions: ['logs:*'] },
  OpenSearchService: { actions: ['es:*'] },
  Route53: { actions: ['route53:*'], isGlobal: true },
  S3: { actions: [] },
  SES: { actions: ['ses:*'] },
  SNS: { actions: ['sns:*'] },
  SQS: { actions: ['sqs:*'] },
  SSM: { actions: ['ssm:*'] },
  Scheduler: { actions: ['scheduler:*'] },
  SecretsManager: { actions: ['secretsmanager:*'] },
  WAFv2: { actions: ['wafv2:*'] },
};

/** `Fn::GetStackOutput` reads another region's stack in the name of the one that is deployed. */
const READS_OTHER_STACKS = 'cloudformation:DescribeStacks';

/** Who builds a house needs none of what is kept in it: also a template that asks for a secret's value gets none. */
const READS_OR_USES = [
  'ec2:CreateKeyPair',
  'ec2:GetConsole*',
  'ec2:GetPasswordData',
  'ec2:ImportKeyPair',
  'ec2:SendSerial*',
  'es:ESHttp*',
  'kms:GenerateMac',
  'kms:Sign',
  'logs:FilterLogEvents',
  'logs:GetLogEvents',
  'logs:StartLiveTail',
  'logs:StartQuery',
  'secretsmanager:BatchGetSecretValue',
  'secretsmanager:GetSecretValue',
  'secretsmanager:PutSecretValue',
  'ses:Send*',
  'sns:Publish',
  'sqs:ReceiveMessage',
  'sqs:SendMessage',
  'ssm:ResumeSession',
  'ssm:SendCommand',
  'ssm:StartAutomationExecution',
  'ssm:StartSession',
];

/** What holds for the whole account, costs money for a year, or takes back what was kept on purpose. */
const BEYOND_THE_STACKS = [
  'acm:ExportCertificate',
  'backup:DeleteBackupVaultLockConfiguration',
  'backup:DeleteRecoveryPoint',
  'backup:StartRestoreJob',
  'backup:UpdateGlobalSettings',
  'budgets:*BudgetAction*',
  'ec2:*BlockPublicAccess',
  'ec2:*EbsEncryptionByDefault',
  'ec2:*SerialConsoleAccess',
  'ec2:ModifyImageAttribute',
  'ec2:ModifySnapshotAttribute',
  'ec2:Purchase*',
  'es:Purchase*',
  'ses:PutAccount*',
];

const ROLE_ACTIONS = [
  'iam:CreateRole',
  'iam:DeleteRole',
  'iam:DeleteRolePolicy',
  'iam:GetRole',
  'iam:GetRolePolicy',
  'iam:ListAttachedRolePolicies',
  'iam:ListInstanceProfilesForRole',
  'iam:ListRolePolicies',
  'iam:PutRolePolicy',
  'iam:TagRole',
  'iam:UntagRole',
  'iam:UpdateAssumeRolePolicy',
  'iam:UpdateRole',
  'iam:UpdateRoleDescription',
];
const PROFILE_ACTIONS = [
  'iam:AddRoleToInstanceProfile',
  'iam:CreateInstanceProfile',
  'iam:DeleteInstanceProfile',
  'iam:GetInstanceProfile',
  'iam:RemoveRoleFromInstanceProfile',
  'iam:TagInstanceProfile',
  'iam:UntagInstanceProfile',
];
const BUCKET_ACTIONS = [
  's3:CreateBucket',
  's3:DeleteBucket',
  's3:DeleteBucketPolicy',
  's3:GetBucket*',
  's3:Get*Configuration',
  's3:PutBucket*',
  's3:Put*Configuration',
];
/** What all our buckets are called by. */
const BUCKETS = 'arn:aws:s3:::picl-idp-*';
const LINKED_ROLES = 'arn:aws:iam::*:role/aws-service-role/*';

/** As AWS counts it: without white space. */
export const DEPLOY_POLICY_CHARACTERS_MAX = 6144;

/**
 * The policy for all stacks: fit for each account of theirs.
 * @throws RangeError that names a type of resource of a service that has no row here, or a row that no resource asks for.
 */
export function deployPolicy(stacks: readonly AssembledStack[]) {
  const services = servicesOf(stacks);
  const regions = { StringEquals: { 'aws:RequestedRegion': unique(stacks.map(({ region }) => region)) } };
  const actionsOf = (isGlobal: boolean) =>
    services.filter((service) => (service.isGlobal ?? false) === isGlobal).flatMap(({ actions }) => actions);
  const regional = [...actionsOf(false), ...(readOtherStacks(stacks) ? [READS_OTHER_STACKS] : [])];
  return policy([
    { Sid: 'BuildInOurRegions', ...allowed(regional.sort(), ['*'], regions) },
    { Sid: 'BuildWhereRegionsAreOne', ...allowed(actionsOf(true), ['*']) },
    { Sid: 'Buckets', ...allowed(BUCKET_ACTIONS, [BUCKETS]) },
    ...roleStatements(stacks),
    { Sid: 'UseNothing', Effect: 'Deny', Action: READS_OR_USES, Resource: '*' },
    { Sid: 'StayWithinTheStacks', Effect: 'Deny', Action: BEYOND_THE_STACKS, Resource: '*' },
  ]);
}

/** The policy as the file holds it. */
export function deployPolicyText(stacks: readonly AssembledStack[]): string {
  return `${JSON.stringify(deployPolicy(stacks), undefined, 2)}\n`;
}

/** Only roles of our stacks, which CloudFormation names after them, with policies of their own, passed to whom the templates pass them. */
function roleStatements(stacks: readonly AssembledStack[]): readonly PolicyStatement[] {
  const prefixes = unique(stacks.map(prefixOf));
  const roles = prefixes.map((prefix) => `arn:aws:iam::*:role/${prefix}-*`);
  const profiles = prefixes.map((prefix) => `arn:aws:iam::*:instance-profile/${prefix}-*`);
  const managed = managedPolicies(stacks);
  const attach = ['iam:AttachRolePolicy', 'iam:DetachRolePolicy'];
  return [
    { Sid: 'RolesOfOurStacks', ...allowed([...ROLE_ACTIONS, ...PROFILE_ACTIONS], [...roles, ...profiles]) },
    {
      Sid: 'PassThem',
      ...allowed(['iam:PassRole'], roles, { StringEquals: { 'iam:PassedToService': trusted(stacks) } }),
    },
    ...(managed.length === 0
      ? []
      : [{ Sid: 'PoliciesOfAws', ...allowed(attach, roles, { ArnEquals: { 'iam:PolicyARN': managed } }) }]),
    { Sid: 'RolesThatAwsMakes', ...allowed(['iam:CreateServiceLinkedRole'], [LINKED_ROLES]) },
  ];
}

function servicesOf(stacks: readonly AssembledStack[]): readonly Service[] {
  const types = unique(resourcesOf(stacks).map(({ resource }) => resource.Type));
  const used = new Set(types.map((type) => type.split('::')[1] ?? type));
  const missing = types.filter((type) => !(String(type.split('::')[1]) in SERVICES));
  const idle = Object.keys(SERVICES).filter((service) => !used.has(service));
  if (missing.length > 0) throw new RangeError(`no actions are known for ${missing.join(', ')}`);
  if (idle.length > 0) throw new RangeError(`no resource is one of ${idle.join(', ')}: their rows can go`);
  return Object.values(SERVICES);
}

/** What the names of a stack's roles begin with: CloudFormation shortens long names at their end. */
function prefixOf({ name, region, environment }: AssembledStack): string {
  return environment === undefined ? name : `${environment}-${region}`;
}

function trusted(stacks: readonly AssembledStack[]): readonly string[] {
  return unique(
    resourcesOf(stacks, 'AWS::IAM::Role').flatMap(({ resource }) =>
      items(members(resource.Properties?.['AssumeRolePolicyDocument'])['Statement']).map((statement) =>
        String(members(members(statement)['Principal'])['Service']),
      ),
    ),
  );
}

function managedPolicies(stacks: readonly AssembledStack[]): readonly string[] {
  const roles = resourcesOf(stacks, 'AWS::IAM::Role');
  return unique(roles.flatMap(({ resource }) => items(resource.Properties?.['ManagedPolicyArns']).map(String)));
}

function readOtherStacks(stacks: readonly AssembledStack[]): boolean {
  return stacks.some(({ template }) => JSON.stringify(template).includes('"Fn::GetStackOutput"'));
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}
