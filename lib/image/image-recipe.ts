/** What every bake needs, whoever starts it: components, recipe, the machine that bakes, and where its words go. */

import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnInstanceProfile, CfnRole } from 'aws-cdk-lib/aws-iam';
import { CfnComponent, CfnImageRecipe, CfnInfrastructureConfiguration } from 'aws-cdk-lib/aws-imagebuilder';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { AssetHashType } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import { allowed, assumedBy, policy } from '../machine/policy.ts';
import { RELEASE_PARAMETERS } from './component-document.ts';
import { INSTANCE_PROFILE_POLICIES, imageTags, pipelineName } from './image-names.ts';
import type { MachineImage } from './machine-image.ts';

/** Machines that bake, the first that is to be had. Both are arm64, as the image is. */
const BAKING_INSTANCE_TYPES = ['c7g.large', 'm7g.large'];
const ROOT_DEVICE = '/dev/sda1';
const LOG_DAYS = 30;
/** Enough of a hash to tell one content from another in a name of at most 128 characters. */
const HASH_CHARACTERS = 16;

export interface ImageRecipeProps {
  readonly image: MachineImage;
  /** Whose image it is: an environment's name, or `release`. */
  readonly owner: string;
  /** Must reach the internet: packages of the distribution, Node and Cassandra are downloaded there. */
  readonly subnetId: string;
  /** Must let out HTTPS, and HTTP to the distribution's mirrors, whose packages are signed. Nothing need come in. */
  readonly securityGroupId: string;
}

/**
 * A recipe and all that runs it.
 * Resources: the release as an asset, a component for each step, the recipe, an infrastructure configuration with its
 * role, instance profile and log group. None keeps state.
 * Names: components and recipes cannot be changed under a name and version, so their names carry the hash of their
 * content. When an older commit is deployed again and its names are still there, Image Builder counts on by itself: the
 * build number of a component, and the `x` of the recipe's version (since November 2025, as its issue tracker says).
 * When an image is replaced its old recipe is removed, too; a recipe that Image Builder would not let go of is left
 * behind by CloudFormation without failing the deploy (from memory).
 */
export class ImageRecipe extends Construct {
  readonly recipeArn: string;
  readonly infrastructureArn: string;
  readonly logGroupName: string;

  constructor(scope: Construct, id: string, { image, owner, subnetId, securityGroupId }: ImageRecipeProps) {
    super(scope, id);
    const name = pipelineName(owner, image.kind);
    // Named by the hash of what the release is made of, so that equal sources upload nothing and change no template.
    const release = new Asset(this, 'Release', {
      path: image.release.folder,
      assetHash: image.release.contentHash,
      assetHashType: AssetHashType.CUSTOM,
    });
    const releaseParameters = [
      { name: RELEASE_PARAMETERS.url, value: [release.s3ObjectUrl] },
      { name: RELEASE_PARAMETERS.owner, value: [Stack.of(this).account] },
    ];
    const components = image.components.map((component) => {
      const { attrArn } = new CfnComponent(this, `Component-${component.name}`, {
        name: `${name}-${component.name}-${component.contentHash.slice(0, HASH_CHARACTERS)}`,
        version: '1.0.0',
        platform: 'Linux',
        data: component.document,
      });
      return { componentArn: attrArn, ...(component.takesRelease ? { parameters: releaseParameters } : {}) };
    });
    this.recipeArn = new CfnImageRecipe(this, 'Recipe', {
      name: `${name}-${image.contentHash.slice(0, HASH_CHARACTERS)}`,
      version: '1.0.x',
      parentImage: image.baseImage,
      components,
      blockDeviceMappings: [
        {
          deviceName: ROOT_DEVICE,
          ebs: { volumeSize: image.diskGiB, volumeType: 'gp3', encrypted: true, deleteOnTermination: true },
        },
      ],
      // The machine of a role is reached through the agent, so it stays in the image.
      additionalInstanceConfiguration: { systemsManagerAgent: { uninstallAfterBuild: false } },
      tags: imageTags(owner, image),
    }).attrArn;
    // Image Builder may write below this prefix without a role of its own for it; a group of ours has an end.
    const logGroup = new CfnLogGroup(this, 'Logs', {
      logGroupName: `/aws/imagebuilder/${name}`,
      retentionInDays: LOG_DAYS,
    });
    logGroup.applyRemovalPolicy(RemovalPolicy.DESTROY);
    this.logGroupName = logGroup.ref;
    const bucketArn = `arn:aws:s3:::${release.s3BucketName}`;
    const profileName = this.addInstanceProfile(name, { bucketArn, releaseArn: `${bucketArn}/${release.s3ObjectKey}` });
    this.infrastructureArn = new CfnInfrastructureConfiguration(this, 'Infrastructure', {
      name,
      instanceProfileName: profileName,
      instanceTypes: BAKING_INSTANCE_TYPES,
      instanceMetadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
      subnetId,
      securityGroupIds: [securityGroupId],
      terminateInstanceOnFailure: true,
      resourceTags: { Name: `${name} baking` },
    }).attrArn;
  }

  /** @returns the name of the profile by which the machine that bakes may read the release, and nothing else of ours. */
  private addInstanceProfile(
    name: string,
    { bucketArn, releaseArn }: { readonly bucketArn: string; readonly releaseArn: string },
  ): string {
    const role = new CfnRole(this, 'Role', {
      description: `${name} while it is baked`,
      assumeRolePolicyDocument: assumedBy('ec2.amazonaws.com'),
      managedPolicyArns: [...INSTANCE_PROFILE_POLICIES],
      policies: [
        {
          policyName: 'release',
          policyDocument: policy([
            allowed(['s3:GetObject'], [releaseArn]),
            // Without it a release that is not there is answered as if it were forbidden.
            allowed(['s3:ListBucket'], [bucketArn]),
          ]),
        },
      ],
    });
    acknowledge(
      role,
      Object.fromEntries(INSTANCE_PROFILE_POLICIES.map((arn) => [`AwsSolutions-IAM4[Policy::${arn}]`, MANAGED_REASON])),
    );
    return new CfnInstanceProfile(this, 'Profile', { roles: [role.ref] }).ref;
  }
}

const MANAGED_REASON =
  'Image Builder requires this policy by name, extends it with its agent, and lets builds without it run into their time limit.';
