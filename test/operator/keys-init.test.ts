/** `picl-idp keys init` against moto's Secrets Manager. */

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Stack } from 'aws-cdk-lib';
import { CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { keySetSchema } from '../../app/keysigner/key-set.ts';
import { initKeys } from '../../app/operator/keys/init.ts';
import { buildRelease } from '../../tools/release.ts';
import { MOTO_START_MS_MAX, type Moto, startMoto } from '../support/moto.ts';
import { type Build, type TestAssembly, writeAssembly } from './support/assembly.ts';
import { piclIdp, said } from './support/picl-idp.ts';

const ACCOUNT = '333333333333';
const PRIMARY = 'us-east-1';
const OTHER = 'us-west-2';
const RUN_MS_MAX = 60_000;

/** Each declared secret of the fixture, with its tags. */
const SECRETS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'ring-node/ring-1': {
    'picl-idp:secret': 'ring-node',
    'picl-idp:ring-node': 'ring-1',
    'picl-idp:address': '10.20.40.20',
  },
  'ring-role/operator': { 'picl-idp:secret': 'ring-role' },
  'webhead-dbwriter': { 'picl-idp:secret': 'pair' },
  'sealing-keyring': { 'picl-idp:secret': 'sealing-keyring' },
  'idp-key-set': { 'picl-idp:secret': 'key-set' },
  'ring-authority/nodes': { 'picl-idp:secret': 'ring-authority' },
  'ring-authority/clients': { 'picl-idp:secret': 'ring-authority' },
};
const HEX_KEY = expect.stringMatching(/^[0-9a-f]{64}$/);

let moto: Moto;
let client: SecretsManagerClient;
let other: SecretsManagerClient;
let assembly: TestAssembly;
/** A name of each test's own, so that none finds what another left. */
let environment = '';
let tests = 0;

beforeAll(async () => {
  moto = await startMoto({ accountId: ACCOUNT });
  const settings = { endpoint: moto.url, credentials: { accessKeyId: 'moto', secretAccessKey: 'moto' } };
  client = new SecretsManagerClient({ ...settings, region: PRIMARY });
  other = new SecretsManagerClient({ ...settings, region: OTHER });
  Object.assign(process.env, moto.environment);
}, MOTO_START_MS_MAX);
afterAll(() => moto.stop());

beforeEach(() => {
  tests += 1;
  environment = `test${tests}`;
  assembly = writeAssembly(ACCOUNT, {
    [`${environment}-${PRIMARY}-secrets`]: (stack) => {
      for (const [name, tags] of Object.entries(SECRETS)) {
        new CfnSecret(stack, name.replaceAll(/\W/g, ''), {
          name: nameOf(name),
          replicaRegions: [{ region: OTHER }],
          tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
        });
      }
    },
    [`${environment}-${PRIMARY}-network`]: (stack) => {
      const record = { hostedZoneId: 'Z0', type: 'A', ttl: '60', resourceRecords: ['10.20.40.20'] };
      new CfnRecordSet(stack, 'Ring1', { ...record, name: 'ring-1.internal.idp.example.org' });
      new CfnRecordSet(stack, 'Ring', { ...record, name: 'ring.internal.idp.example.org' });
    },
  });
});
afterEach(() => assembly.remove());

const nameOf = (secret: string) => `picl-idp/${environment}/${secret}`;
const init = ({ name = environment, assembly: { folder } = assembly, dryRun = false, json = false } = {}) =>
  said((output) => initKeys(name, { assembly: folder, dryRun, json }, output));

/** What deploying the secrets' stack does: secrets without a value, and their replicas. */
async function deploySecrets(names: readonly string[] = Object.keys(SECRETS)): Promise<void> {
  for (const name of names) {
    const create = new CreateSecretCommand({ Name: nameOf(name), AddReplicaRegions: [{ Region: OTHER }] });
    await client.send(create);
  }
}

async function storedValue(secret: string, from: SecretsManagerClient = client) {
  const { SecretString: text } = await from.send(new GetSecretValueCommand({ SecretId: nameOf(secret) }));
  return JSON.parse(text ?? '');
}

