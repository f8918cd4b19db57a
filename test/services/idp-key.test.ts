/** The key that signs certificates, in KMS by configuration: prod has it there in these tests, and loadtest, as ever, in memory. */

import { describe, expect, test } from '@jest/globals';
import {
  type AssembledStack,
  items,
  members,
  type PlacedResource,
  resourcesOf,
  stacksOf,
} from '../../app/operator/assembly.ts';
import { dollarsOf } from '../../app/operator/cost/lines.ts';
import { priceEnvironment } from '../../app/operator/cost/price-environment.ts';
import { declaredSecrets } from '../../app/operator/keys/declared-secrets.ts';
import { endpointsOf } from '../../lib/network/endpoints.ts';
import type { IdpKeys } from '../../lib/secrets/idp-keys.ts';
import { keysignerPlan } from '../../lib/services/keysigner.ts';
import { SecretsStack } from '../../lib/stacks/secrets-stack.ts';
import { type Environments, readEnvironments } from '../../regions/environments.ts';
import type { Environment } from '../../regions/schema.ts';
import { roleOf, servicesCalled } from '../../tools/topology/calls.ts';
import { readTopology } from '../../tools/topology/model.ts';
import { permissionsPage } from '../../tools/topology/permissions-page.ts';
import { readResourcePolicies } from '../../tools/topology/roles.ts';
import { createValues } from '../../tools/topology/values.ts';
import { type Changes, changedEnvironments } from '../regions/changed-environments.ts';
import { emptyApp } from '../support/construct-stack.ts';
import { sharedStacks } from '../topology/support/assembly.ts';
import { stacksAfter } from '../topology/support/synthesized.ts';

const IDP_1 = 'alias/picl-idp/prod/idp-1';
const IDP_2 = 'alias/picl-idp/prod/idp-2';
const REGIONS = ['us-east-1', 'us-west-2'];

const keysInKms = (keys: readonly string[], published: readonly string[]): Changes => ({
  'prod.shape.twoRegions.idpKeysInKms': { keys, published },
});

function withKeys(keys: readonly string[], published: readonly string[]): Environments {
  const { environments, recorded } = changedEnvironments(keysInKms(keys, published));
  return readEnvironments(environments, recorded);
}

function named({ environments }: Environments, name: string): Environment {
  const environment = environments.find((one) => one.name === name);
  if (environment === undefined) throw new RangeError(`there is no environment ${name}`);
  return environment;
}

const chosen = withKeys(['idp-1', 'idp-2'], ['idp-1', 'idp-2']);
const prod = stacksAfter(keysInKms(['idp-1', 'idp-2'], ['idp-1', 'idp-2']), 'prod');
const loadtest = stacksOf(sharedStacks(), 'loadtest');
const propertyOf = ({ resource }: PlacedResource, name: string) => resource.Properties?.[name];
const signingKeys = (stacks: readonly AssembledStack[]) => [
  ...resourcesOf(stacks, 'AWS::KMS::Key').filter((key) => propertyOf(key, 'KeyUsage') === 'SIGN_VERIFY'),
  ...resourcesOf(stacks, 'AWS::KMS::ReplicaKey'),
];
const endpointsIn = (stacks: readonly AssembledStack[], service: string) =>
  resourcesOf(stacks, 'AWS::EC2::VPCEndpoint')
    .filter((endpoint) => String(propertyOf(endpoint, 'ServiceName')).endsWith(`.${service}`))
    .map(({ stack }) => stack.name);
const readsKeySet = (stacks: readonly AssembledStack[]) =>
  stacks.filter(({ template }) => JSON.stringify(template).includes('idp-key-set')).map(({ name }) => name);

/** Roles and their statements that allow an action, also by a pattern. */
function allowing(stacks: readonly AssembledStack[], action: string) {
  const isMatch = (pattern: string) =>
    new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i').test(action);
  return readTopology(stacks).roles.flatMap(({ description, stack, statements }) =>
    statements
      .filter(({ effect, actions }) => effect === 'Allow' && actions.some(isMatch))
      .map(({ actions, resources, conditions }) => ({
        role: description,
        region: stack.region,
        actions,
        resources,
        conditions: Object.fromEntries(conditions.map(({ operator, key, values }) => [`${operator} ${key}`, values])),
      })),
  );
}

