/** The long copy of the lines. */

import { CfnBucket, CfnBucketPolicy } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Environment, Region } from '../../regions/schema.ts';
import { acknowledge } from '../acknowledge.ts';
import { policy } from '../machine/policy.ts';
import { logArchiveName } from '../names.ts';
import { keepWith } from '../retention.ts';

/** Thirteen months: last year's season can be looked at. */
const DAYS_KEPT = 400;
/** Lines older than the search domain's are rarely read. */
const DAYS_UNTIL_COLD = 30;
/** What was written over, by mistake or by a router that is no longer ours, can be brought back for so long. */
const DAYS_OVERWRITTEN_KEPT = 30;

export interface LogArchiveProps {
  readonly environment: Environment;
  readonly region: Region;
}

/**
 * The long copy of a region's lines, for environments that keep data. A bucket with objects in it refuses to be deleted, and nothing could
 * empty it at the end of an environment that deletes itself: there, lines are in the search domain only.
 * Resources: a bucket, encrypted, versioned, closed to the public and to whoever calls without TLS; retained. Each router may put objects
 * below its own name, and no machine may read or delete any.
 * Failure behaviour: while S3 does not answer, lines wait in the queues of the routers.
 */
export class LogArchive extends Construct {
  readonly bucketName: string;

  constructor(scope: Construct, id: string, { environment, region }: LogArchiveProps) {
    super(scope, id);
    const bucketName = logArchiveName(environment, region);
    this.bucketName = bucketName;
    const bucket = new CfnBucket(this, 'Bucket', {
      bucketName,
      bucketEncryption: {
        serverSideEncryptionConfiguration: [{ serverSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
      },
      publicAccessBlockConfiguration: {
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      ownershipControls: { rules: [{ objectOwnership: 'BucketOwnerEnforced' }] },
      versioningConfiguration: { status: 'Enabled' },
      lifecycleConfiguration: {
        rules: [
          {
            id: 'lines',
            status: 'Enabled',
            transitions: [{ storageClass: 'STANDARD_IA', transitionInDays: DAYS_UNTIL_COLD }],
            expirationInDays: DAYS_KEPT,
            noncurrentVersionExpiration: { noncurrentDays: DAYS_OVERWRITTEN_KEPT },
            abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
          },
          { id: 'marks', status: 'Enabled', expiredObjectDeleteMarker: true },
        ],
      },
    });
    keepWith(environment, bucket);
    acknowledge(bucket, {
      'AwsSolutions-S1':
        'The bucket is where logs end, routers only put into it, and a second bucket would hold lines on every put.',
    });
    new CfnBucketPolicy(this, 'Policy', {
      bucket: bucket.ref,
      policyDocument: policy([
        {
          Sid: 'TlsOnly',
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:*',
          Resource: [bucket.attrArn, `${bucket.attrArn}/*`],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ]),
    });
  }
}
