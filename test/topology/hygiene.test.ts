/** What no template of ours ever holds. */

import { describe, expect, test } from '@jest/globals';
import {
  type AssembledStack,
  items,
  members,
  resourcesOf,
  stacksOf,
  type TemplateValue,
} from '../../app/operator/assembly.ts';
import recorded from '../../regions/recorded-images.json' with { type: 'json' };
import { readResourcePolicies, readRoles } from '../../tools/topology/roles.ts';
import { createValues } from '../../tools/topology/values.ts';
import { OTHER_RELEASE, sharedStacks, sharedTopology } from './support/assembly.ts';
import { changedStacks, type Draft, resourceIn } from './support/changed.ts';

const all = sharedStacks();

/** Every text of a template with the path to it. */
function* textsIn(value: TemplateValue | undefined, path = ''): Generator<readonly [string, string]> {
  if (typeof value === 'string') yield [path, value];
  else if (Array.isArray(value))
    for (const [index, one] of items(value).entries()) yield* textsIn(one, `${path}/${index}`);
  else for (const [key, one] of Object.entries(members(value))) yield* textsIn(one, `${path}/${key}`);
}

const texts = (stacks: readonly AssembledStack[], wanted: RegExp) =>
  stacks.flatMap(({ name, template }) =>
    [...textsIn(template.Resources as unknown as TemplateValue, name)]
      .filter(([, text]) => wanted.test(text))
      .map(([path]) => path),
  );

/** A word of images, versions and parameters that move without a change of ours. A launch template's own latest version is a number of ours. */
const moving = (stacks: readonly AssembledStack[]) =>
  texts(stacks, /latest|\$LATEST|\$Default/i).filter((path) => !path.endsWith('/Version/Fn::GetAtt/1'));
const ofTypes = (stacks: readonly AssembledStack[], type: RegExp) =>
  resourcesOf(stacks)
    .filter(({ resource }) => type.test(resource.Type))
    .map(({ stack, id }) => `${stack.name}/${id}`);
