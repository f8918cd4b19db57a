/** What documentation says of the topology is what the templates have, and no more than what is allowed. */

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { stacksOf } from '../../app/operator/assembly.ts';
import { writtenDocuments } from '../../tools/topology/documents.ts';
import { matrixRows } from '../../tools/topology/flow-matrix-page.ts';
import { sharedStacks, sharedTopology } from './support/assembly.ts';
import { resourceIn, withChangedStack } from './support/changed.ts';

const stacks = sharedStacks();
const FILES = ['docs/deploy-policy.json', 'docs/flow-matrix.md', 'docs/permissions.md', 'docs/topology.svg'];

/** Who may open a connection to whom in every two-region environment: written by hand, and by nobody else. */
const ALLOWED = [
  'internet -> webhead balancer 443',
  'internet -> webhead balancer 80',
  'webhead balancer -> webhead machines 8443',
  'webhead machines -> dbwriter balancer 443',
  'webhead machines -> endpoints of AWS 443',
  'webhead machines -> internet 443',
  'webhead machines -> keysigner balancer 443',
  'webhead machines -> logs balancer 2514',
  'webhead machines -> ring nodes 9042',
  'keysigner balancer -> keysigner machines 8443',
  'keysigner machines -> endpoints of AWS 443',
  'keysigner machines -> logs balancer 2514',
  'dbwriter balancer -> dbwriter machines 8443',
  'dbwriter machines -> endpoints of AWS 443',
  'dbwriter machines -> logs balancer 2514',
  'dbwriter machines -> ring balancer 9042',
  'dbwriter machines -> ring nodes 9042',
  'ring balancer -> ring nodes 8080',
  'ring balancer -> ring nodes 9042',
  'ring nodes -> ring nodes 7000',
  'ring-node machines -> endpoints of AWS 443',
  'ring-node machines -> logs balancer 2514',
  'log router machines -> endpoints of AWS 443',
  'log router machines -> search domain 443',
  'logs balancer -> log router machines 2514',
];
const ALLOWED_IN_PROD = ['dbwriter machines -> internet 443', 'log router machines -> S3 443'];
const ALLOWED_IN_LOADTEST = [
  'dbwriter machines -> mail balancer 2525',
  'generator machines -> endpoints of AWS 443',
  'generator machines -> internet 443',
  'generator machines -> logs balancer 2514',
  'generator machines -> mail balancer 8025',
  'mail balancer -> mail sink machines 2525',
  'mail balancer -> mail sink machines 8025',
  'mail sink machines -> endpoints of AWS 443',
  'mail sink machines -> logs balancer 2514',
  'machines that bake images -> endpoints of AWS 443',
  'machines that bake images -> internet 443',
  'machines that bake images -> internet 80',
];
const ALLOWED_IN_DEV = [
  'internet -> the box 443',
  'internet -> the box 80',
  'the box -> internet 443',
  'machines that bake images -> internet 443',
  'machines that bake images -> internet 80',
];

const flowsOf = (topology: ReturnType<typeof sharedTopology>) =>
  matrixRows(topology)
    .map(({ from, to, port }) => `${from} -> ${to} ${port}`)
    .sort();

describe('the flow matrix', () => {
  test.each([
    ['prod', [...ALLOWED, ...ALLOWED_IN_PROD]],
    ['loadtest', [...ALLOWED, ...ALLOWED_IN_LOADTEST]],
    ['dev', ALLOWED_IN_DEV],
  ])('of %s is what is allowed, all of it and nothing else', (environment, allowed) =>
    expect(flowsOf(sharedTopology(environment))).toEqual([...allowed].sort()),
  );

  test('says where a flow crosses regions', () => {
    const places = new Map(
      matrixRows(sharedTopology('prod')).map(({ from, to, where }) => [`${from} -> ${to}`, where]),
    );
    expect(places.get('log router machines -> search domain')).toBe('us-east-1; us-west-2 to us-east-1');
    expect(places.get('ring nodes -> ring nodes')).toMatch(/; between all regions$/);
    expect(places.get('webhead machines -> ring nodes')).toBe('us-east-1, us-west-2');
  });

  test('a rule that lets more through is in it at once', () => {
    const wide = withChangedStack(stacksOf(stacks, 'prod'), 'prod-us-east-1-services', (template) => {
      for (const type of ['AWS::EC2::SecurityGroupEgress', 'AWS::EC2::SecurityGroupIngress']) {
        Object.assign(resourceIn(template, type, 'WebheadMachinesToRing').Properties, { ToPort: 9043 });
      }
    });
    expect(flowsOf(wide)).toContain('webhead machines -> ring nodes 9042-9043');
  });
});

describe('the written documents', () => {
  test('are current; npm run docs writes them', async () => {
    const written = await writtenDocuments(stacks);
    expect(Object.keys(written).sort()).toEqual(FILES);
    for (const [file, text] of Object.entries(written)) {
      expect(`${file}\n${existsSync(file) ? readFileSync(file, 'utf8') : ''}`).toBe(`${file}\n${text}`);
    }
  });

  test('are the same bytes when written again', async () =>
    expect(await writtenDocuments(stacks)).toEqual(await writtenDocuments(stacks)));

  test('permissions are told without any one environment, region, account, node or release', async () => {
    const { 'docs/permissions.md': page = '' } = await writtenDocuments(stacks);
    expect(page.length).toBeGreaterThan(1000);
    expect(page).not.toMatch(/\d{12}|us-(east|west)-\d|ring-\d|[0-9a-f]{64}/);
  });

  test('only a keysigner’s role is told to read the key set, and only a dbwriter’s the keyring', async () => {
    const { 'docs/permissions.md': page = '' } = await writtenDocuments(stacks);
    const readersOf = (secret: string) =>
      page
        .split('\n### ')
        .filter((section) => section.includes(`/${secret}\``))
        .map((section) => section.split('\n')[0]);
    expect(readersOf('idp-key-set')).toEqual(['keysigner machines']);
    expect(readersOf('sealing-keyring')).toEqual(['dbwriter machines']);
    expect(readersOf('ring-authority/nodes')).toEqual([]);
  });

  test('the picture names every region, cluster and ring node, and says that keysigners have no route to the internet', async () => {
    const { 'docs/topology.svg': picture = '' } = await writtenDocuments(stacks);
    const words = [...picture.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    const wanted = [
      'us-east-1',
      'us-west-2',
      'us-east-2',
      'webhead',
      'dbwriter',
      'log routers',
      'search',
      'witness: claims only',
    ];
    const nodes = ['ring-1', 'ring-2', 'ring-3', 'ring-4', 'ring-5', 'ring-6', 'ring-7'];
    expect(words).toEqual(expect.arrayContaining([...wanted, ...nodes]));
    expect(words[words.indexOf('keysigner') + 1]).toBe('no route to the internet');
  });
});
