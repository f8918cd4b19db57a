/** Generators, and the sink that the mails of a load test end in. */

import { describe, expect, test } from '@jest/globals';
import { readMailSinkConfig } from '../../app/mail/sink/config.ts';
import { dbwriterPlan } from '../../lib/services/dbwriter.ts';
import { mailSinkAddress } from '../../lib/services/mail-sink.ts';
import { GeneratorsStack } from '../../lib/stacks/generators-stack.ts';
import { logsAlone } from '../logs/logs-alone.ts';
import { LOADTEST, onlyIn, PROD, type Resource, regionOf, resourcesIn } from '../support/construct-stack.ts';
import { sharedTopology, stackNamed } from '../topology/support/assembly.ts';
import { rulesOf } from '../topology/support/rules-of.ts';

const STACK = 'loadtest-us-east-1-generators';
const topology = sharedTopology('loadtest');
const stack = stackNamed(STACK, topology.stacks);

describe('the generators', () => {
  test('are none until an operator raises their group, and a deploy never changes how many there are', () => {
    const { MinSize, MaxSize, ...others } = machinesOf('loadtest generator').Properties;
    expect([MinSize, MaxSize]).toEqual(['0', '5']);
    expect(others).not.toHaveProperty('DesiredCapacity');
  });

  test('call the internet, AWS, the inbox and the log routers, and take no call', () =>
    expect(rulesOf(topology, STACK, 'generator machines')).toEqual([
      'out 2514 to loadtest-us-east-1-logs logs balancer',
      'out 443 to 0.0.0.0/0',
      'out 443 to loadtest-us-east-1-network endpoints of AWS',
      'out 8025 to mail balancer',
    ]));

  test('are refused to an environment that has none', () => {
    const { scope, ...props } = logsAlone(PROD, regionOf(PROD, 0));
    expect(() => new GeneratorsStack(scope, props)).toThrow(new RangeError('prod has no generators'));
  });
});

describe('the mail sink', () => {
  test('stands at the address that the dbwriters of every region send mail to', () => {
    const [first] = onlyIn(stack, 'AWS::ElasticLoadBalancingV2::LoadBalancer').Properties.SubnetMappings;
    expect(first.PrivateIPv4Address).toBe('10.40.80.10');
    const hosts = LOADTEST.regions.map((region) => dbwriterPlan(LOADTEST, region).settings['DBWRITER_SMTP_HOST']);
    expect(hosts).toEqual(['10.40.80.10', '10.40.80.10']);
  });

  test('takes mail from dbwriters only, and shows it to generators only', () =>
    expect(rulesOf(topology, STACK, 'mail balancer')).toEqual([
      'in 2525 from 10.40.24.0/21',
      'in 2525 from 10.41.24.0/21',
      'in 8025 from generator machines',
      'out 2525 to mail sink machines',
      'out 8025 to mail sink machines',
    ]));

  test('lets no mail out: it reaches AWS and the log routers, and nothing else', () =>
    expect(rulesOf(topology, STACK, 'mail sink machines').filter((rule) => rule.startsWith('out'))).toEqual([
      'out 2514 to loadtest-us-east-1-logs logs balancer',
      'out 443 to loadtest-us-east-1-network endpoints of AWS',
    ]));

  test('is told what its own schema asks for', () => {
    const [sink, ...others] = topology.machines.filter(({ role }) => role === 'mail-sink');
    expect(others).toEqual([]);
    expect(readMailSinkConfig(sink?.userData.files['mail-sink'] ?? {})).toEqual({
      MAIL_SINK_LISTEN_HOST: '0.0.0.0',
      MAIL_SINK_HTTP_PORT: 8025,
      MAIL_SINK_SMTP_PORT: 2525,
      MAIL_SINK_LOG_LEVEL: 'info',
    });
  });

  test('is one machine at most, so that no mail is in another one', () => {
    const { Properties, UpdatePolicy } = machinesOf('loadtest mail-sink');
    expect([Properties.MinSize, Properties.MaxSize]).toEqual(['1', '1']);
    expect(UpdatePolicy).toMatchObject({
      AutoScalingInstanceRefresh: { Preferences: { MaxHealthyPercentage: 100 } },
    });
  });

  test('has no address in an environment without a region', () =>
    expect(() => mailSinkAddress({ ...LOADTEST, regions: [] })).toThrow(new RangeError('loadtest has no region')));
});

test('the roles of both may open sessions and ask AWS for nothing else', () => {
  const roles = topology.roles.filter((role) => role.stack.name === STACK);
  expect(roles).toHaveLength(2);
  for (const { statements } of roles) {
    const actions = statements.flatMap((statement) => statement.actions);
    expect(actions).toContain('ssmmessages:OpenDataChannel');
    expect(actions.filter((action) => !/^ssm(messages)?:/.test(action))).toEqual([]);
  }
});

function machinesOf(name: string): Resource {
  const found = resourcesIn(stack, 'AWS::AutoScaling::AutoScalingGroup').find(
    ({ Properties }) => Properties.Tags[0].Value === name,
  );
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}