async function versionsOf(secret: string): Promise<number> {
  const described = await client.send(new DescribeSecretCommand({ SecretId: nameOf(secret) }));
  return Object.keys(described.VersionIdsToStages ?? {}).length;
}

test(
  'each declared secret gets a value that its reader understands, in both regions, and none is shown',
  async () => {
    await deploySecrets();
    const { code, stdout, stderr } = await init();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const said = stdout.trimEnd().split('\n');
    expect(said.slice(0, 2)).toEqual([
      `${nameOf('ring-authority/nodes')}: made`,
      `${nameOf('ring-authority/clients')}: made`,
    ]);
    expect(said.slice(2, -1).sort()).toEqual(
      ['idp-key-set', 'ring-node/ring-1', 'ring-role/operator', 'sealing-keyring', 'webhead-dbwriter'].map(
        (name) => `${nameOf(name)}: made`,
      ),
    );
    expect(said.at(-1)).toBe('7 copies in other regions are in sync');
    expect(keySetSchema.parse(await storedValue('idp-key-set')).keys).toHaveLength(1);
    expect(await storedValue('sealing-keyring')).toEqual({
      currentKeyId: '1',
      keys: { '1': HEX_KEY },
      limitsKey: HEX_KEY,
    });
    expect(await storedValue('webhead-dbwriter')).toEqual({ current: { id: 'webhead-dbwriter-1', key: HEX_KEY } });
    expect(await storedValue('ring-role/operator')).toEqual({
      username: 'operator',
      password: HEX_KEY,
      authorityPem: (await storedValue('ring-authority/clients')).certificatePem,
    });
    for (const name of Object.keys(SECRETS)) {
      const value = await storedValue(name);
      expect(await storedValue(name, other)).toEqual(value);
      for (const secret of secretStrings(value)) expect(stdout).not.toContain(secret);
    }
  },
  RUN_MS_MAX,
);

test(
  "a ring node's certificates name its address and its own name, and are signed by the right authority",
  async () => {
    await deploySecrets();
    await init();
    const [nodes, clients, node] = await Promise.all([
      storedValue('ring-authority/nodes'),
      storedValue('ring-authority/clients'),
      storedValue('ring-node/ring-1'),
    ]);
    expect(node.nodesAuthorityPem).toBe(nodes.certificatePem);
    expect(node.clientsAuthorityPem).toBe(clients.certificatePem);
    const [nodesAuthority, clientsAuthority] = [nodes, clients].map(
      ({ certificatePem }) => new X509Certificate(certificatePem),
    );
    const internode = new X509Certificate(node.internode.certificatePem);
    const forClients = new X509Certificate(node.clients.certificatePem);
    expect(nodesAuthority).toMatchObject({ ca: true, subject: `CN=picl-idp ${environment} ring nodes` });
    expect(clientsAuthority).toMatchObject({ ca: true, subject: `CN=picl-idp ${environment} ring clients` });
    for (const certificate of [internode, forClients]) {
      expect(certificate).toMatchObject({ ca: false, subject: 'CN=ring-1.internal.idp.example.org' });
      expect(certificate.subjectAltName).toBe(
        'IP Address:10.20.40.20, DNS:ring-1.internal.idp.example.org, DNS:ring.internal.idp.example.org',
      );
      // Server and client authentication.
      expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
      expect(daysOf(certificate)).toBe(730);
    }
    expect(internode.checkIssued(nodesAuthority as X509Certificate)).toBe(true);
    expect(internode.verify(keyOf(nodesAuthority))).toBe(true);
    expect(internode.verify(keyOf(clientsAuthority))).toBe(false);
    expect(forClients.verify(keyOf(clientsAuthority))).toBe(true);
    expect(forClients.verify(keyOf(nodesAuthority))).toBe(false);
    expect(internode.checkPrivateKey(createPrivateKey(node.internode.privateKeyPem))).toBe(true);
    expect(forClients.checkPrivateKey(createPrivateKey(node.clients.privateKeyPem))).toBe(true);
  },
  RUN_MS_MAX,
);

