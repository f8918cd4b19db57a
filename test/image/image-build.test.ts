/** The templates by which images come to be: asked what happens to an image when its content changes, and when its stack goes. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { BakedImage, ImagePipeline } from '../../lib/image/image-build.ts';
import { imagesOf, type MachineImage } from '../../lib/image/machine-image.ts';
import { emptyApp, LOADTEST } from '../support/construct-stack.ts';

const NETWORK = { subnetId: 'subnet-0123456789abcdef0', securityGroupId: 'sg-0123456789abcdef0' };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'picl-idp-image-build-'));
  mkdirSync(join(folder, 'release'));
  writeFileSync(join(folder, 'release/release.json'), '{}\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

const release = (digit = 'a') => ({ folder: join(folder, 'release'), contentHash: digit.repeat(64) });

type Fill = (stack: Stack) => void;
function templateOf(fill: Fill, account = '222222222222'): Template {
  const app = emptyApp(mkdtempSync(join(folder, 'cdk-')));
  const stack = new Stack(app, 'images', { env: { account, region: 'us-west-2' } });
  fill(stack);
  return Template.fromStack(stack);
}
const made = new Map<string, Template>();
/** Templates are only read, so that each is made once. */
function once(key: string, make: () => Template): Template {
  const template = made.get(key) ?? make();
  made.set(key, template);
  return template;
}
const baked = (image: MachineImage, environment = LOADTEST) =>
  once(`baked ${image.contentHash} ${image.release.folder} ${environment.keepsData}`, () =>
    templateOf((stack) => new BakedImage(stack, 'Service', { environment, image, ...NETWORK, after: [] })),
  );
const piped = (image: MachineImage) =>
  once(`piped ${image.contentHash}`, () =>
    templateOf((stack) => new ImagePipeline(stack, 'Service', { image, ...NETWORK }), '333333333333'),
  );

const resourcesOf = (template: Template, type: string) => Object.entries(template.findResources(type));

describe('an image that the deploy bakes', () => {
  test('is made anew under the same logical id when its content changes, and the old one is left alone', () => {
    const [[before, old] = [], [after, renewed] = []] = ['a', 'b'].map(
      (digit) => resourcesOf(baked(imagesOf(release(digit)).service), 'AWS::ImageBuilder::Image')[0] ?? [],
    );
    expect(after).toBe(before);
    expect(renewed?.['Properties'].ImageRecipeArn).toEqual(old?.['Properties'].ImageRecipeArn);
    expect(old).toMatchObject({ UpdateReplacePolicy: 'Retain', DeletionPolicy: 'Delete' });
  });

  test('has a recipe and components that can be replaced, since their names follow their content', () => {
    const names = ['a', 'b'].map((digit) => {
      const template = baked(imagesOf(release(digit)).service);
      return {
        recipes: resourcesOf(template, 'AWS::ImageBuilder::ImageRecipe').map(([, { Properties }]) => Properties),
        components: resourcesOf(template, 'AWS::ImageBuilder::Component').map(([, { Properties }]) => Properties),
      };
    });
    const [one, other] = names;
    expect(one?.recipes).toMatchObject([{ Version: '1.0.x', Name: expect.stringMatching(/-service-[0-9a-f]{16}$/) }]);
    expect(other?.recipes[0]?.['Name']).not.toBe(one?.recipes[0]?.['Name']);
    // A new release is no new step.
    expect(other?.components).toEqual(one?.components);
    for (const { Name, Version, Data } of one?.components ?? []) {
      expect(Name).toMatch(/^picl-idp-loadtest-service-[a-z-]+-[0-9a-f]{16}$/);
      expect(Version).toBe('1.0.0');
      expect(Data.length).toBeLessThanOrEqual(16_000);
    }
  });

  test('changes no template when nothing of it changed but the folder in which its release lies', () => {
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'commit'), 'another\n');
    const moved = baked(imagesOf({ ...release(), folder: elsewhere }).service);
    expect(moved.toJSON()).toEqual(baked(imagesOf(release()).service).toJSON());
  });

  test('is written into the parameter that launch templates name, below what Image Builder may write', () => {
    const image = imagesOf(release()).service;
    baked(image).hasResourceProperties('AWS::ImageBuilder::DistributionConfiguration', {
      Distributions: [
        {
          Region: 'us-west-2',
          SsmParameterConfigurations: [
            {
              ParameterName: `/imagebuilder/picl-idp/loadtest/image/service/${image.contentHash}`,
              DataType: 'aws:ec2:image',
            },
          ],
        },
      ],
    });
  });

  test('is exported by no stack', () => {
    const { Outputs = {}, ...rest } = baked(imagesOf(release()).service).toJSON();
    expect(Outputs).toEqual({});
    expect(JSON.stringify(rest)).not.toContain('ImageId');
  });

  test('goes with its stack, snapshots too, unless the environment keeps its data', () => {
    baked(imagesOf(release()).service).hasResource('AWS::ImageBuilder::Image', {
      DeletionPolicy: 'Delete',
      Properties: { DeletionSettings: { ExecutionRole: Match.anyValue() } },
    });
    const keeping = { ...LOADTEST, keepsData: true };
    baked(imagesOf(release()).service, keeping).hasResource('AWS::ImageBuilder::Image', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: { DeletionSettings: Match.absent() },
    });
  });

  test('is trimmed to the last three, by the tag that each image bears, and never when it was launched lately', () => {
    const template = baked(imagesOf(release()).service);
    template.hasResourceProperties('AWS::ImageBuilder::LifecyclePolicy', {
      PolicyDetails: [
        {
          Action: { Type: 'DELETE', IncludeResources: { Amis: true, Snapshots: true } },
          Filter: { Type: 'COUNT', Value: 3 },
          ExclusionRules: { Amis: { LastLaunched: { Unit: 'WEEKS', Value: 4 } } },
        },
      ],
      ResourceSelection: { TagMap: { 'picl-idp:image': 'loadtest-service' } },
    });
    template.hasResourceProperties('AWS::ImageBuilder::Image', {
      Tags: { 'picl-idp:image': 'loadtest-service', 'picl-idp:content-hash': imagesOf(release()).service.contentHash },
    });
  });

  test('is started and checked before anything may use it', () =>
    baked(imagesOf(release()).service).hasResourceProperties('AWS::ImageBuilder::Image', {
      ImageTestsConfiguration: { ImageTestsEnabled: true, TimeoutMinutes: 60 },
    }));
});

