/** Which resources hold what no deploy can make again, each with what is lost. */

interface Stateful {
  /** What goes with it. */
  readonly lost: string;
  /**
   * Properties that CloudFormation will not change on what stands: it fails, or makes another one. Its published
   * specification does not say so of these; the documentation of each does. From memory.
   */
  readonly fixed?: readonly string[];
}

const STATEFUL: Readonly<Record<string, Stateful>> = {
  'AWS::Backup::BackupVault': { lost: 'the backups in it' },
  'AWS::EC2::EIP': { lost: 'the address that names lead to, or that others let in' },
  'AWS::EC2::NetworkInterface': {
    lost: 'the address by which a machine is known to its neighbours and in the seeds of the ring',
  },
  'AWS::EC2::Volume': {
    lost: 'what the machine has on its disk',
    fixed: ['AvailabilityZone', 'AvailabilityZoneId', 'Encrypted', 'KmsKeyId', 'SnapshotId', 'SourceVolumeId'],
  },
  'AWS::KMS::Key': {
    lost: 'whatever it sealed or signs, for good',
    fixed: ['KeySpec', 'KeyUsage', 'MultiRegion', 'Origin'],
  },
  'AWS::KMS::ReplicaKey': { lost: 'whatever it sealed or signs in its region' },
  'AWS::Logs::LogGroup': { lost: 'the lines in it' },
  'AWS::OpenSearchService::Domain': {
    lost: 'the lines in it, and the dashboards that people made',
    fixed: ['EncryptionAtRestOptions', 'NodeToNodeEncryptionOptions'],
  },
  'AWS::Route53::HostedZone': { lost: 'its names, among them those that no template wrote, and its name servers' },
  'AWS::S3::Bucket': { lost: 'the objects in it, or its deletion fails because of them' },
  'AWS::SES::EmailIdentity': { lost: 'its proof of ownership: no mail leaves until a new one is found' },
  'AWS::SNS::Topic': { lost: 'who listens: people have to confirm again before an alarm reaches them' },
  'AWS::SQS::Queue': { lost: 'what waits in it' },
  'AWS::SecretsManager::Secret': {
    lost: 'its value, at once: CloudFormation leaves no days in which to recover it',
  },
};
// Left out on purpose: certificates prove themselves again by DNS; images are made again from what is committed; peerings,
// balancers, groups and subnets hold nothing, and what stands in them is in the table itself.

/** What is lost with a resource of a type; undefined for one that a deploy makes again. */
export function lostWith(type: string): string | undefined {
  return STATEFUL[type]?.lost;
}

/** Whether a property of a type cannot change on the resource that stands. */
export function isFixed(type: string, property: string): boolean {
  return STATEFUL[type]?.fixed?.includes(property) ?? false;
}