describe('with the key in KMS', () => {
  test('each region that serves has each key, the primary its origin and the other a copy, that outlives its stack', () => {
    const kept = { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' };
    const origin = { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY', MultiRegion: true };
    const found = signingKeys(prod).map(({ stack, resource }) => ({ stack: stack.name, ...resource }));
    expect(found).toMatchObject([
      { stack: 'prod-us-east-1-secrets', ...kept, Properties: origin },
      { stack: 'prod-us-east-1-secrets', ...kept, Properties: origin },
      { stack: 'prod-us-west-2-data', Type: 'AWS::KMS::ReplicaKey', ...kept },
      { stack: 'prod-us-west-2-data', Type: 'AWS::KMS::ReplicaKey', ...kept },
    ]);
  });

  test('a copy finds its origin by a reference that holds no stack fast', () => {
    const origins = resourcesOf(prod, 'AWS::KMS::ReplicaKey').map((replica) => propertyOf(replica, 'PrimaryKeyArn'));
    const from = { StackName: 'prod-us-east-1-secrets', Region: 'us-east-1' };
    expect(origins).toEqual([
      { 'Fn::GetStackOutput': { ...from, OutputName: expect.stringContaining('Idp1') } },
      { 'Fn::GetStackOutput': { ...from, OutputName: expect.stringContaining('Idp2') } },
    ]);
    const west = prod.find(({ name }) => name === 'prod-us-west-2-data');
    expect(west?.dependencies).toContain('prod-us-east-1-secrets');
  });

  test('a key has the same name in both regions, before any keysigner starts', () => {
    const aliases = resourcesOf(prod, 'AWS::KMS::Alias')
      .filter((alias) => String(propertyOf(alias, 'AliasName')).includes('/idp-'))
      .map((alias) => `${alias.stack.name} ${propertyOf(alias, 'AliasName')}`);
    expect(aliases).toEqual([
      `prod-us-east-1-secrets ${IDP_1}`,
      `prod-us-east-1-secrets ${IDP_2}`,
      `prod-us-west-2-data ${IDP_1}`,
      `prod-us-west-2-data ${IDP_2}`,
    ]);
    const services = prod.find(({ name }) => name === 'prod-us-west-2-services');
    expect(services?.dependencies).toEqual(expect.arrayContaining(['prod-us-east-1-secrets', 'prod-us-west-2-data']));
  });

  test('the policy of a key lets nobody in but by the policies of the account itself', () => {
    const statements = signingKeys(prod).flatMap((key) => items(members(propertyOf(key, 'KeyPolicy'))['Statement']));
    expect(statements.map((statement) => members(statement)['Principal'])).toEqual(
      Array.from({ length: 4 }, () => ({ AWS: 'arn:aws:iam::333333333333:root' })),
    );
  });

  test('keysigners alone sign, with these keys and in this way only', () =>
    expect(allowing(prod, 'kms:Sign')).toEqual(
      REGIONS.map((region) => ({
        role: `keysigner machines of prod in ${region}`,
        region,
        actions: ['kms:Sign'],
        resources: [`arn:aws:kms:${region}:333333333333:key/mrk-*`],
        conditions: {
          'ForAnyValue:StringEquals kms:ResourceAliases': [IDP_1, IDP_2],
          'StringEquals kms:SigningAlgorithm': ['RSASSA_PKCS1_V1_5_SHA_256'],
          'StringEquals kms:MessageType': ['DIGEST'],
        },
      })),
    ));

  test('keysigners ask for the public halves of these keys only, and nobody gives a name to a key', () => {
    expect(allowing(prod, 'kms:GetPublicKey').map(({ role, conditions }) => [role, conditions])).toEqual(
      REGIONS.map((region) => [
        `keysigner machines of prod in ${region}`,
        { 'ForAnyValue:StringEquals kms:ResourceAliases': [IDP_1, IDP_2] },
      ]),
    );
    for (const action of ['kms:CreateAlias', 'kms:UpdateAlias', 'kms:PutKeyPolicy', 'kms:ReplicateKey'])
      expect(allowing(prod, action)).toEqual([]);
  });

  test('the page of permissions tells who signs with them, and the policy of each of them, also of a copy', () => {
    const policies = readResourcePolicies(prod, createValues(prod));
    expect(policies.filter(({ resource }) => resource.Type === 'AWS::KMS::ReplicaKey')).toHaveLength(2);
    const sections = permissionsPage({ prod: readTopology(prod) }).split('\n### ');
    const aliases = '`kms:ResourceAliases` has `alias/picl-idp/ENV/idp-1`<br>`alias/picl-idp/ENV/idp-2`';
    const way = '`kms:SigningAlgorithm` is `RSASSA_PKCS1_V1_5_SHA_256`<br>and `kms:MessageType` is `DIGEST`';
    const signing = `| \`kms:Sign\` | \`any key of several regions\` | ${aliases}<br>and ${way} |  |`;
    expect(sections.filter((one) => one.includes('`kms:Sign`')).map((one) => one.split('\n')[0])).toEqual([
      'keysigner machines',
    ]);
    expect(sections.find((one) => one.startsWith('keysigner machines'))?.split('\n')).toContain(signing);
    const titles = sections.map((one) => one.split('\n')[0]);
    expect(titles.filter((title) => title?.startsWith('key of certificates'))).toEqual([
      'key of certificates of ENV: idp-1',
      'key of certificates of ENV: idp-2',
    ]);
  });

  test('no key set is declared, made or read', () => {
    expect(readsKeySet(loadtest)).toContain('loadtest-us-west-2-services');
    expect(readsKeySet(prod)).toEqual([]);
    expect(declaredSecrets(prod).map(({ kind }) => kind)).not.toContain('key-set');
    expect(declaredSecrets(prod)).toHaveLength(declaredSecrets(loadtest).length);
  });

  test('keysigners reach KMS without the internet, in the regions that serve', () => {
    expect(endpointsIn(prod, 'kms')).toEqual(['prod-us-east-1-network', 'prod-us-west-2-network']);
    const topology = readTopology(prod);
    const calling = topology.machines
      .filter((machines) => servicesCalled(roleOf(topology, machines)).includes('kms'))
      .map(({ role }) => role);
    expect(calling).toEqual(['keysigner', 'keysigner']);
    const rows = endpointsOf(named(chosen, 'prod')).filter(({ service }) => service === 'kms');
    expect(rows.map(({ roles }) => roles)).toEqual([['keysigner']]);
  });

  test('a month costs a dollar for each key in each region, and what is signed', () => {
    const { groups, unknown } = priceEnvironment(prod, { requestsPerSecond: 100 });
    const dollars = (what: string) =>
      groups.flatMap(({ lines }) => lines.filter((line) => line.what === what).map(dollarsOf));
    const keysOfOthers = resourcesOf(prod, 'AWS::KMS::Key').length - 2;
    expect(dollars('key')).toEqual([keysOfOthers + 4]);
    // Ten certificates a second: 26.28 million a month, of which ten thousand cost three cents.
    expect(dollars('signatures by KMS').map((sum) => sum.toFixed(2))).toEqual(['78.84']);
    expect(unknown).toEqual([]);
  });
});

describe('when one key follows another', () => {
  const planOf = (keys: readonly string[], published: readonly string[]) => {
    const environment = named(withKeys(keys, published), 'prod');
    const [region] = environment.regions;
    if (region === undefined) throw new RangeError('prod has no region');
    return keysignerPlan(environment, region);
  };
  const both = ['idp-1', 'idp-2'];
  const added = planOf(both, ['idp-1', 'idp-2']);
  const promoted = planOf(both, ['idp-2', 'idp-1']);
  const retired = planOf(both, ['idp-2']);

  test('the next one is published before it signs, and the one before stays published after', () =>
    expect([added, promoted, retired].map(({ settings }) => settings['KEYSIGNER_KMS_KEY_IDS'])).toEqual([
      `${IDP_1},${IDP_2}`,
      `${IDP_2},${IDP_1}`,
      IDP_2,
    ]));

  test('machines of the release before keep the right to sign with theirs', () => {
    expect(promoted.statements).toEqual(added.statements);
    expect(retired.statements).toEqual(added.statements);
  });

  test('a key that is gone may sign no more', () =>
    expect(JSON.stringify(planOf(['idp-2'], ['idp-2']).statements)).not.toContain(IDP_1));

  test('a new key changes nothing of the one that is there', () => {
    const keysOf = (keys: readonly string[]) => {
      const environment = named(withKeys(keys, ['idp-1']), 'prod');
      const [region] = environment.regions;
      if (region === undefined) throw new RangeError('prod has no region');
      const app = emptyApp();
      new SecretsStack(app, { environment, region });
      const { Resources: resources } = app.synth().getStackByName('prod-us-east-1-secrets').template;
      return Object.entries(resources as Record<string, unknown>).filter(([id]) => id.startsWith('IdpKeysIdp1'));
    };
    expect(keysOf(['idp-1'])).toHaveLength(2);
    expect(keysOf(['idp-2', 'idp-1'])).toEqual(keysOf(['idp-1']));
  });

  test('a copy of a key that the primary region does not have is refused', () => {
    const environment = named(chosen, 'prod');
    const [region] = environment.regions;
    if (region === undefined) throw new RangeError('prod has no region');
    const keys: IdpKeys = new SecretsStack(emptyApp(), { environment, region }).idpKeys;
    expect(() => keys.arnOf('idp-3')).toThrow('key idp-3: got none, allowed: idp-1, idp-2');
  });
});

describe('with the key in memory, as everywhere else', () => {
  test('there is no key of KMS that signs, no role that may, and no way to KMS', () => {
    expect(signingKeys(loadtest)).toEqual([]);
    expect(allowing(loadtest, 'kms:Sign')).toEqual([]);
    expect(endpointsIn(loadtest, 'kms')).toEqual([]);
    expect(endpointsOf(named(chosen, 'loadtest')).map(({ service }) => service)).not.toContain('kms');
  });

  test('the key set is declared, and keysigners read it', () => {
    expect(declaredSecrets(loadtest).filter(({ kind }) => kind === 'key-set')).toHaveLength(1);
    const reading = allowing(loadtest, 'secretsmanager:GetSecretValue')
      .filter(({ resources }) => resources.some((arn) => arn.includes('idp-key-set')))
      .map(({ role }) => role);
    expect(reading).toEqual(REGIONS.map((region) => `keysigner machines of loadtest in ${region}`));
  });

  test('nothing is paid for signatures', () => {
    const { groups } = priceEnvironment(loadtest);
    expect(groups.flatMap(({ lines }) => lines.map(({ what }) => what))).not.toContain('signatures by KMS');
  });
});
