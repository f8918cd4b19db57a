/** The second line of the ring's backups: a snapshot of each node's volume every day, in two regions. */

import { CfnBackupPlan, CfnBackupSelection, CfnBackupVault } from 'aws-cdk-lib/aws-backup';
import { CfnRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { isWitness, servingRegions } from '../../regions/derived.ts';
import type { Environment, Region } from '../../regions/schema.ts';
import { acknowledge } from '../acknowledge.ts';
import { allowed, assumedBy, type PolicyStatement, policy } from '../machine/policy.ts';
import { ec2Arn } from '../names.ts';
import { keepWith } from '../retention.ts';
import { ringKeyAlias } from './ring-key.ts';

const BACKUP_TAG = 'picl-idp:backup';
/** Longer than a fault goes unseen, shorter than deleted accounts may be remembered. */
const DAYS_KEPT = 35;
/** What the vault's lock lets a plan ask for. */
const DAYS_KEPT_MIN = 7;
const DAYS_KEPT_MAX = 90;
/** In the quiet hours of both regions. UTC */
const EVERY_DAY = 'cron(0 9 * * ? *)';
const START_MINUTES = 60;
/** A snapshot that is not there by then is given up, and an alarm rings. */
const COMPLETION_MINUTES = 480;

/** Whether a region's ring nodes are backed up: see `RingBackup` for those that are not. */
export function isBackedUp(environment: Environment, region: Region): boolean {
  return environment.keepsData && !isWitness(environment, region);
}

/** By these tags the plan finds a volume; none where nothing is backed up. */
export function backupTags(environment: Environment, region: Region): Readonly<Record<string, string>> {
  return isBackedUp(environment, region) ? { [BACKUP_TAG]: tagValue(environment) } : {};
}

export interface RingBackupProps {
  readonly environment: Environment;
  readonly region: Region;
  /** Of the volumes, and so of their snapshots; copies that come here from elsewhere are encrypted with it too. */
  readonly keyArn: string;
}

/**
 * Daily snapshots of a serving region's ring volumes, and copies of them in the other serving region.
 * Resources: a locked vault, retained; a plan; the choice of volumes, by tag; the role that takes snapshots.
 * The lock is in governance mode: it refuses every deletion before its time, by whomever, until somebody with the right to lift locks lifts it,
 * which is on the record. Compliance mode cannot be lifted, not by AWS either: then a mistyped number of days, or an account that must go,
 * stays for good. Who wants it adds `changeableForDays`, and three days to think again.
 * There is none where data is not kept: its snapshots would outlive the night, and a vault that holds any refuses to go. There is none in a
 * witness's region: all it holds are claims, which both other regions hold and back up; a new node fetches them from there.
 * A snapshot is what a power cut leaves, with the commit log beside the tables: a node starts from it as from one.
 * Failure behaviour: a missed day is made up by the next one. With a region lost, its last copies are in the other one.
 */
export class RingBackup extends Construct {
  readonly vaultName: string;

  constructor(scope: Construct, id: string, { environment, region, keyArn }: RingBackupProps) {
    super(scope, id);
    const vault = new CfnBackupVault(this, 'Vault', {
      backupVaultName: vaultName(environment),
      encryptionKeyArn: keyArn,
      lockConfiguration: { minRetentionDays: DAYS_KEPT_MIN, maxRetentionDays: DAYS_KEPT_MAX },
    });
    keepWith(environment, vault);
    this.vaultName = vaultName(environment);
    const others = servingRegions(environment).filter(({ name }) => name !== region.name);
    const plan = new CfnBackupPlan(this, 'Plan', {
      backupPlan: {
        backupPlanName: `${environment.name}-ring`,
        backupPlanRule: [
          {
            ruleName: 'daily',
            targetBackupVault: vault.ref,
            scheduleExpression: EVERY_DAY,
            startWindowMinutes: START_MINUTES,
            completionWindowMinutes: COMPLETION_MINUTES,
            lifecycle: { deleteAfterDays: DAYS_KEPT },
            copyActions: others.map((other) => ({
              destinationBackupVaultArn: vaultArn(environment, other),
              lifecycle: { deleteAfterDays: DAYS_KEPT },
            })),
          },
        ],
      },
    });
    const role = new CfnRole(this, 'Role', {
      description: `takes and copies snapshots of the ring volumes of ${environment.name} in ${region.name}`,
      assumeRolePolicyDocument: assumedBy('backup.amazonaws.com'),
      policies: [
        {
          policyName: 'snapshots',
          policyDocument: policy(snapshotStatements(environment, { region, others }, keyArn)),
        },
      ],
    });
    new CfnBackupSelection(this, 'Volumes', {
      backupPlanId: plan.attrBackupPlanId,
      backupSelection: {
        selectionName: 'ring-volumes',
        iamRoleArn: role.attrArn,
        listOfTags: [
          { conditionType: 'STRINGEQUALS', conditionKey: BACKUP_TAG, conditionValue: tagValue(environment) },
        ],
      },
    });
    acknowledge(role, findingsLeft(environment, { region, others }));
  }
}

function tagValue({ name }: Environment): string {
  return `${name}/ring`;
}

function vaultName({ name }: Environment): string {
  return `${name}-ring`;
}

function vaultArn(environment: Environment, { name }: Region): string {
  return `arn:aws:backup:${name}:${environment.account}:backup-vault:${vaultName(environment)}`;
}

interface BackupRegions {
  readonly region: Region;
  /** Where copies go. */
  readonly others: readonly Region[];
}

/** What AWS's own policy for backups allows, for snapshots of these volumes alone. */
function snapshotStatements(
  environment: Environment,
  regions: BackupRegions,
  keyArn: string,
): readonly PolicyStatement[] {
  const { region, others } = regions;
  const reached = [region, ...others];
  const { snapshots, volumes, keysElsewhere } = openResources(environment, regions);
  const ofTheRing = { StringEquals: { [`aws:ResourceTag/${BACKUP_TAG}`]: tagValue(environment) } };
  const ofTheAlias = { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': ringKeyAlias(environment) } };
  const forAws = { Bool: { 'kms:GrantIsForAWSResource': 'true' } };
  const throughEc2 = { StringEquals: { 'kms:ViaService': reached.map(({ name }) => `ec2.${name}.amazonaws.com`) } };
  const reEncrypt = ['kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];
  return [
    // These actions know no resources.
    allowed(['ec2:DescribeSnapshots', 'ec2:DescribeTags', 'ec2:DescribeVolumes', 'tag:GetResources'], ['*']),
    allowed(['ec2:CreateSnapshot'], volumes, ofTheRing),
    allowed(['ec2:CreateSnapshot', 'ec2:CopySnapshot', 'ec2:CreateTags', 'ec2:DeleteSnapshot'], snapshots),
    allowed(
      ['backup:DescribeBackupVault', 'backup:CopyIntoBackupVault'],
      reached.map((one) => vaultArn(environment, one)),
    ),
    // Which recovery points a vault holds is not known before.
    allowed(['backup:CopyFromBackupVault'], ['*']),
    allowed(['kms:DescribeKey'], [keyArn]),
    allowed(['kms:CreateGrant'], [keyArn], forAws),
    allowed(reEncrypt, [keyArn], throughEc2),
    allowed(['kms:DescribeKey'], keysElsewhere, ofTheAlias),
    allowed(['kms:CreateGrant'], keysElsewhere, { ...ofTheAlias, ...forAws }),
    allowed(reEncrypt, keysElsewhere, { ...ofTheAlias, ...throughEc2 }),
  ];
}

/** What has no name that a policy could say. */
function openResources(environment: Environment, { region, others }: BackupRegions) {
  return {
    volumes: [ec2Arn(environment, region, 'volume/*')],
    snapshots: [region, ...others].map(({ name }) => `arn:aws:ec2:${name}::snapshot/*`),
    keysElsewhere: others.map(({ name }) => `arn:aws:kms:${name}:${environment.account}:key/*`),
  };
}

function findingsLeft(environment: Environment, regions: BackupRegions): Readonly<Record<string, string>> {
  const { volumes, snapshots, keysElsewhere } = openResources(environment, regions);
  const reasons = (resources: readonly string[], reason: string) =>
    Object.fromEntries(resources.map((resource) => [`AwsSolutions-IAM5[Resource::${resource}]`, reason]));
  return {
    ...reasons(
      ['*'],
      'What describes snapshots and finds tags knows no resources, and recovery points are named as they are made.',
    ),
    ...reasons(volumes, 'Volumes are told by the tag of the backup plan.'),
    ...reasons(snapshots, 'Snapshots have no names before they are taken.'),
    ...reasons(keysElsewhere, 'Another region gives its key an id that nobody knows here; it is told by its alias.'),
  };
}
