/** How every machine of ours is launched. */

import { Stack } from 'aws-cdk-lib';
import { CfnLaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { Environment } from '../../regions/schema.ts';
import { keyValues } from '../key-values.ts';
import { encodedUserData, type UserDataOptions } from './user-data.ts';

const ROOT_DEVICE = '/dev/sda1';
const ROOT_GIB = 12;

export interface LaunchTemplateProps {
  readonly environment: Environment;
  /** What people know each machine by in its environment. */
  readonly name: string;
  /** An image id, or `resolve:ssm:NAME` of the parameter that holds it. */
  readonly imageId: string;
  readonly instanceType: string;
  readonly profileArn: string;
  readonly securityGroupIds: readonly string[];
  readonly userData: UserDataOptions;
  /** Tags of each machine and its disks, beside those that every machine has. @default - none */
  readonly tags?: Readonly<Record<string, string>>;
  /** @default - AWS's own key for volumes */
  readonly kmsKeyId?: string;
  /** Its figures every minute rather than every five. @default true */
  readonly detailedMonitoring?: boolean;
  /** @default false */
  readonly publicAddress?: boolean;
}

/**
 * A launch template whose machines have encrypted disks, no key pair, and answer metadata to signed requests of their own only.
 * A disk of the machine's own goes with it. Machine and disk bear its name, environment and role as tags: operators find them by these.
 */
export function createLaunchTemplate(scope: Construct, id: string, props: LaunchTemplateProps): CfnLaunchTemplate {
  const { environment, imageId, instanceType, profileArn, securityGroupIds, kmsKeyId, publicAddress = false } = props;
  const { detailedMonitoring = true } = props;
  const tags = keyValues({
    Name: `${environment.name} ${props.name}`,
    'picl-idp:environment': environment.name,
    'picl-idp:role': props.userData.role,
    ...props.tags,
  });
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
            volumeSize: ROOT_GIB,
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