test(
  'a second run keeps every value, and one that was stopped goes on where it was',
  async () => {
    await deploySecrets();
    const byHand = { current: { id: 'webhead-dbwriter-1', key: '0'.repeat(64) } };
    const put = { SecretId: nameOf('webhead-dbwriter'), SecretString: JSON.stringify(byHand) };
    await client.send(new PutSecretValueCommand(put));
    const { stdout } = await init();
    expect(stdout).toContain(`${nameOf('webhead-dbwriter')}: kept, it has a value\n`);
    expect(await storedValue('webhead-dbwriter')).toEqual(byHand);
    const before = await Promise.all(Object.keys(SECRETS).map((name) => storedValue(name)));
    const { code, stdout: again } = await init({ json: true });
    expect(code).toBe(0);
    const answer = JSON.parse(again);
    expect(answer).toMatchObject({ environment, dryRun: false });
    expect(answer.secrets).toHaveLength(7);
    for (const secret of answer.secrets) {
      expect(secret).toMatchObject({ state: 'kept', region: PRIMARY, replicas: [{ region: OTHER, state: 'in-sync' }] });
    }
    expect(await Promise.all(Object.keys(SECRETS).map((name) => storedValue(name)))).toEqual(before);
  },
  RUN_MS_MAX,
);

test(
  'two runs at once, each a process, make each value once',
  async () => {
    await deploySecrets();
    const parameters = ['keys', 'init', environment, '--assembly', assembly.folder, '--json'];
    const runs = await Promise.all([1, 2].map(() => piclIdp(parameters, moto.environment)));
    expect(runs.map(({ code }) => code)).toEqual([0, 0]);
    const states = runs.flatMap(({ stdout }) => JSON.parse(stdout).secrets);
    for (const name of Object.keys(SECRETS)) {
      expect(await versionsOf(name)).toBe(1);
      const ofSecret = states.filter((secret: { name: string }) => secret.name === nameOf(name));
      expect(ofSecret.map(({ state }: { state: string }) => state).sort()).toEqual(['kept', 'made']);
    }
    const { authorityPem } = await storedValue('ring-role/operator');
    expect(authorityPem).toBe((await storedValue('ring-authority/clients')).certificatePem);
  },
  RUN_MS_MAX,
);

test(
  'a dry run makes nothing',
  async () => {
    await deploySecrets();
    const { code, stdout } = await init({ dryRun: true });
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(7);
    expect(stdout).toContain(`${nameOf('idp-key-set')}: would be made\n`);
    for (const name of Object.keys(SECRETS)) expect(await versionsOf(name)).toBe(0);
  },
  RUN_MS_MAX,
);

test(
  'while a secret is not there nothing is made, and the error says what to deploy',
  async () => {
    await deploySecrets(Object.keys(SECRETS).slice(1));
    await expect(init()).rejects.toThrow(
      `secrets are not there: ${nameOf('ring-node/ring-1')} in us-east-1; ` +
        `first deploy them: npx cdk deploy ${environment}-us-east-1-secrets`,
    );
    expect(await versionsOf('idp-key-set')).toBe(0);
  },
  RUN_MS_MAX,
);

test(
  'a copy that failed is asked for once more, and told when it fails again',
  async () => {
    // Moto lets a copy fail, as AWS does, when a secret of its name is in the other region already.
    const name = nameOf('idp-key-set');
    await other.send(new CreateSecretCommand({ Name: name, SecretString: 'another' }));
    await deploySecrets();
    const { code, stdout, stderr } = await init();
    expect(code).toBe(1);
    expect(stdout).toContain(`${name}: made\n`);
    expect(stderr).toMatch(new RegExp(`^${name}: the copy in us-west-2 is not in sync \\(.+\\); run this again\n$`));
    await other.send(new DeleteSecretCommand({ SecretId: name, ForceDeleteWithoutRecovery: true }));
    expect(await init()).toMatchObject({ code: 0, stderr: '' });
  },
  RUN_MS_MAX,
);