const secretValues = (stacks: readonly AssembledStack[]) => [
  ...resourcesOf(stacks, 'AWS::SecretsManager::Secret')
    .filter(
      ({ resource }) =>
        'SecretString' in (resource.Properties ?? {}) || 'GenerateSecretString' in (resource.Properties ?? {}),
    )
    .map(({ stack, id }) => `${stack.name}/${id}`),
  ...texts(stacks, /-----BEGIN|AKIA[A-Z0-9]{16}|"(kty|private_?key)"|\{\{resolve:secretsmanager/i),
];
const openPolicies = (stacks: readonly AssembledStack[]) => {
  const values = createValues(stacks);
  const statements = [
    ...readRoles(stacks, values).map(({ key, trusted }) => ({ name: key, statements: trusted })),
    ...readResourcePolicies(stacks, values).map(({ stack, id, statements: own }) => ({
      name: `${stack.name}/${id}`,
      statements: own,
    })),
  ];
  return statements.flatMap(({ name, statements: own }) =>
    own
      .filter(({ effect, principals }) => effect !== 'Deny' && principals.some((one) => one.includes('*')))
      .map(() => name),
  );
};
const openRoles = (stacks: readonly AssembledStack[]) =>
  readRoles(stacks, createValues(stacks)).flatMap(({ key, statements }) =>
    statements.filter(({ actions }) => actions.some((action) => /(^|:)\*$/.test(action))).map(() => key),
  );

describe.each(['dev', 'loadtest', 'prod', 'releases'])('of %s', (environment) => {
  const stacks =
    environment === 'releases' ? all.filter((stack) => stack.environment === undefined) : stacksOf(all, environment);

  test('no image, version or parameter moves by itself', () => expect(moving(stacks)).toEqual([]));

  test('no custom resource and no Lambda', () =>
    expect(
      ofTypes(stacks, /^(Custom::|AWS::CloudFormation::(CustomResource|Macro)|AWS::Lambda::|AWS::Serverless)/),
    ).toEqual([]));

  test('no secret value', () => expect(secretValues(stacks)).toEqual([]));

  test('no policy is for everybody, but for denials', () => expect(openPolicies(stacks)).toEqual([]));

  test('no role may do everything of a service', () => expect(openRoles(stacks)).toEqual([]));

  test('no key pair is made, and no user of IAM', () =>
    expect(ofTypes(stacks, /^AWS::(EC2::KeyPair|IAM::(User|AccessKey|Group))$/)).toEqual([]));
});

describe('images', () => {
  const { machines } = sharedTopology('prod');

  test('in prod every image is a literal id', () => {
    expect(machines.length).toBeGreaterThan(0);
    expect(machines.filter(({ imageId }) => !/^ami-[0-9a-f]{8,17}$/.test(imageId))).toEqual([]);
  });

  test('in dev and loadtest every image is named by the hash of what is in it', () => {
    const named = [...sharedTopology('dev').machines, ...sharedTopology('loadtest').machines].map(
      ({ imageId }) => imageId,
    );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((id) => !/^resolve:ssm:\/[a-z/-]+\/[0-9a-f]{64}$/.test(id))).toEqual([]);
  });

  test('a ring node in prod names its image itself, and none of them is a service image', () => {
    const services = recorded.service.flatMap(({ amis }) => Object.values(amis));
    const ring = machines.filter(({ role }) => role === 'ring-node').map(({ imageId }) => imageId);
    expect(ring).toHaveLength(7);
    expect(ring.filter((id) => services.includes(id))).toEqual([]);
  });

  test('another release changes nothing in prod, whose images are recorded, and every image that a deploy bakes', () => {
    const other = sharedStacks(OTHER_RELEASE);
    const changed = all.filter(({ name, template }) => {
      const after = other.find((stack) => stack.name === name)?.template;
      return JSON.stringify(after) !== JSON.stringify(template);
    });
    expect(changed.filter(({ environment }) => environment === 'prod')).toEqual([]);
    expect(changed.map(({ name }) => name)).toContain('loadtest-us-east-1-services');
  });
});

describe('the questions can be answered with no', () => {
  const changed = (name: string, change: (template: Draft) => void) => changedStacks(all, name, change);

  test('a moving image is seen', () =>
    expect(
      moving(
        changed('prod-us-east-1-services', (template) => {
          const launch = resourceIn(template, 'AWS::EC2::LaunchTemplate', 'prod webhead').Properties[
            'LaunchTemplateData'
          ];
          Object.assign(launch as object, { ImageId: '{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023}}' });
        }),
      ),
    ).toEqual([expect.stringMatching(/ImageId$/)]));

  test('a value in a secret is seen', () =>
    expect(
      secretValues(
        changed('prod-us-east-1-secrets', (template) => {
          resourceIn(template, 'AWS::SecretsManager::Secret', 'sealing-keyring').Properties['GenerateSecretString'] =
            {};
        }),
      ),
    ).toHaveLength(1));

  test('a key that everybody may use is seen, and a queue that denies everybody something is not', () => {
    const open = changed('prod-us-east-1-data', (template) => {
      const { KeyPolicy: policy } = resourceIn(template, 'AWS::KMS::Key', 'disks and backups').Properties as {
        KeyPolicy: { Statement: { Principal: unknown }[] };
      };
      const [statement] = policy.Statement;
      if (statement !== undefined) statement.Principal = { AWS: '*' };
    });
    expect(openPolicies(stacksOf(open, 'prod'))).toEqual([expect.stringMatching(/^prod-us-east-1-data\/RingKey/)]);
  });

  test('a Lambda is seen', () =>
    expect(
      ofTypes(
        changed('prod-us-east-1-edge', (template) => {
          template.Resources['Helper'] = { Type: 'AWS::Lambda::Function', Properties: {} };
        }),
        /^AWS::Lambda::/,
      ),
    ).toEqual(['prod-us-east-1-edge/Helper']));
});
