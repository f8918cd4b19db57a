/** Each rule on the environments has an example that breaks it; the faults are held in whole lines, and no others come with them. */

import { expect, test } from '@jest/globals';
import recordedImages from '../../regions/recorded-images.json' with { type: 'json' };
import { RULE_IDS } from '../../regions/rules.ts';
import { type Changes, faultsAfter } from './changed-environments.ts';

interface Example {
  /** The id of the rule. */
  readonly broken: string;
  readonly changes: Changes;
  readonly faults: readonly string[];
}

const NEWEST_SERVICE_HASH = recordedImages.service[0]?.contentHash ?? '';

const EXAMPLES: readonly Example[] = [
  {
    broken: 'environment-name-once',
    changes: { 'prod.name': 'loadtest' },
    faults: ['environments[2].name: got "loadtest", each environment has a name of its own'],
  },
  {
    broken: 'account-apart',
    changes: { 'loadtest.account': '333333333333' },
    faults: [
      'loadtest.account: got "333333333333", an environment that keeps data shares its account with none that does not',
    ],
  },
  {
    broken: 'public-zone-once',
    changes: { 'loadtest.publicZone.id': 'Z0DEV6789ABCDEFGHIJK' },
    faults: ['loadtest.publicZone.id: got "Z0DEV6789ABCDEFGHIJK", each environment has a hosted zone of its own'],
  },
  {
    broken: 'public-zone-once',
    changes: { 'loadtest.publicZone.name': 'idp.example.org' },
    faults: ['prod.publicZone.name: got "idp.example.org", each environment has a hosted zone of its own'],
  },
  {
    broken: 'accounts-name-in-zone',
    changes: { 'prod.accountsName': 'accounts.example.org' },
    faults: [
      'prod.accountsName: got "accounts.example.org", the name of the accounts service lies in the public zone (idp.example.org)',
    ],
  },
  {
    broken: 'accounts-name-in-zone',
    changes: { 'prod.accountsName': 'accountsidp.example.org' },
    faults: [
      'prod.accountsName: got "accountsidp.example.org", the name of the accounts service lies in the public zone (idp.example.org)',
    ],
  },
  {
    broken: 'accounts-name-public',
    changes: { 'prod.accountsName': 'accounts.internal.idp.example.org' },
    faults: [
      'prod.accountsName: got "accounts.internal.idp.example.org", the name of the accounts service lies outside of the zone that only machines see (not internal.idp.example.org)',
    ],
  },
  {
    broken: 'certificate-name-length',
    changes: { 'dev.accountsName': 'the-accounts-of-everybody-who-is-here.dev.idp.example.org' },
    faults: [
      'dev.accountsName: got "us-east-1.the-accounts-of-everybody-who-is-here.dev.idp.example.org", a name that a certificate bears has at most 64 characters',
    ],
  },
  {
    broken: 'certificate-name-length',
    changes: {
      'dev.publicZone.name': 'development.identity-of-everybody-who.example.org',
      'dev.accountsName': 'a.development.identity-of-everybody-who.example.org',
      'dev.mail.sender': 'a@development.identity-of-everybody-who.example.org',
    },
    faults: [
      'dev.publicZone.name: got "keysigner.internal.development.identity-of-everybody-who.example.org", a name that a certificate bears has at most 64 characters',
    ],
  },
  {
    broken: 'sender-in-zone',
    changes: { 'prod.mail.sender': 'accounts@example.org' },
    faults: [
      'prod.mail.sender: got "accounts@example.org", mail is sent from the public zone, whose records say who may send for it (idp.example.org)',
    ],
  },
  {
    broken: 'mail-sent',
    changes: { 'prod.mail': { via: 'sink' } },
    faults: ['prod.mail.via: got "sink", an environment that keeps data sends its mail, and drops none in a sink'],
  },
  {
    broken: 'sink-beside-generators',
    changes: { 'loadtest.shape.twoRegions.generators': undefined },
    faults: [
      'loadtest.mail.via: got "sink", mail of two regions ends in a sink only beside the generators of a load test, where the sink stands',
    ],
  },
  {
    broken: 'lifetime-decided',
    changes: { 'loadtest.lifetime': undefined },
    faults: [
      'loadtest.lifetime: is missing, an environment of two regions that keeps no data says when it is deleted, or why it is kept',
    ],
  },
  {
    broken: 'lifetime-only-there',
    changes: { 'prod.lifetime': { deletedAtHour: 3 } },
    faults: [
      'prod.lifetime: got {"deletedAtHour":3}, only an environment of two regions that keeps no data has a lifetime',
    ],
  },
  {
    broken: 'lifetime-only-there',
    changes: { 'dev.lifetime': { kept: 'It is wanted every day by those who write it.' } },
    faults: [
      'dev.lifetime: got {"kept":"It is wanted every day by those who write it."}, only an environment of two regions that keeps no data has a lifetime',
    ],
  },
  {
    broken: 'region-known',
    changes: { 'dev.regions[0].name': 'us-west-9', 'dev.regions[0].zones[0].name': 'us-west-9a' },
    faults: [
      'dev.regions[0].name: got "us-west-9", a region is one of those in aws-facts.ts (us-east-1, us-east-2, us-west-2, eu-west-1, eu-central-1)',
    ],
  },
  {
    broken: 'region-once',
    changes: {
      'dev.regions[1]': {
        name: 'us-east-1',
        cidr: '10.31.0.0/16',
        zones: [{ name: 'us-east-1a', id: 'use1-az1', slot: 0 }],
        ringNodes: [],
      },
    },
    faults: [
      'dev.regions[1].name: got "us-east-1", an environment has each region once',
      'dev.regions: got ["us-east-1","us-east-1"], one machine stands in one region',
    ],
  },
  {
    broken: 'region-cidr-overlap',
    changes: { 'dev.account': '222222222222', 'dev.regions[0].cidr': '10.41.0.0/16' },
    faults: [
      'loadtest.regions[1].cidr: got "10.41.0.0/16", regions of one account have addresses of their own (dev.regions[0] has these)',
    ],
  },
  {
    broken: 'region-cidr-overlap',
    changes: { 'prod.regions[1].cidr': '10.20.0.0/16' },
    faults: [
      'prod.regions[1].cidr: got "10.20.0.0/16", regions of one account have addresses of their own (prod.regions[0] has these)',
      'prod.regions[1].ringNodes[0].address: got "10.21.40.20", the address of a ring node lies in the ring subnet of its zone (10.20.40.0/24)',
      'prod.regions[1].ringNodes[1].address: got "10.21.41.20", the address of a ring node lies in the ring subnet of its zone (10.20.41.0/24)',
      'prod.regions[1].ringNodes[2].address: got "10.21.42.20", the address of a ring node lies in the ring subnet of its zone (10.20.42.0/24)',
    ],
  },
  {
    broken: 'zone-of-region',
    changes: { 'dev.regions[0].zones[0].name': 'us-west-2a' },
    faults: ['dev.regions[0].zones[0].name: got "us-west-2a", a zone lies in its region (us-east-1)'],
  },
  {
    broken: 'zone-id-of-region',
    changes: { 'dev.regions[0].zones[0].id': 'usw2-az1' },
    faults: [
      'dev.regions[0].zones[0].id: got "usw2-az1", the id of a zone is one that its region has (use1-az1, use1-az2, use1-az4, use1-az5, use1-az6)',
    ],
  },
  {
    broken: 'zone-id-of-region',
    changes: { 'dev.regions[0].zones[0].id': 'use1-az3' },
    faults: [
      'dev.regions[0].zones[0].id: got "use1-az3", the id of a zone is one that its region has (use1-az1, use1-az2, use1-az4, use1-az5, use1-az6)',
    ],
  },
  {
    broken: 'zone-name-once',
    changes: { 'loadtest.regions[0].zones[3]': { name: 'us-east-1a', id: 'use1-az5', slot: 3 } },
    faults: ['loadtest.regions[0].zones[3].name: got "us-east-1a", a region has each zone once'],
  },
  {
    broken: 'zone-id-once',
    changes: { 'loadtest.regions[0].zones[1].id': 'use1-az1' },
    faults: ['loadtest.regions[0].zones[1].id: got "use1-az1", each zone of a region has an id of its own'],
  },
  {
    broken: 'zone-slot-once',
    changes: { 'loadtest.regions[0].zones[3]': { name: 'us-east-1d', id: 'use1-az5', slot: 0 } },
    faults: ['loadtest.regions[0].zones[3].slot: got 0, each zone of a region has a slot of its own'],
  },
  {
    broken: 'zones-enough',
    changes: { 'prod.regions[0].zones[2]': undefined },
    faults: [
      'prod.regions[0].zones: got ["us-east-1a","us-east-1b"], a region that serves has at least 2 zones, and 3 where data is kept',
      'prod.regions[0].ringNodes[2].zone: got "us-east-1c", a ring node stands in a zone of its region (us-east-1a, us-east-1b)',
    ],
  },
  {
    broken: 'nat-each-zone',
    changes: { 'prod.shape.twoRegions.natGateways': 'one' },
    faults: [
      'prod.shape.twoRegions.natGateways: got "one", where data is kept, losing a zone takes the way out from no other zone (one-a-zone)',
    ],
  },
  {
    broken: 'endpoints-each-zone',
    changes: { 'prod.shape.twoRegions.endpointZones': 'one' },
    faults: [
      'prod.shape.twoRegions.endpointZones: got "one", where data is kept, losing a zone takes the endpoints from no other zone (all)',
    ],
  },
  {
    broken: 'two-regions-exactly',
    changes: { 'loadtest.regions[1]': undefined },
    faults: [
      'loadtest.regions: got ["us-east-1"], an environment of two regions has two that serve, and a third only as its witness',
    ],
  },
  {
    broken: 'two-regions-exactly',
    changes: { 'prod.shape.twoRegions.witness': { none: 'Creation may stop while a region is lost.' } },
    faults: [
      'prod.regions: got ["us-east-1","us-west-2","us-east-2"], an environment of two regions has two that serve, and a third only as its witness',
    ],
  },
  {
    broken: 'one-machine-one-region',
    changes: {
      'dev.regions[1]': {
        name: 'us-west-2',
        cidr: '10.31.0.0/16',
        zones: [{ name: 'us-west-2a', id: 'usw2-az1', slot: 0 }],
        ringNodes: [],
      },
    },
    faults: ['dev.regions: got ["us-east-1","us-west-2"], one machine stands in one region'],
  },
  {
    broken: 'one-machine-no-ring',
    changes: {
      'dev.regions[0].ringNodes[0]': { name: 'ring-1', zone: 'us-east-1a', address: '10.30.40.20', seed: true },
    },
    faults: ['dev.regions[0].ringNodes: got ["ring-1"], one machine has a store of its own and no ring'],
  },
  {
    broken: 'machines-bounds',
    changes: { 'prod.shape.twoRegions.clusters.webhead.machinesMin': 10 },
    faults: [
      'prod.shape.twoRegions.clusters.webhead.machinesMin: got 10, a cluster has no more machines at least than at most (at most 9)',
    ],
  },
  {
    broken: 'machines-two',
    changes: { 'loadtest.shape.twoRegions.clusters.keysigner.machinesMin': 1 },
    faults: ['loadtest.shape.twoRegions.clusters.keysigner.machinesMin: got 1, a cluster has at least 2 machines'],
  },
  {
    broken: 'machines-each-zone',
    changes: { 'prod.shape.twoRegions.clusters.dbwriter.machinesMin': 2 },
    faults: [
      'prod.shape.twoRegions.clusters.dbwriter.machinesMin: got 2, where data is kept, a cluster has a machine in each zone (at least 3)',
    ],
  },
  {
    broken: 'log-routers-two',
    changes: { 'prod.shape.twoRegions.logRouters.machines': 1, 'loadtest.shape.twoRegions.logRouters.machines': 1 },
    faults: ['prod.shape.twoRegions.logRouters.machines: got 1, where data is kept, lines have at least 2 log routers'],
  },
  {
    broken: 'generators-apart',
    changes: { 'prod.shape.twoRegions.generators': { instanceType: 'c7g.large', machinesMax: 5 } },
    faults: [
      'prod.shape.twoRegions.generators: got {"instanceType":"c7g.large","machinesMax":5}, where data is kept, nothing makes load',
    ],
  },
  {
    broken: 'instance-type-known',
    changes: { 'prod.shape.twoRegions.clusters.webhead.instanceType': 'c7g.lage' },
    faults: [
      'prod.shape.twoRegions.clusters.webhead.instanceType: got "c7g.lage", an instance type is one of those in aws-facts.ts',
    ],
  },
  {
    broken: 'instance-type-arm64',
    changes: { 'dev.shape.oneMachine.instanceType': 't3.small' },
    faults: ['dev.shape.oneMachine.instanceType: got "t3.small", machines are arm64, as their images are (not x86_64)'],
  },
  {
    broken: 'instance-type-memory',
    changes: { 'prod.shape.twoRegions.witness.instanceType': 't4g.medium' },
    faults: [
      'prod.shape.twoRegions.witness.instanceType: got "t4g.medium", a machine has at least 2 GiB of memory, a ring node 8 (not 4 GiB)',
    ],
  },
  {
    broken: 'instance-type-memory',
    changes: { 'dev.shape.oneMachine.instanceType': 't4g.micro' },
    faults: [
      'dev.shape.oneMachine.instanceType: got "t4g.micro", a machine has at least 2 GiB of memory, a ring node 8 (not 1 GiB)',
    ],
  },
  {
    broken: 'search-type-known',
    changes: { 'prod.shape.twoRegions.search.instanceType': 't2.micro.search' },
    faults: [
      'prod.shape.twoRegions.search.instanceType: got "t2.micro.search", the type of search machines is one of those in aws-facts.ts (t3.small.search, t3.medium.search, m6g.large.search, r6g.large.search)',
    ],
  },
  {
    broken: 'search-volume',
    changes: { 'prod.shape.twoRegions.search.volumeGiB': 201 },
    faults: [
      'prod.shape.twoRegions.search.volumeGiB: got 201, the volume of a search machine is no larger than its type takes (at most 200)',
    ],
  },
  {
    broken: 'search-machines-even',
    changes: { 'prod.shape.twoRegions.search.machines': 5 },
    faults: [
      'prod.shape.twoRegions.search.machines: got 5, search has one machine, or as many in each of two or three zones',
    ],
  },
  {
    broken: 'search-machines-two',
    changes: { 'prod.shape.twoRegions.search.machines': 1 },
    faults: ['prod.shape.twoRegions.search.machines: got 1, where data is kept, search has a machine in two zones'],
  },
  {
    broken: 'ring-node-zone',
    changes: { 'prod.regions[0].ringNodes[0].zone': 'us-west-2a' },
    faults: [
      'prod.regions[0].ringNodes[0].zone: got "us-west-2a", a ring node stands in a zone of its region (us-east-1a, us-east-1b, us-east-1c)',
    ],
  },
  {
    broken: 'ring-node-once',
    changes: { 'prod.regions[1].ringNodes[0].name': 'ring-1' },
    faults: ['prod.regions[1].ringNodes[0].name: got "ring-1", each ring node of an environment has a name of its own'],
  },
  {
    broken: 'ring-node-address-once',
    changes: { 'prod.regions[1].ringNodes[0].address': '10.20.40.20' },
    faults: [
      'prod.regions[1].ringNodes[0].address: got "10.20.40.20", each ring node of an environment has an address of its own',
      'prod.regions[1].ringNodes[0].address: got "10.20.40.20", the address of a ring node lies in the ring subnet of its zone (10.21.40.0/24)',
    ],
  },
  {
    broken: 'ring-node-address-subnet',
    changes: { 'prod.regions[0].ringNodes[0].address': '10.20.41.21' },
    faults: [
      'prod.regions[0].ringNodes[0].address: got "10.20.41.21", the address of a ring node lies in the ring subnet of its zone (10.20.40.0/24)',
    ],
  },
  {
    broken: 'ring-node-address-reserved',
    changes: { 'prod.regions[0].ringNodes[0].address': '10.20.40.3' },
    faults: [
      'prod.regions[0].ringNodes[0].address: got "10.20.40.3", the address of a ring node is none of the five that AWS keeps in each subnet',
    ],
  },
  {
    broken: 'ring-node-address-reserved',
    changes: { 'prod.regions[0].ringNodes[0].address': '10.20.40.255' },
    faults: [
      'prod.regions[0].ringNodes[0].address: got "10.20.40.255", the address of a ring node is none of the five that AWS keeps in each subnet',
    ],
  },
  {
    broken: 'ring-node-address-balancer',
    changes: { 'prod.regions[0].ringNodes[0].address': '10.20.40.10' },
    faults: [
      'prod.regions[0].ringNodes[0].address: got "10.20.40.10", the address of a ring node is not that of the balancer in its subnet',
    ],
  },
  {
    broken: 'ring-node-address-range',
    changes: { 'prod.regions[0].ringNodes[0].address': '10.20.40.32' },
    faults: [
      'prod.regions[0].ringNodes[0].address: got "10.20.40.32", the address of a ring node is one that its subnet keeps for ring nodes (10.20.40.16/28)',
    ],
  },
  {
    broken: 'ring-node-address-range',
    changes: { 'prod.regions[0].ringNodes[0].address': '10.20.40.15' },
    faults: [
      'prod.regions[0].ringNodes[0].address: got "10.20.40.15", the address of a ring node is one that its subnet keeps for ring nodes (10.20.40.16/28)',
    ],
  },
  {
    broken: 'ring-zones-even',
    changes: {
      'loadtest.regions[1].ringNodes[3]': { name: 'ring-7', zone: 'us-west-2a', address: '10.41.40.21', seed: false },
    },
    faults: [
      'loadtest.regions[1].ringNodes: got {"us-west-2a":2,"us-west-2b":1,"us-west-2c":1}, zones with ring nodes have equally many, so that each holds an equal share',
    ],
  },
  {
    broken: 'seed-each-zone',
    changes: { 'prod.regions[1].ringNodes[2].seed': false },
    faults: [
      'prod.regions[1].ringNodes: got ["ring-4","ring-5"], in a region that serves, each zone with ring nodes has a seed (none in us-west-2c)',
    ],
  },
  {
    broken: 'seeds-two',
    changes: {
      'loadtest.regions[0].ringNodes': [
        { name: 'ring-1', zone: 'us-east-1a', address: '10.40.40.20', seed: true },
        { name: 'ring-2', zone: 'us-east-1a', address: '10.40.40.21', seed: false },
      ],
      'loadtest.shape.twoRegions.ring.replicationFactor': 1,
    },
    faults: ['loadtest.regions[0].ringNodes: got ["ring-1"], a region that serves has at least 2 seeds'],
  },
  {
    broken: 'seeds-not-all',
    changes: {
      'loadtest.regions[0].ringNodes': [
        { name: 'ring-1', zone: 'us-east-1a', address: '10.40.40.20', seed: true },
        { name: 'ring-2', zone: 'us-east-1a', address: '10.40.40.21', seed: true },
      ],
      'loadtest.shape.twoRegions.ring.replicationFactor': 1,
    },
    faults: [
      'loadtest.regions[0].ringNodes: got ["ring-1","ring-2"], where a zone has more than one ring node, some node is no seed: a seed does not fetch its rows when it joins',
    ],
  },
  {
    broken: 'seed-not-witness',
    changes: { 'prod.regions[2].ringNodes[0].seed': true },
    faults: ["prod.regions[2].ringNodes[0].seed: got true, the witness's node is no seed: it holds claims only"],
  },
  {
    broken: 'replication-racks',
    changes: { 'loadtest.shape.twoRegions.ring.replicationFactor': 5 },
    faults: [
      'loadtest.shape.twoRegions.ring.replicationFactor: got 5, a row has no more replicas in a region than zones with ring nodes (at most 3 in us-east-1)',
      'loadtest.shape.twoRegions.ring.replicationFactor: got 5, a row has no more replicas in a region than zones with ring nodes (at most 3 in us-west-2)',
    ],
  },
  {
    broken: 'replication-quorum',
    changes: { 'prod.shape.twoRegions.ring.replicationFactor': 2 },
    faults: [
      'prod.shape.twoRegions.ring.replicationFactor: got 2, where data is kept, losing a zone leaves a quorum of each row (at least 3)',
    ],
  },
  {
    broken: 'witness-region',
    changes: { 'prod.shape.twoRegions.witness.region': 'eu-west-1' },
    faults: [
      'prod.shape.twoRegions.witness.region: got "eu-west-1", the witness stands in the last of the regions, after the two that serve (us-east-2)',
    ],
  },
  {
    broken: 'witness-region',
    changes: { 'prod.shape.twoRegions.witness.region': 'us-east-1' },
    faults: [
      'prod.shape.twoRegions.witness.region: got "us-east-1", the witness stands in the last of the regions, after the two that serve (us-east-2)',
    ],
  },
  {
    broken: 'witness-one-node',
    changes: { 'prod.regions[2].ringNodes[0]': undefined },
    faults: ["prod.regions[2].ringNodes: got [], the witness's region has one ring node"],
  },
  {
    broken: 'idp-keys-once',
    changes: {
      'prod.shape.twoRegions.idpKeysInKms': { keys: ['idp-1', 'idp-2', 'idp-1'], published: ['idp-2', 'idp-2'] },
    },
    faults: [
      'prod.shape.twoRegions.idpKeysInKms.keys: got "idp-1", a key that signs certificates stands once in a list',
      'prod.shape.twoRegions.idpKeysInKms.published: got "idp-2", a key that signs certificates stands once in a list',
    ],
  },
  {
    broken: 'idp-keys-published',
    changes: { 'loadtest.shape.twoRegions.idpKeysInKms': { keys: ['idp-1'], published: ['idp-2', 'idp-1'] } },
    faults: [
      'loadtest.shape.twoRegions.idpKeysInKms.published: got "idp-2", a key that is published is one of those that there are (idp-1)',
    ],
  },
  {
    broken: 'images-recorded',
    changes: { 'prod.images': 'built' },
    faults: [
      'prod.images: got "built", an environment of two regions that keeps data runs recorded images, so that no machine gets one unseen',
      'prod.regions[0].ringNodes[0].image: got "ami-00000000000000e02", where images are built, a ring node names none',
      'prod.regions[0].ringNodes[1].image: got "ami-00000000000000e02", where images are built, a ring node names none',
      'prod.regions[0].ringNodes[2].image: got "ami-00000000000000e02", where images are built, a ring node names none',
      'prod.regions[1].ringNodes[0].image: got "ami-00000000000000f02", where images are built, a ring node names none',
      'prod.regions[1].ringNodes[1].image: got "ami-00000000000000f02", where images are built, a ring node names none',
      'prod.regions[1].ringNodes[2].image: got "ami-00000000000000f02", where images are built, a ring node names none',
      'prod.regions[2].ringNodes[0].image: got "ami-00000000000000d02", where images are built, a ring node names none',
    ],
  },
  {
    broken: 'images-one-account',
    changes: { 'dev.images': 'recorded' },
    faults: [
      'prod.account: got "333333333333", environments on recorded images share the account that bakes them (111111111111)',
      'recorded-images.service[0].owner: got "333333333333", the newest image of a kind belongs to the account of the environments that start from it (111111111111)',
      'recorded-images.ring[0].owner: got "333333333333", the newest image of a kind belongs to the account of the environments that start from it (111111111111)',
    ],
  },
  {
    broken: 'ring-node-image-unnamed',
    changes: { 'loadtest.regions[0].ringNodes[0].image': 'ami-00000000000000e02' },
    faults: [
      'loadtest.regions[0].ringNodes[0].image: got "ami-00000000000000e02", where images are built, a ring node names none',
    ],
  },
  {
    broken: 'ring-node-image-named',
    changes: { 'prod.regions[0].ringNodes[0].image': undefined },
    faults: ['prod.regions[0].ringNodes[0].image: is missing, where images are recorded, each ring node names its own'],
  },
  {
    broken: 'image-recorded',
    changes: { 'recorded-images.service[0].amis.us-west-2': undefined },
    faults: [
      'recorded-images.service[0].amis.us-west-2: is missing, the newest image of a kind is recorded for each region whose machines start from it',
    ],
  },
  {
    broken: 'image-recorded',
    changes: { 'recorded-images.service': [] },
    faults: [
      'recorded-images.service[0].amis.us-east-1: is missing, the newest image of a kind is recorded for each region whose machines start from it',
      'recorded-images.service[0].amis.us-west-2: is missing, the newest image of a kind is recorded for each region whose machines start from it',
    ],
  },
  {
    broken: 'image-owner',
    changes: { 'recorded-images.service[0].owner': '111111111111' },
    faults: [
      'recorded-images.service[0].owner: got "111111111111", the newest image of a kind belongs to the account of the environments that start from it (333333333333)',
    ],
  },
  {
    broken: 'image-id-once',
    changes: { 'recorded-images.service[0].amis.us-east-1': 'ami-00000000000000e02' },
    faults: ['recorded-images.ring[0].amis.us-east-1: got "ami-00000000000000e02", each image id is recorded once'],
  },
  {
    broken: 'image-content-once',
    changes: {
      'recorded-images.service[1]': {
        contentHash: NEWEST_SERVICE_HASH,
        owner: '333333333333',
        amis: {},
      },
    },
    faults: [
      `recorded-images.service[1].contentHash: got "${NEWEST_SERVICE_HASH}", each content hash of a kind is recorded once`,
    ],
  },
  {
    broken: 'ring-node-image-recorded',
    changes: { 'prod.regions[0].ringNodes[0].image': 'ami-00000000000000e01' },
    faults: [
      'prod.regions[0].ringNodes[0].image: got "ami-00000000000000e01", the image of a ring node is a ring image that is recorded for its region',
    ],
  },
];

test.each(EXAMPLES)('$broken is broken by $changes', ({ changes, faults }) => {
  expect(faultsAfter(changes)).toEqual(faults);
});

test('every rule has an example, and every example a rule', () => {
  expect([...new Set(EXAMPLES.map(({ broken }) => broken))]).toEqual(RULE_IDS);
  expect(RULE_IDS.length).toBeGreaterThanOrEqual(25);
});