test(
  'the program of a release, a bundle, fills them as that of the sources does',
  async () => {
    await deploySecrets();
    const { folder } = buildRelease({ root: process.cwd(), releases: join(assembly.folder, 'releases') });
    const parameters = ['keys', 'init', environment, '--assembly', assembly.folder];
    const { code, stdout, stderr } = await piclIdp(parameters, moto.environment, join(folder, 'picl-idp.js'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.match(/: made\n/g)).toHaveLength(7);
  },
  RUN_MS_MAX,
);

test(
  'credentials of another account, or none, are refused before any secret is asked for',
  async () => {
    const parameters = ['keys', 'init', environment, '--assembly', assembly.folder];
    const otherAccount = writeAssembly('210987654321', { 'prod-us-east-1-secrets': declareOne });
    await expect(init({ name: 'prod', assembly: otherAccount })).rejects.toThrow(
      'credentials: got those of account 333333333333, allowed: account 210987654321',
    );
    otherAccount.remove();
    const { code, stdout, stderr } = await piclIdp(parameters, { AWS_ENDPOINT_URL: moto.url });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^picl-idp: credentials: AWS does not take them, allowed: those of account 333333333333: .+\n$/,
    );
  },
  RUN_MS_MAX,
);

test('a secret that nobody can make is refused by its name', async () => {
  const refusalOf = async (build: Build) => {
    const odd = writeAssembly(ACCOUNT, { 'odd-us-east-1-secrets': build });
    await expect(init({ name: 'odd', assembly: odd })).rejects.toThrow(/^odd-us-east-1-secrets: secret Odd: /);
    return init({ name: 'odd', assembly: odd }).catch((error: Error) => {
      odd.remove();
      return error.message;
    });
  };
  const secret =
    (tags: Readonly<Record<string, string>>, name: string | undefined = 'picl-idp/odd/one'): Build =>
    (stack) =>
      void new CfnSecret(stack, 'Odd', {
        ...(name === '' ? {} : { name }),
        tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
      });
  expect(await refusalOf(secret({ 'picl-idp:secret': 'riddle' }))).toBe(
    'odd-us-east-1-secrets: secret Odd: tag picl-idp:secret: got riddle, ' +
      'allowed: key-set, sealing-keyring, pair, ring-authority, ring-node, ring-role',
  );
  expect(await refusalOf(secret({ 'picl-idp:secret': 'pair' }, ''))).toMatch(/its name must be a literal$/);
  expect(await refusalOf(secret({ 'picl-idp:secret': 'ring-node' }))).toMatch(
    /a ring node's secret needs the tags picl-idp:address and picl-idp:ring-node$/,
  );
  expect(await refusalOf(secret({ ...SECRETS['ring-node/ring-1'] }))).toMatch(
    /no record of type A gives ring-1 at 10.20.40.20 a name$/,
  );
});

test('an environment that declares no secrets has nothing to fill', async () => {
  const box = writeAssembly(ACCOUNT, { 'dev-us-east-1-box': () => undefined });
  const ran = await init({ name: 'dev', assembly: box });
  box.remove();
  expect(ran).toEqual({ code: 0, stdout: 'dev declares no secrets: its machine makes its own\n', stderr: '' });
});

function declareOne(stack: Stack): void {
  new CfnSecret(stack, 'One', { name: 'picl-idp/prod/one', tags: [{ key: 'picl-idp:secret', value: 'pair' }] });
}

/** Every string of a value that nobody may see: all but certificates, names and ids. */
function secretStrings(value: unknown): readonly string[] {
  if (typeof value === 'string') return /PRIVATE KEY|^[0-9a-f]{64}$/.test(value) ? [value.slice(0, 200)] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(secretStrings) : [];
}

function daysOf({ validFrom, validTo }: X509Certificate): number {
  return Math.floor((Date.parse(validTo) - Date.parse(validFrom)) / 86_400_000);
}

function keyOf(certificate: X509Certificate | undefined): KeyObject {
  if (certificate === undefined) throw new TypeError('there is no certificate');
  return certificate.publicKey;
}