describe('the machine that bakes', () => {
  test('stands in the subnet and group that it is given, asks metadata by token, and is gone after a failure', () =>
    baked(imagesOf(release()).service).hasResourceProperties('AWS::ImageBuilder::InfrastructureConfiguration', {
      SubnetId: NETWORK.subnetId,
      SecurityGroupIds: [NETWORK.securityGroupId],
      InstanceMetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
      TerminateInstanceOnFailure: true,
      KeyPair: Match.absent(),
    }));

  test('may read the release, that object alone, beside the two policies that Image Builder requires', () => {
    const template = baked(imagesOf(release()).service);
    const [recipe] = resourcesOf(template, 'AWS::ImageBuilder::ImageRecipe').map(([, { Properties }]) => Properties);
    const taking = recipe?.['Components'].filter(
      ({ Parameters }: { Parameters?: unknown }) => Parameters !== undefined,
    );
    expect(taking).toHaveLength(1);
    const [{ Name: first, Value: url }, owner] = taking[0].Parameters;
    expect(first).toBe('ReleaseUrl');
    expect(owner).toEqual({ Name: 'ReleaseOwner', Value: ['222222222222'] });
    expect(url[0]).toMatch(/^s3:\/\/cdk-[a-z0-9]+-assets-222222222222-us-west-2\/[0-9a-f]{64}\.zip$/);
    const objectArn: string = url[0].replace('s3://', 'arn:aws:s3:::');
    const bucketArn = objectArn.slice(0, objectArn.lastIndexOf('/'));
    template.hasResourceProperties('AWS::IAM::Role', {
      ManagedPolicyArns: [
        'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore',
        'arn:aws:iam::aws:policy/EC2InstanceProfileForImageBuilder',
      ],
      Policies: [
        {
          PolicyDocument: {
            Statement: [
              { Effect: 'Allow', Action: ['s3:GetObject'], Resource: [objectArn] },
              {
                Effect: 'Allow',
                Action: ['s3:ListBucket'],
                Resource: [bucketArn],
              },
            ],
          },
        },
      ],
    });
  });

  test('leaves an encrypted disk of one size behind, and words that are kept for a month', () => {
    const template = baked(imagesOf(release()).ring);
    template.hasResourceProperties('AWS::ImageBuilder::ImageRecipe', {
      BlockDeviceMappings: [
        {
          DeviceName: '/dev/sda1',
          Ebs: { Encrypted: true, VolumeType: 'gp3', VolumeSize: 8, DeleteOnTermination: true },
        },
      ],
    });
    template.hasResource('AWS::Logs::LogGroup', {
      DeletionPolicy: 'Delete',
      Properties: { LogGroupName: '/aws/imagebuilder/picl-idp-loadtest-ring', RetentionInDays: 30 },
    });
  });
});

describe('a pipeline of the release stacks', () => {
  test('has the name that the release step knows it by, says what it would bake, and bakes nothing by itself', () => {
    const image = imagesOf(release()).service;
    const template = piped(image);
    const tags = { 'picl-idp:image': 'release-service', 'picl-idp:content-hash': image.contentHash };
    template.hasResourceProperties('AWS::ImageBuilder::ImagePipeline', {
      Name: 'picl-idp-release-service',
      Schedule: Match.absent(),
      ImageTags: tags,
      Tags: tags,
    });
    template.resourceCountIs('AWS::ImageBuilder::Image', 0);
  });

  test('tags what it bakes so that the record can be verified, and writes no parameter', () => {
    const image = imagesOf(release()).ring;
    piped(image).hasResourceProperties('AWS::ImageBuilder::DistributionConfiguration', {
      Distributions: [
        {
          Region: 'us-west-2',
          AmiDistributionConfiguration: {
            Name: `picl-idp-release-ring-${image.contentHash.slice(0, 12)}-{{ imagebuilder:buildDate }}`,
            Description: `picl-idp ring image, content ${image.contentHash}`,
            AmiTags: { 'picl-idp:image': 'release-ring', 'picl-idp:content-hash': image.contentHash },
          },
          SsmParameterConfigurations: Match.absent(),
        },
      ],
    });
  });

  test('never trims ring images: a node may need its own, however old, to start again', () => {
    piped(imagesOf(release()).service).resourceCountIs('AWS::ImageBuilder::LifecyclePolicy', 1);
    piped(imagesOf(release()).ring).resourceCountIs('AWS::ImageBuilder::LifecyclePolicy', 0);
  });
});

test.each([
  ['baked', () => baked(imagesOf(release()).service)],
  ['piped', () => piped(imagesOf(release()).ring)],
])(
  'no template of what is %s holds a moving image, a secret, a custom resource or a default network',
  (_, template) => {
    const text = JSON.stringify(template().toJSON());
    expect(text).not.toMatch(/latest|x\.x\.x|Custom::|AWS::Lambda|BEGIN [A-Z ]*PRIVATE KEY|password:|DefaultSubnet/i);
  },
);
