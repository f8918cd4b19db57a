/** How every machine of ours is launched. */

import { Stack } from 'aws-cdk-lib';
import { CfnLaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { encodedUserData, type UserDataOptions } from './user-data.ts';

const ROOT_DEVICE = '/dev/sda1';

export interface LaunchTemplateProps {
  /** An image id, or `resolve:ssm:NAME` of the parameter that holds it. */
  readonly imageId: string;
  readonly instanceType: string;
  readonly profileArn: string;
  readonly securityGroupIds: readonly string[];
  readonly userData: UserDataOptions;
  /** Tags of each machine; `Name` is what people look for. */
  readonly tags: Readonly<Record<string, string>>;
  readonly rootGiB: number;
  /** @default - AWS's own key for volumes */
  readonly kmsKeyId?: string;
  /** Its figures every minute rather than every five. @default true */
  readonly detailedMonitoring?: boolean;
  /** @default false */
  readonly publicAddress?: boolean;
}

/**
 * A launch template whose machines have encrypted disks, no key pair, and answer metadata to signed requests of their own only.
 * A disk of the machine's own goes with it.
 */
export function createLaunchTemplate(scope: Construct, id: string, props: LaunchTemplateProps): CfnLaunchTemplate {
  const { imageId, instanceType, profileArn, securityGroupIds, rootGiB, kmsKeyId, publicAddress = false } = props;
  const { detailedMonitoring = true } = props;
  const tags = Object.entries(props.tags).map(([key, value]) => ({ key, value }));
  return new CfnLaunchTemplate(scope, id, {
    launchTemplateData: {
      imageId,
      instanceType,
      iamInstanceProfile: { arn: profileArn },
      metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
      monitoring: { enabled: detailedMonitoring },
      ebsOptimized: true,
      blockDeviceMappings: [
        {
          deviceName: ROOT_DEVICE,
          ebs: {
            volumeSize: rootGiB,
            volumeType: 'gp3',
            encrypted: true,
            deleteOnTermination: true,
            ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
          },
        },
      ],
      ...(publicAddress
        ? { networkInterfaces: [{ deviceIndex: 0, associatePublicIpAddress: true, groups: [...securityGroupIds] }] }
        : { securityGroupIds: [...securityGroupIds] }),
      // Credits that run out would slow a service down without a word.
      ...(instanceType.startsWith('t') ? { creditSpecification: { cpuCredits: 'unlimited' } } : {}),
      tagSpecifications: [
        { resourceType: 'instance', tags },
        { resourceType: 'volume', tags },
      ],
      userData: encodedUserData({ ...props.userData, regionName: Stack.of(scope).region }),
    },
  });
}
