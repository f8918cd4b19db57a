/** The environments of this project are right, and candidates that are wrong are told all their faults at once, in a moment. */

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { environmentFaults, loadBakePlaces, loadEnvironments, readEnvironments } from '../../regions/environments.ts';
import { changedEnvironments, faultsAfter, leafPaths } from './changed-environments.ts';

const WITHIN_MS = 1000;

describe('the environments of this project', () => {
  test('keep every rule', () => {
    expect(faultsAfter({})).toEqual([]);
    expect(loadEnvironments().environments.map(({ name }) => name)).toEqual(['dev', 'loadtest', 'prod']);
  });

  test('say where releases bake, and what: the witness runs no service', () => {
    expect(loadBakePlaces()).toEqual([
      { account: '333333333333', region: 'us-east-1', kinds: ['service', 'ring'] },
      { account: '333333333333', region: 'us-west-2', kinds: ['service', 'ring'] },
      { account: '333333333333', region: 'us-east-2', kinds: ['ring'] },
    ]);
  });

  test('can be baked for before any image is recorded', () => {
    const { environments } = changedEnvironments({});
    expect(environmentFaults(environments)).toEqual([]);
    expect(environmentFaults(environments, { service: [], ring: [] })[0]).toBe(
      'recorded-images.service[0].amis.us-east-1: is missing, the newest image of a kind is recorded for each region whose machines start from it',
    );
  });
});

