/** The two ways to an image: baked by the deploy that needs it, or by a pipeline that a release step starts. */

import { Stack } from 'aws-cdk-lib';
import { CfnRole } from 'aws-cdk-lib/aws-iam';
import {
  CfnDistributionConfiguration,
  CfnImage,
  CfnImagePipeline,
  CfnLifecyclePolicy,
} from 'aws-cdk-lib/aws-imagebuilder';
import { Construct, type IDependable } from 'constructs';
import type { Environment } from '../../regions/schema.ts';
import { acknowledge } from '../acknowledge.ts';
import { assumedBy } from '../machine/policy.ts';
import { keepWith } from '../retention.ts';
import { IMAGE_TAG, imageTags, pipelineName, RELEASE_OWNER } from './image-names.ts';
import { ImageRecipe, type ImageRecipeProps } from './image-recipe.ts';
import { imageParameterName, type MachineImage } from './machine-image.ts';

/** An image that does not come up, or fails its check, within this time is none. Minutes. */
const TEST_MINUTES_MAX = 60;
const IMAGES_KEPT = 3;
/** A machine may be started again from an image that one was started from lately. Weeks. */
const LAUNCHED_WEEKS_KEPT = 4;
const LIFECYCLE_POLICY = 'arn:aws:iam::aws:policy/service-role/EC2ImageBuilderLifecycleExecutionPolicy';

export interface BakedImageProps extends Omit<ImageRecipeProps, 'owner'> {
  readonly environment: Environment;
  /** What the machine that bakes needs to be there: a bake that starts before its way out waits in vain. */
  readonly after: readonly IDependable[];
}

/**
 * An image that the deploy bakes: the deploy waits for it, some half an hour (from memory), and fails when it fails.
 * Whatever starts machines from it must depend on this construct; it finds the image by `imageId`.
 * Resources: those of `ImageRecipe`, a distribution, the image, a lifecycle policy and the role of it and of deletion.
 * Failure behaviour: a new content hash makes a new image and leaves the old one alone, image and parameter, so that
 * what is rolled back, in this stack or in one that uses it, finds what it had. The lifecycle policy trims what is left
 * behind, also by earlier stacks of this name: it keeps the last three, and whatever a machine was started from lately.
 * With the stack goes its image, unless the environment keeps its data; parameters stay, cost nothing, and are
 * written anew by the next bake of that content.
 */
export class BakedImage extends Construct {
  constructor(scope: Construct, id: string, { environment, after, ...props }: BakedImageProps) {
    super(scope, id);
    const { image } = props;
    const owner = environment.name;
    const recipe = new ImageRecipe(this, 'Recipe', { ...props, owner });
    const lifecycleRole = addLifecycle(this, owner, image);
    const baked = new CfnImage(this, 'Image', {
      imageRecipeArn: recipe.recipeArn,
      infrastructureConfigurationArn: recipe.infrastructureArn,
      distributionConfigurationArn: addDistribution(this, owner, image, imageParameterName(environment, image)),
      imageTestsConfiguration: { imageTestsEnabled: true, timeoutMinutes: TEST_MINUTES_MAX },
      loggingConfiguration: { logGroupName: recipe.logGroupName },
      tags: imageTags(owner, image),
      // Deleting the resource alone would leave the image and its snapshot.
      ...(environment.keepsData ? {} : { deletionSettings: { executionRole: lifecycleRole.attrArn } }),
    });
    baked.node.addDependency(...after);
    keepWith(environment, baked);
  }
}

/**
 * A pipeline that bakes an image when `npm run release -- bake` starts it, never by itself.
 * Resources: those of `ImageRecipe`, a distribution, the pipeline; for the service image a lifecycle policy as well. Ring
 * images are never trimmed: a node may need the image that it names, however old, to start again.
 * Failure behaviour: nothing depends on a bake; one that fails leaves the recorded images as they are.
 */
export class ImagePipeline extends Construct {
  constructor(scope: Construct, id: string, props: Omit<ImageRecipeProps, 'owner'>) {
    super(scope, id);
    const { image } = props;
    const owner = RELEASE_OWNER;
    const recipe = new ImageRecipe(this, 'Recipe', { ...props, owner });
    const tags = imageTags(owner, image);
    if (image.kind === 'service') addLifecycle(this, owner, image);
    new CfnImagePipeline(this, 'Pipeline', {
      name: pipelineName(owner, image.kind),
      description: `Bakes the ${image.kind} image when a release asks for it`,
      imageRecipeArn: recipe.recipeArn,
      infrastructureConfigurationArn: recipe.infrastructureArn,
      distributionConfigurationArn: addDistribution(this, owner, image),
      imageTestsConfiguration: { imageTestsEnabled: true, timeoutMinutes: TEST_MINUTES_MAX },
      loggingConfiguration: { imageLogGroupName: recipe.logGroupName },
      status: 'ENABLED',
      imageTags: tags,
      tags,
    });
  }
}

/**
 * What the image is called and tagged, and which parameter leads to it. Its own region and account only: each region
 * bakes for itself, and a disk under AWS's own key cannot be shared.
 */
function addDistribution(scope: Construct, owner: string, image: MachineImage, parameterName?: string): string {
  return new CfnDistributionConfiguration(scope, 'Distribution', {
    name: pipelineName(owner, image.kind),
    distributions: [
      {
        region: Stack.of(scope).region,
        // The CDK passes this part on as it is written, so the names are those of templates.
        amiDistributionConfiguration: {
          // Image Builder fills in the date; names of images must differ when one content is baked twice.
          Name: `${pipelineName(owner, image.kind)}-${image.contentHash.slice(0, 12)}-{{ imagebuilder:buildDate }}`,
          Description: `picl-idp ${image.kind} image, content ${image.contentHash}`,
          AmiTags: imageTags(owner, image),
        },
        ...(parameterName === undefined
          ? {}
          : { ssmParameterConfigurations: [{ parameterName, dataType: 'aws:ec2:image' }] }),
      },
    ],
  }).attrArn;
}

function addLifecycle(scope: Construct, owner: string, image: MachineImage): CfnRole {
  const role = new CfnRole(scope, 'LifecycleRole', {
    description: `removes old ${owner} ${image.kind} images`,
    assumeRolePolicyDocument: assumedBy('imagebuilder.amazonaws.com'),
    managedPolicyArns: [LIFECYCLE_POLICY],
  });
  acknowledge(role, {
    [`AwsSolutions-IAM4[Policy::${LIFECYCLE_POLICY}]`]:
      'The policy allows removal of images and snapshots that carry the tag of Image Builder, and nothing else.',
  });
  new CfnLifecyclePolicy(scope, 'Lifecycle', {
    name: pipelineName(owner, image.kind),
    executionRole: role.attrArn,
    resourceType: 'AMI_IMAGE',
    status: 'ENABLED',
    policyDetails: [
      {
        action: { type: 'DELETE', includeResources: { amis: true, snapshots: true } },
        filter: { type: 'COUNT', value: IMAGES_KEPT },
        exclusionRules: { amis: { lastLaunched: { unit: 'WEEKS', value: LAUNCHED_WEEKS_KEPT } } },
      },
    ],
    resourceSelection: { tagMap: { [IMAGE_TAG]: `${owner}-${image.kind}` } },
  });
  return role;
}