describe('faults', () => {
  test('of all environments, of the record of images, of schema and of rules come at once and in under a second', () => {
    const began = performance.now();
    const faults = faultsAfter({
      'dev.account': '12',
      'loadtest.lifetime': undefined,
      'loadtest.shape.twoRegions.ring.volumeGiB': 5,
      'prod.regions[0].ringNodes[0].address': '10.20.40.3',
      'prod.regions[1].zones[0].slot': 9,
      'recorded-images.ring[0].owner': 'us',
      'recorded-images.service[0].amis.us-west-2': undefined,
    });
    expect(performance.now() - began).toBeLessThan(WITHIN_MS);
    expect(faults).toEqual([
      'dev.account: got "12", must be twelve digits',
      'loadtest.shape.twoRegions.ring.volumeGiB: got 5, must be a whole number from 10 to 4000',
      'prod.regions[1].zones[0].slot: got 9, must be a whole number from 0 to 7',
      'recorded-images.ring[0].owner: got "us", must be twelve digits',
      'loadtest.lifetime: is missing, an environment of two regions that keeps no data says when it is deleted, or why it is kept',
      'prod.regions[0].ringNodes[0].address: got "10.20.40.3", the address of a ring node is none of the five that AWS keeps in each subnet',
      'recorded-images.service[0].amis.us-west-2: is missing, the newest image of a kind is recorded for each region whose machines start from it',
      'recorded-images.ring[0].owner: got "us", the newest image of a kind belongs to the account of the environments that start from it (333333333333)',
    ]);
  });

  test.each([
    {
      changes: { 'prod.publicZone.id': undefined },
      fault: 'prod.publicZone.id: is missing, must be a hosted zone id, for example Z0123456789ABCDEFGHIJ',
    },
    { changes: { 'prod.publicZone': undefined }, fault: 'prod.publicZone: is missing, must be an object' },
    { changes: { 'dev.name': 'Dev' }, fault: 'Dev.name: got "Dev", must be dev, loadtest, prod or another short name' },
    {
      changes: { 'dev.name': undefined },
      fault: 'environments[0].name: is missing, must be dev, loadtest, prod or another short name',
    },
    {
      changes: { 'dev.regions[0].cidr': '10.256.0.0/16' },
      fault: 'dev.regions[0].cidr: got "10.256.0.0/16", must be a /16 within 10.0.0.0/8, for example 10.20.0.0/16',
    },
    {
      changes: { 'dev.regions[0].cidr': '192.168.0.0/16' },
      fault: 'dev.regions[0].cidr: got "192.168.0.0/16", must be a /16 within 10.0.0.0/8, for example 10.20.0.0/16',
    },
    { changes: { 'dev.regions[0].zones': [] }, fault: 'dev.regions[0].zones: got [], must be from 1 to 6 zones' },
    { changes: { 'dev.keepsData': 'no' }, fault: 'dev.keepsData: got "no", must be true or false' },
    { changes: { 'dev.images': 'latest' }, fault: 'dev.images: got "latest", must be built or recorded' },
    {
      changes: { 'dev.mail.via': 'smtp' },
      fault: 'dev.mail.via: got "smtp", must be ses with its sender, or sink',
    },
    { changes: { 'dev.mail.sender': undefined }, fault: 'dev.mail.sender: is missing, must be an e-mail address' },
    { changes: { 'dev.shape': {} }, fault: 'dev.shape: got {}, must be oneMachine or twoRegions' },
    {
      changes: { 'prod.shape.twoRegions.witness': undefined },
      fault:
        'prod.shape.twoRegions.witness: is missing, must be region, instanceType and volumeGiB, or none with a sentence',
    },
    {
      changes: { 'prod.shape.twoRegions.witness': { none: 'no' } },
      fault: 'prod.shape.twoRegions.witness.none: got "no", must be a sentence of 20 to 300 characters',
    },
    {
      changes: { 'prod.shape.twoRegions.witness.volumeGiB': '50' },
      fault: 'prod.shape.twoRegions.witness.volumeGiB: got "50", must be a whole number from 10 to 4000',
    },
    {
      changes: { 'loadtest.lifetime': { deletedAtHour: 24 } },
      fault: 'loadtest.lifetime.deletedAtHour: got 24, must be a whole number from 0 to 23',
    },
    {
      changes: { 'loadtest.lifetime': { kept: 'yes' } },
      fault: 'loadtest.lifetime.kept: got "yes", must be a sentence of 20 to 300 characters',
    },
    {
      changes: { 'loadtest.lifetime': { deletedAtHour: 3, kept: 'It is wanted every day by many.' } },
      fault:
        'loadtest.lifetime: got {"deletedAtHour":3,"kept":"It is wanted every day by many."}, must be deletedAtHour, or kept with a sentence',
    },
    {
      changes: { 'recorded-images.ring[0].amis.everywhere': 'ami-00000000000000d03' },
      fault:
        'recorded-images.ring[0].amis.everywhere: got "ami-00000000000000d03", must be a region, for example us-east-1',
    },
    {
      changes: { 'recorded-images.ring[0].amis.us-east-1': 'ami-latest' },
      fault:
        'recorded-images.ring[0].amis.us-east-1: got "ami-latest", must be an image id, for example ami-0123456789abcdef0',
    },
  ])('the schema refuses it: $fault', ({ changes, fault }) => {
    expect(faultsAfter(changes)[0]).toBe(fault);
  });

  test('stop whoever reads environments, in one error that names them all', () => {
    const { environments, recorded } = changedEnvironments({
      'dev.account': '12',
      'prod.shape.twoRegions.natGateways': 'one',
    });
    expect(() => readEnvironments(environments, recorded)).toThrow(
      new Error(
        'environments are wrong:\n' +
          '  dev.account: got "12", must be twelve digits\n' +
          '  prod.shape.twoRegions.natGateways: got "one", where data is kept, losing a zone takes the way out from no other zone (one-a-zone)',
      ),
    );
  });

  test('a seed can only be a node: a list of seeds beside the nodes is no setting', () => {
    expect(faultsAfter({ 'prod.regions[0].seeds': ['ring-9'] })).toEqual([
      'prod.regions[0].seeds: got ["ring-9"], is no setting',
    ]);
  });

  test('a misspelt setting hides no fault of the others', () => {
    expect(faultsAfter({ 'dev.budget': 30, 'dev.accountsName': 'accounts.example.org' })).toEqual([
      'dev.budget: got 30, is no setting',
      'dev.accountsName: got "accounts.example.org", the name of the accounts service lies in the public zone (dev.idp.example.org)',
    ]);
  });

  test('a long value is told in its first 120 characters', () => {
    const value = 'x'.repeat(1000);
    expect(faultsAfter({ 'dev.account': value })).toEqual([
      `dev.account: got "${'x'.repeat(119)}..., must be twelve digits`,
    ]);
  });

  test.each([[undefined], [null], [7], ['prod'], [[]], [{}]])('%j is no environment, and is told so', (candidate) => {
    const faults = environmentFaults([candidate]);
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.every((fault) => fault.startsWith('environments[0]'))).toBe(true);
  });

  test('whatever becomes of one value, the answer is lines and never a crash', () => {
    const odd = fc.oneof(
      fc.constantFrom(undefined, null, '', 'constructor', '__proto__', '10.20.40.20', 'us-east-1', -1, 0.5, 1e9),
      fc.jsonValue({ maxDepth: 2 }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...leafPaths()), odd, (path, value) => {
        for (const fault of faultsAfter({ [path]: value }))
          expect(fault).toMatch(/^[\w-]*(\[\d+\])?(\.[\w-]+(\[\d+\])*)*: (got .*|is missing), .+$/s);
      }),
      { numRuns: 40, seed: 4 },
    );
  });
});
